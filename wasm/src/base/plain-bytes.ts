// What goes over a wire, as bytes that say the same each time they are asked.

import { bytesOf } from './bytes.js';
import type { ErrorCode, Value } from './types.js';

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
