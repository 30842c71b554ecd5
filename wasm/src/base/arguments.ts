// Checks arguments before anything is done with them: a type is only a promise, and values also come from parsers of
// JSON and query strings.

import { type ErrorCode, type GetOrSetOptions, IsocacheError, type Key, type Loader, type Value } from './types.js';

/** A Uint8Array of any realm, or a subclass such as Buffer; nothing that merely looks like one. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) && (value as Uint8Array)[Symbol.toStringTag] === 'Uint8Array';
}

export function checkValue(name: string, value: Value, code?: ErrorCode): void {
  if (typeof value !== 'string' && !isBytes(value)) throw wrong(name, 'a string or Uint8Array', code);
}

/** Whether UTF-8 can say it: all halves of surrogate pairs would become the same three bytes. */
export function isWellFormed(text: string): boolean {
  return !/[\ud800-\udfff]/u.test(text);
}

/** The error that says what the argument `name` must be. */
export function wrong(name: string, must: string, code: ErrorCode = 'BAD_ARGUMENT'): IsocacheError {
  return new IsocacheError(code, `${name} must be ${must}`);
}

export function checkObject(name: string, value: unknown): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object');
}

export function checkOptions(options: unknown): void {
  if (options !== undefined) checkObject('options', options);
}

export function checkType(name: string, value: unknown, type: 'boolean' | 'function' | 'string' | 'bigint'): void {
  if (value !== undefined && typeof value !== type) throw wrong(name, `a ${type}`);
}

const SIGNAL_METHODS = ['throwIfAborted', 'addEventListener', 'removeEventListener'] as const;

/** A signal of any realm, or of another make: it must have what is used of it. */
function checkSignal(signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const isSignal =
    typeof signal?.aborted === 'boolean' && SIGNAL_METHODS.every((name) => typeof signal[name] === 'function');
  if (!isSignal) throw wrong('signal', 'an AbortSignal');
}

/** What every request of a client takes. */
export function checkCall(options: { signal?: AbortSignal | undefined } | undefined): void {
  checkOptions(options);
  checkSignal(options?.signal);
}

/** A duration: more than 0 ms; Infinity is the longest that can be said. */
export function checkDuration(name: string, value: number): void {
  if (!(typeof value === 'number' && value > 0)) throw wrong(name, 'a number of more than 0 ms');
}

/** Any number, if it is given. */
export function checkNumber(name: string, value: number | undefined): void {
  if (value !== undefined && (typeof value !== 'number' || Number.isNaN(value))) throw wrong(name, 'a number');
}

/** A number within these limits; with `unit` 1, a whole number. */
export function within(name: string, value: number, least: number, most: number, unit = 0): number {
  if (typeof value === 'number' && value >= least && value <= most && !(value % unit)) return Math.floor(value);
  throw wrong(name, `a number of ${least} to ${most}`);
}

export function clientFlags(flags: number): number {
  return within('flags', flags, 0, 0xffffffff, 1);
}

export function unsigned(name: string, value: bigint | number): bigint {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) {
    const number = BigInt(value);
    if (BigInt.asUintN(64, number) === number) return number;
  }
  throw wrong(name, 'an integer of 0 to 2^64 - 1');
}

/** Strings and bytes can be iterated over, too, but are one key, not several. */
export function listOf<T>(name: string, items: Iterable<T>): T[] {
  if (Object(items) !== items || !items[Symbol.iterator] || ArrayBuffer.isView(items)) {
    throw wrong(name, 'an array or another iterable');
  }
  return [...items];
}

export function pairsOf<K, V>(name: string, entries: Iterable<readonly [K, V]>): (readonly [K, V])[] {
  return listOf(name, entries).map((entry) => {
    if (!Array.isArray(entry)) throw wrong(name, 'pairs of key and value');
    return [entry[0], entry[1]]; // read once, and before anything is done
  });
}

/** Checks the types of a call whose `options` are an object. The cache itself checks lengths and sizes. */
export function checkGetOrSet(key: Key, load: Loader, options: GetOrSetOptions): void {
  checkValue('key', key, 'BAD_KEY');
  if (key.length === 0) throw wrong('key', 'one byte long at least', 'BAD_KEY');
  checkType('load', load ?? 0, 'function');
  const { ttl = 1, lease = 1, refreshBelow = 0, staleIfError = 0, flags = 0, signal, waitUntil } = options;
  checkDuration('ttl', ttl);
  checkDuration('lease', lease);
  within('refreshBelow', refreshBelow, 0, Infinity);
  within('staleIfError', staleIfError, 0, Infinity);
  clientFlags(flags);
  checkSignal(signal);
  checkType('waitUntil', waitUntil, 'function');
  checkType('onError', options.onError, 'function');
  checkType('hashLongKeys', options.hashLongKeys, 'boolean');
}
