import { promisify } from 'node:util';

import { require, serve } from './serve.mjs';

const [host, port] = process.argv.slice(2);
const Memcached = require('memcached');
const cache = new Memcached(`${host}:${port}`, {
  maxValue: 8 << 20,
  retry: 100,
  retries: 1,
  failures: 100,
  timeout: 20_000,
});
const call = (method) => promisify(cache[method]).bind(cache);
const number = (count) => (count === false ? null : count);
const tokens = {};

/** That nothing was stored is an error of this client. */
const stored = (answer) =>
  answer.catch((error) => {
    if (!/not stored/.test(error)) throw error;
    return false;
  });

await serve('memcached', {
  set: (key, value, ttl = 0) => call('set')(key, value, ttl),
  set_object: (key, value) => call('set')(key, value, 0),
  get: call('get'),
  get_multi: call('getMulti'),
  add: (key, value) => stored(call('add')(key, value, 0)),
  replace: (key, value) => stored(call('replace')(key, value, 0)),
  append: call('append'),
  prepend: call('prepend'),
  gets: async (key) => {
    const found = await call('gets')(key);
    tokens[key] = found.cas;
    return found[key];
  },
  cas: (key, value) => call('cas')(key, value, tokens[key], 0),
  incr: async (key, by) => number(await call('incr')(key, by)),
  decr: async (key, by) => number(await call('decr')(key, by)),
  touch: call('touch'),
  delete: call('del'),
  items: async () => Number((await call('stats')())[0].curr_items),
  version: async () => (await call('version')())[0].version,
  flush: async () => (await call('flush')())[0],
});
