// What is compared: each cache as a user would make it for `max` items, behind the calls that are measured.

import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const packageFile = new URL('../../../wasm/package.json', import.meta.url);
const require = createRequire(packageFile);
// Competitors are the package's devDependencies.
const load = (name) => import(pathToFileURL(require.resolve(name)));

const BYTES_AN_ITEM = 256; // more than ours take, so that nothing is evicted
const LEAST_BYTES = 16 << 20;

export async function openIsocache(max) {
  const { open } = await import(new URL('dist/esm/entry/index.js', packageFile));
  return open({ maxBytes: Math.max(LEAST_BYTES, max * BYTES_AN_ITEM) });
}

// One call for many keys where a cache has it; a loop over get() elsewhere.
const getMany = (get) => (keys) => {
  const values = new Array(keys.length);
  for (let i = 0; i < keys.length; ++i) values[i] = get(keys[i]);
  return values;
};

function mapLike(cache) {
  const get = (key) => cache.get(key);
  return {
    get,
    set: (key, value) => {
      cache.set(key, value);
    },
    getMany: getMany(get),
  };
}

export const caches = {
  async isocache(max) {
    const store = await openIsocache(max);
    return {
      get: (key) => store.get(key),
      set: (key, value) => {
        store.set(key, value);
      },
      getMany: (keys) => store.getMany(keys),
    };
  },

  /** No limit, no expiry: what a cache costs is what comes on top. */
  async Map() {
    return mapLike(new Map());
  },

  async 'lru-cache'(max) {
    const { LRUCache } = await load('lru-cache');
    return mapLike(new LRUCache({ max }));
  },

  async 'quick-lru'(max) {
    const { default: QuickLRU } = await load('quick-lru');
    return mapLike(new QuickLRU({ maxSize: max }));
  },

  /** No limit by bytes or by recency: a full one refuses. */
  async 'node-cache'() {
    const { default: NodeCache } = await load('node-cache');
    return mapLike(new NodeCache({ checkperiod: 0 }));
  },

  async '@isaacs/ttlcache'(max) {
    const { TTLCache } = await load('@isaacs/ttlcache');
    return mapLike(new TTLCache({ max, ttl: 3_600_000 }));
  },

  /** On its own Map, with its JSON: no limit. */
  async keyv() {
    const { Keyv } = await load('keyv');
    const keyv = new Keyv();
    return {
      async: true,
      get: (key) => keyv.get(key),
      set: (key, value) => keyv.set(key, value),
      getMany: (keys) => keyv.getMany(keys),
    };
  },
};
