// What clients can make the server hold that send and do not read, over each way in: -m, 32 MB, and what a connection may
// have (64 KB and its idle cost). Others are served as ever meanwhile, and the memory is back 2 s after they left. How that
// is measured: ../lib/bounds.mjs. Who waits for memory that others hold: bounds_waiting.test.mjs.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { limit, many } from '../lib/abuse.mjs';
import { sluggard, store, WAYS, withstand } from '../lib/bounds.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { needIsocached } from '../lib/server.mjs';
import { readFrame } from '../lib/websocket.mjs';

const crowd = (way, server, count, bytes) => {
  const wrapped = way.wrap(bytes);
  return many(count, () => sluggard(way, server, wrapped));
};

/** As often as it goes into so many bytes. */
const filling = (bytes, request) => request.repeat(Math.floor(bytes / request.length));

for (const way of WAYS) {
  const encrypted = way.transport === 'TLS';
  describe(`isocached, ${way.way}`, { skip: needIsocached || way.skip, concurrency: 1 }, () => {
    test('a value of 100 MB that is asked for 32 times, at once and one after the other', limit, () => withstand(way,
      { megabytes: 512, args: ['-I', '128m'], full: false, connections: 2, prepare: (server) => store(server, [['big', 'v'.repeat(100_000_000)]]) },
      async (server) => [
        await sluggard(way, server, way.wrap(`get${' big'.repeat(32)}\r\n`)),
        await sluggard(way, server, way.wrap('get big\r\n'.repeat(32)))]));

    test('60 that ask for 100 values of 1 MB in a line', limit, () => withstand(way,
      { connections: 60, prepare: (server) => store(server, Array.from({ length: 8 }, (_, i) => [`big${i}`, 'v'.repeat(1_000_000)])) },
      (server) => crowd(way, server, 60, `get ${Array.from({ length: 100 }, (_, i) => `big${i % 8}`).join(' ')}\r\n`)));

    const many_ = encrypted ? 100 : 300;
    test(`${2 * many_} with a megabyte of gets of small values`, limit, () => withstand(way,
      { connections: 2 * many_, prepare: (server) => store(server, [['medium', 'v'.repeat(4000)], ['small', 'v'.repeat(100)]]) },
      async (server) => [
        ...await crowd(way, server, many_, filling(1e6, 'get medium\r\n')),
        ...await crowd(way, server, many_, filling(1e6, 'get small\r\n'))]));
  });
}
