// The module from a file, for runtimes that have files.

import { readFile } from 'node:fs/promises';
import { compile } from './load.js';
import { IsocacheError, type WasmSource } from '../base/types.js';

/** As compile(), but a string or URL may also name a file. */
export async function compileFile(source: WasmSource): Promise<WebAssembly.Module> {
  const found = await source;
  if (typeof found === 'string' || found instanceof URL) {
    const where = String(found);
    if (where.startsWith('file:')) return compile(await readFile(new URL(where)));
    if (!/^[a-z][a-z0-9+.-]+:/i.test(where)) return compile(await readFile(where));
  }
  return compile(found);
}

/** A bundler may leave the file behind, or move the code so that `read` throws. Then the copy in the code is used. */
export async function loadFile(read: () => Promise<BufferSource>): Promise<WebAssembly.Module> {
  let bytes: BufferSource;
  try {
    bytes = await read();
  } catch {
    const { loadInline } = await import('./load-inline.js');
    return loadInline();
  }
  return WebAssembly.compile(bytes);
}

/** Without such a copy: it would be in every bundle, and few need it. It is in `isocache/tier`. */
export async function loadTierFile(read: () => Promise<BufferSource>): Promise<WebAssembly.Module> {
  let bytes: BufferSource;
  try {
    bytes = await read();
  } catch (cause) {
    const why = 'the package has no file here that could be read';
    throw new IsocacheError('BAD_ARGUMENT', `tier: ${why}; use open() of 'isocache/tier'`, { cause });
  }
  return WebAssembly.compile(bytes);
}
