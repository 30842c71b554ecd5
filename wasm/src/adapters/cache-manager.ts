// A store for cache-manager 5: `createCache(cacheManagerStore(cache))`. cache-manager 6 and 7 take Keyv instead:
// `createCache({ stores: [new Keyv({ store: keyvStore(cache) })] })`, with keyvStore from isocache/adapters/keyv.

import { checkNumber, checkOptions, checkType, pairsOf } from '../base/arguments.js';
import { type Cache, checkCache, keysWith, setFor, text } from './cache.js';

export type { Cache } from './cache.js';

export interface CacheManagerOptions {
  /** Of values that are stored without one, in milliseconds. */
  ttl?: number | undefined;
  /** What set() takes; everything but undefined if left out. */
  isCacheable?: ((value: unknown) => boolean) | undefined;
}

export type CacheManagerStore = ReturnType<typeof cacheManagerStore>;

/** Values are kept as JSON. `cache` is a Store or a Client; closing it stays with its owner. */
export function cacheManagerStore(cache: Cache, options: CacheManagerOptions = {}) {
  checkCache(cache);
  checkOptions(options);
  checkNumber('ttl', options.ttl);
  checkType('isCacheable', options.isCacheable, 'function');
  const isCacheable = options.isCacheable ?? ((value: unknown) => value !== undefined);

  async function set(key: string, value: unknown, ttl = options.ttl): Promise<void> {
    const json = JSON.stringify(value);
    if (!isCacheable(value) || json === undefined) throw new TypeError(`value: none to cache: ${String(json)}`);
    checkNumber('ttl', ttl);
    // cache-manager's 0 is no TTL at all.
    await setFor(cache, key, json, ttl || undefined);
  }

  return {
    name: 'isocache',
    isCacheable,
    client: cache,

    async get<T>(key: string): Promise<T | undefined> {
      return parse<T>(await cache.get(key));
    },
    async mget(...keys: string[]): Promise<unknown[]> {
      return (await cache.getMany(keys)).map(parse);
    },
    set,
    async mset(entries: [string, unknown][], ttl?: number): Promise<void> {
      await Promise.all(pairsOf('entries', entries).map(([key, value]) => set(key, value, ttl)));
    },
    async del(key: string): Promise<void> {
      await cache.delete(key);
    },
    async mdel(...keys: string[]): Promise<void> {
      await cache.deleteMany(keys);
    },
    async reset(): Promise<void> {
      await cache.clear();
    },

    /** `pattern` knows `*`, for any characters. */
    async keys(pattern = '*'): Promise<string[]> {
      const parts = text('pattern', pattern).split('*');
      return (await keysWith(cache, parts[0]!)).filter((key) => fits(key, parts));
    },

    /** What is left to live, in milliseconds; -1: it never expires; -2: there is none. */
    async ttl(key: string): Promise<number> {
      const item = await cache.getItem(key, { peek: true });
      return item === undefined ? -2 : (item.ttl ?? -1);
    },
  };
}

function parse<T>(json: string | undefined): T | undefined {
  return json === undefined ? undefined : (JSON.parse(json) as T);
}

/**
 * Whether `key` is those parts with anything between them. Takes the first match of each; a regular expression may
 * try all.
 */
function fits(key: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return key === first;
  let at = first.length;
  for (const part of rest) {
    const found = key.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return key.startsWith(first) && key.length - last.length >= at && key.endsWith(last);
}
