// Values as bytes, and strings of one character a byte as bytes.

import { checkValue } from './arguments.js';
import { encodeText } from './text.js';
import type { ErrorCode, Value } from './types.js';

/** Throws what names the argument if it is neither. */
export function bytesOf(value: Value, name = 'value', code?: ErrorCode): Uint8Array {
  checkValue(name, value, code);
  return typeof value === 'string' ? encodeText(value) : value;
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
const intrinsic = <K extends 'buffer' | 'byteOffset' | 'byteLength'>(name: K) =>
  Object.getOwnPropertyDescriptor(typedArray, name)!.get as (this: Uint8Array) => Uint8Array[K];
const bufferOf = intrinsic('buffer');
const offsetOf = intrinsic('byteOffset');
const lengthOf = intrinsic('byteLength');

/**
 * As bytesOf(), in a plain array: a subclass, or a property of its own, may give another length or other text each
 * time it is asked, and a request that names one length and has another holds further requests.
 */
export function plainBytesOf(value: Value, name?: string, code?: ErrorCode): Uint8Array {
  const bytes = bytesOf(value, name, code);
  if (typeof value === 'string') return bytes;
  return new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), lengthOf.call(bytes));
}

/** The opposite of latin1(). */
export function fromLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; ++at) bytes[at] = text.charCodeAt(at);
  return bytes;
}
