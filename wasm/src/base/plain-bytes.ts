// Bytes whose length and contents are what they say: a subclass may override its getters.

import { bytesOf } from './bytes.js';
import type { ErrorCode, Value } from './types.js';

const typedArray = Object.getPrototypeOf(Uint8Array.prototype) as object;
/** The platform's own getter, whatever a subclass or a property of its own says. */
const getter = <K extends 'buffer' | 'byteOffset' | 'byteLength'>(name: K) =>
  Object.getOwnPropertyDescriptor(typedArray, name)!.get as (this: Uint8Array) => Uint8Array[K];
const bufferOf = getter('buffer');
const offsetOf = getter('byteOffset');
const lengthOf = getter('byteLength');

/** How long it is, whatever a subclass or a property of its own says. */
export function plainLength(bytes: Uint8Array): number {
  return lengthOf.call(bytes);
}

/**
 * As bytesOf(), but in a plain array. A subclass, or a property of its own, may give another length or other text
 * each time it is asked. A request that names one length and has another would hold further requests.
 */
export function plainBytesOf(value: Value, name?: string, code?: ErrorCode): Uint8Array {
  const bytes = bytesOf(value, name, code);
  if (typeof value === 'string') return bytes;
  return new Uint8Array(bufferOf.call(bytes), offsetOf.call(bytes), lengthOf.call(bytes));
}
