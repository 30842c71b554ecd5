// A driver for unstorage: `createStorage({ driver: unstorageDriver({ cache }) })`.

import { checkNumber, checkObject, checkOptions, listOf } from '../base/arguments.js';
import type { Item, Value } from '../base/types.js';
import { type Cache, checkCache, clearWith, keysWith, setFor, text } from './cache.js';

export type { Cache } from './cache.js';

export interface UnstorageOptions {
  /** A Store or a Client; closing it stays with its owner. */
  cache: Cache;
  /** In front of every key, so that several storages can share one cache. */
  base?: string | undefined;
  /** Of items that are stored without one. Seconds, as everywhere in unstorage. */
  ttl?: number | undefined;
}

export interface ItemOptions {
  /** Seconds. */
  ttl?: number | undefined;
}

interface Keyed {
  key: string;
  options?: ItemOptions | undefined;
}

export type UnstorageDriver = ReturnType<typeof unstorageDriver>;

function listed<Some extends Keyed>(items: Some[]): Some[] {
  const list = listOf('items', items);
  for (const item of list) checkObject('items', item);
  return list;
}

/** unstorage's metadata: what is left to live, in seconds, and when it was last used. */
function metaOf(item: Item): { ttl?: number; atime: Date; size: number } {
  const meta = { atime: new Date(Date.now() - item.idle), size: item.size };
  return item.ttl === undefined ? meta : { ...meta, ttl: item.ttl / 1000 };
}

export function unstorageDriver(options: UnstorageOptions) {
  checkObject('options', options);
  const cache = checkCache(options.cache);
  checkNumber('ttl', options.ttl);
  const base = options.base ? `${text('base', options.base).replace(/:$/, '')}:` : '';
  const full = (key: string, name = 'key') => base + text(name, key);
  const store = (key: string, value: Value, itemOptions?: ItemOptions) => {
    // unstorage may give null.
    checkOptions(itemOptions ?? undefined);
    const ttl = itemOptions?.ttl ?? options.ttl;
    checkNumber('ttl', ttl);
    return setFor(cache, full(key), value, ttl === undefined ? undefined : ttl * 1000);
  };

  return {
    name: 'isocache',
    options,
    flags: { ttl: true },
    getInstance: () => cache,

    async hasItem(key: string): Promise<boolean> {
      return cache.has(full(key));
    },
    async getItem(key: string): Promise<string | null> {
      return (await cache.get(full(key))) ?? null;
    },
    async getItemRaw(key: string): Promise<Uint8Array | null> {
      return (await cache.getBytes(full(key))) ?? null;
    },
    async getItems(items: Keyed[]): Promise<{ key: string; value: string | null }[]> {
      const list = listed(items);
      const values = await cache.getMany(list.map(({ key }) => full(key)));
      return list.map(({ key }, i) => ({ key, value: values[i] ?? null }));
    },

    setItem: async (...args: Parameters<typeof store>): Promise<void> => store(...args),
    async setItemRaw(key: string, value: Value | ArrayBuffer, itemOptions?: ItemOptions): Promise<void> {
      await store(key, value instanceof ArrayBuffer ? new Uint8Array(value) : value, itemOptions);
    },
    async setItems(items: (Keyed & { value: string })[], common?: ItemOptions): Promise<void> {
      const stored = listed(items).map(({ key, value, options: own }) => store(key, value, { ...common, ...own }));
      await Promise.all(stored);
    },

    async removeItem(key: string): Promise<void> {
      await cache.delete(full(key));
    },
    async getKeys(below = ''): Promise<string[]> {
      return (await keysWith(cache, full(below, 'base'))).map((key) => key.slice(base.length));
    },
    async clear(below = ''): Promise<void> {
      await clearWith(cache, full(below, 'base'));
    },

    async getMeta(key: string): Promise<ReturnType<typeof metaOf> | null> {
      const item = await cache.getItem(full(key), { peek: true });
      return item === undefined ? null : metaOf(item);
    },
  };
}
