// Where the engine comes from: the file beside the page, or the bytes inside it (playground.html, a single file).

import { type Inspector, type InspectorOptions, openInspector } from 'isocache/inspect';

let compiled: Promise<WebAssembly.Module> | undefined;

/** undefined: the package loads its own file. */
export async function wasmInPage(): Promise<WebAssembly.Module | undefined> {
  const base64 = document.getElementById('wasm')?.textContent?.trim();
  if (!base64) return undefined;
  compiled ??= WebAssembly.compile(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)));
  return compiled;
}

/** A store of its own, apart from the tape's: races and herds run in such. */
export async function openStore(options: InspectorOptions = {}): Promise<Inspector> {
  const wasm = await wasmInPage();
  return openInspector(wasm ? { ...options, wasm } : options);
}
