// What the adapters ask of a Store or a Client: the same calls, answered at once or by a promise.

import { checkNumber, wrong } from '../base/arguments.js';
import type { Item, ItemOptions, SetOptions, Value } from '../base/types.js';

type MaybePromise<T> = T | Promise<T>;

/** A Store or a Client. */
export interface Cache {
  get(key: string): MaybePromise<string | undefined>;
  getBytes(key: string): MaybePromise<Uint8Array | undefined>;
  getItem(key: string, options?: ItemOptions): MaybePromise<Item | undefined>;
  getMany(keys: Iterable<string>): MaybePromise<(string | undefined)[]>;
  has(key: string): MaybePromise<boolean>;
  set(key: string, value: Value, options?: SetOptions): MaybePromise<void>;
  delete(key: string): MaybePromise<boolean>;
  deleteMany(keys: Iterable<string>): MaybePromise<number>;
  clear(): MaybePromise<void>;
  keys(): Iterable<string> | AsyncIterable<string>;
}

export function checkCache(cache: Cache): Cache {
  if (typeof cache?.getItem === 'function') return cache;
  throw wrong('cache', 'a Store or a Client');
}

/** Keys of adapters are put together as text, which would take anything. */
export function text(name: string, value: string): string {
  if (typeof value === 'string') return value;
  throw wrong(name, 'a string', name === 'key' ? 'BAD_KEY' : undefined);
}

/** A TTL that is over before it begins leaves nothing behind; a cache itself calls it an error. */
export async function setFor(cache: Cache, key: string, value: Value, ttl: number | undefined): Promise<void> {
  checkNumber('ttl', ttl);
  if (ttl !== undefined && ttl <= 0) await cache.delete(key);
  else await cache.set(key, value, { ttl });
}

/** The keys that begin with `prefix`: all of them are read before the first is used. */
export async function keysWith(cache: Cache, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of cache.keys()) {
    if (key.startsWith(prefix)) keys.push(key);
  }
  return keys;
}

/** Removes what begins with `prefix`; with the empty one, everything. */
export async function clearWith(cache: Cache, prefix: string): Promise<void> {
  if (text('prefix', prefix) === '') await cache.clear();
  else await cache.deleteMany(await keysWith(cache, prefix));
}
