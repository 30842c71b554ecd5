import { require, serve } from './serve.mjs';

const [host, port, , username, password] = process.argv.slice(2);
const memjs = require('memjs');
const quiet = { log() {} };
const cache = memjs.Client.create(`${host}:${port}`, { username, password, timeout: 20, logger: quiet });
const text = ({ value }) => value?.toString();

// No "prepend": what memjs sends is an append.
await serve('memjs', {
  set: (key, value, expires = 0) => cache.set(key, value, { expires }),
  get: async (key) => text(await cache.get(key)),
  add: (key, value) => cache.add(key, value, {}),
  replace: (key, value) => cache.replace(key, value, {}),
  append: (key, value) => cache.append(key, value),
  incr_from: async (key, by, initial) => (await cache.increment(key, by, { initial })).value,
  decr: async (key, by) => (await cache.decrement(key, by, { initial: 0 })).value,
  touch: (key, ttl) => cache.touch(key, ttl),
  delete: (key) => cache.delete(key),
  items: () => new Promise((done) => cache.stats((_, __, stats) => done(Number(stats.curr_items)))),
  flush: async () => Object.values(await cache.flush()).every((flushed) => flushed === true),
});
