// The module from the copy that lies in the code, as base64.

import { wasmBase64 } from './wasm-base64.js';

export function loadInline(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(decode(wasmBase64));
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  const characters = atob(base64);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; ++i) bytes[i] = characters.charCodeAt(i);
  return bytes;
}
