// Values as bytes, and strings of one character a byte as bytes.

import { checkValue } from './arguments.js';
import { decodeText, encodeText } from './text.js';
import type { ErrorCode, Value } from './types.js';

/** Throws an error that names the argument if it is neither text nor bytes. */
export function bytesOf(value: Value, name = 'value', code?: ErrorCode): Uint8Array {
  checkValue(name, value, code);
  return typeof value === 'string' ? encodeText(value) : value;
}

/** A value as text. */
export function textOf(value: Value): string {
  return typeof value === 'string' ? value : decodeText(value);
}

/** Text that came as one character a byte. */
export function utf8Of(latin1: string): string {
  return decodeText(fromLatin1(latin1));
}

/** The opposite of latin1(). */
export function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
