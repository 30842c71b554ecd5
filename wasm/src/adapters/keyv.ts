// A storage adapter for Keyv 5 and 6: `new Keyv({ store: keyvStore(cache) })`.
//
// It keeps the strings that Keyv's serializer makes, and Keyv's own check makes TTLs exact to the millisecond.
// Keyv 6 still takes adapters of this kind, by its bridge.

import { checkObject, listOf, wrong } from '../base/arguments.js';
import { type Cache, checkCache, clearWith, keysWith, setFor, text } from './cache.js';

export type { Cache } from './cache.js';

export interface KeyvEntry {
  key: string;
  value: string;
  /** Milliseconds. */
  ttl?: number | undefined;
}

const ITERATED_AT_ONCE = 100;

/** `cache` is a Store or a Client; closing it stays with its owner. */
export function keyvStore(cache: Cache): KeyvStore {
  return new KeyvStore(cache);
}

// There is no has(). Keyv then calls get(), and so does not count an item that has just expired.
export class KeyvStore {
  readonly #cache: Cache;
  /** Keyv 5 gives iterators only to stores whose dialect it knows. */
  readonly opts: Record<string, unknown> = { dialect: 'redis' };
  /**
   * Set by Keyv 5, whose keys have it in front already. Keyv 6 keeps it to itself as long as there is no such
   * property.
   */
  declare namespace?: string | undefined;

  constructor(cache: Cache) {
    this.#cache = checkCache(cache);
  }

  async get(key: string): Promise<string | undefined> {
    return this.#cache.get(key);
  }

  async getMany(keys: string[]): Promise<(string | undefined)[]> {
    return this.#cache.getMany(keys);
  }

  async set(key: string, value: string, ttl?: number): Promise<boolean> {
    if (typeof value !== 'string') throw wrong('value', 'a string: leave Keyv its serializer');
    await setFor(this.#cache, key, value, ttl);
    return true;
  }

  async setMany(entries: KeyvEntry[]): Promise<boolean[]> {
    const list = listOf('entries', entries);
    for (const entry of list) checkObject('entries', entry);
    return Promise.all(list.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  async delete(key: string): Promise<boolean> {
    return this.#cache.delete(key);
  }

  /** Of one namespace, or of the whole cache if there is none. */
  async clear(): Promise<void> {
    await clearWith(this.#cache, prefixOf(this.namespace));
  }

  async *iterator(namespace?: string): AsyncGenerator<[string, string], void> {
    const keys = await keysWith(this.#cache, prefixOf(namespace));
    for (let from = 0; from < keys.length; from += ITERATED_AT_ONCE) {
      const some = keys.slice(from, from + ITERATED_AT_ONCE);
      const values = await this.#cache.getMany(some);
      for (const [i, value] of values.entries()) {
        if (value !== undefined) yield [some[i]!, value];
      }
    }
  }
}

function prefixOf(namespace: string | undefined): string {
  return namespace ? `${text('namespace', namespace)}:` : '';
}
