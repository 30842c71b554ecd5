import { gunzipSync, gzipSync } from 'node:zlib';

import { require, serve } from './serve.mjs';

const [host, port] = process.argv.slice(2);
const { MemcacheClient } = require('memcache-client');
const compressor = {
  compressSync: ({ input }) => gzipSync(input),
  decompressSync: ({ input }) => gunzipSync(input),
};
const cache = new MemcacheClient({ server: `${host}:${port}`, compressor, cmdTimeout: 20_000 });
const stored = ([line]) => line === 'STORED';
const tokens = {};

/** Answers that say no are errors of this client. */
const unless = (words, otherwise) => (error) => {
  if (!words.test(error.message)) throw error;
  return otherwise;
};

await serve('memcache-client', {
  set: async (key, value, lifetime = 0) => stored(await cache.set(key, value, { lifetime })),
  set_object: async (key, value) => stored(await cache.set(key, value)),
  set_packed: async (key, value) => stored(await cache.set(key, value, { compress: true })),
  get: async (key) => (await cache.get(key))?.value,
  get_multi: async (keys) =>
    Object.fromEntries(Object.entries(await cache.get(keys)).map(([key, { value }]) => [key, value])),
  add: (key, value) =>
    cache
      .add(key, value)
      .then(stored)
      .catch(unless(/NOT_STORED/, false)),
  replace: (key, value) =>
    cache
      .replace(key, value)
      .then(stored)
      .catch(unless(/NOT_STORED/, false)),
  append: async (key, value) => stored(await cache.append(key, value)),
  prepend: async (key, value) => stored(await cache.prepend(key, value)),
  gets: async (key) => {
    const { value, casUniq } = await cache.gets(key);
    tokens[key] = casUniq;
    return value;
  },
  cas: (key, value) =>
    cache
      .cas(key, value, { casUniq: tokens[key] })
      .then(stored)
      .catch(unless(/EXISTS/, false)),
  incr: (key, by) =>
    cache
      .incr(key, by)
      .then(Number)
      .catch(unless(/NOT_FOUND/, null)),
  decr: (key, by) =>
    cache
      .decr(key, by)
      .then(Number)
      .catch(unless(/NOT_FOUND/, null)),
  touch: async (key, ttl) => (await cache.touch(key, ttl))[0] === 'TOUCHED',
  delete: async (key) => (await cache.delete(key))[0] === 'DELETED',
  items: async () => Number((await cache.cmd('stats')).STAT.find(([name]) => name === 'curr_items')[1]),
  version: async () => (await cache.version())[1],
  flush: async () => (await cache.cmd('flush_all'))[0] === 'OK',
});
