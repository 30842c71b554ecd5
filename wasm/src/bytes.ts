// Values as bytes, and strings of one character a byte as bytes.

import { encodeText } from './text.js';
import type { Value } from './types.js';

export function bytesOf(value: Value): Uint8Array {
  return typeof value === 'string' ? encodeText(value) : value;
}

/** The opposite of latin1(). */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; ++at) bytes[at] = text.charCodeAt(at);
  return bytes;
}
