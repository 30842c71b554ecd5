// Whether two steps do the same.

import type { Step } from '../tape/types.js';

export function sameStep(a: Step, b: Step): boolean {
  if (a === b) return true;
  if (a.kind === 'send' && b.kind === 'send') return a.client === b.client && sameBytes(a.bytes, b.bytes);
  if (a.kind === 'wait' && b.kind === 'wait') return a.seconds === b.seconds;
  if (a.kind === 'fill' && b.kind === 'fill') {
    return a.prefix === b.prefix && a.count === b.count && a.valueBytes === b.valueBytes;
  }
  if (a.kind === 'note' && b.kind === 'note') return a.text === b.text;
  return a.kind === 'evict' && b.kind === 'evict';
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
