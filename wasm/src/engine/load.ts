// Compiles the module, from wherever it is.

import type { WasmSource } from '../base/types.js';

/** Also true for a module of another realm, which is no instance of this one's class. */
function isModule(source: unknown): boolean {
  return Object.prototype.toString.call(source) === '[object WebAssembly.Module]';
}

export async function compile(source: WasmSource): Promise<WebAssembly.Module> {
  const found = await source;
  if (isModule(found)) return found as WebAssembly.Module;
  if (typeof found === 'string' || found instanceof URL) return compile(await fetch(found));
  if (typeof Response !== 'undefined' && found instanceof Response) {
    if (!found.ok) throw new Error(`${found.url}: ${found.status}`);
    return WebAssembly.compile(await found.arrayBuffer());
  }
  return WebAssembly.compile(found as BufferSource);
}
