// The same of the module that can have a tier.

import { compileBase64 } from './base64.js';
import { tierBase64 } from './tier-base64.js';

export function loadTierInline(): Promise<WebAssembly.Module> {
  return compileBase64(tierBase64);
}
