// The module from the copy that lies in the code, as base64.

import { compileBase64 } from './base64.js';
import { wasmBase64 } from './wasm-base64.js';

export function loadInline(): Promise<WebAssembly.Module> {
  return compileBase64(wasmBase64);
}
