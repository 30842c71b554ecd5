// What clients that send and do not read can make the server hold, on each transport: -m, 32 MB, and a connection's
// allowance (64 KB and its idle cost). Other clients are served as usual meanwhile, and the memory is back 2 s after
// they left. How that is measured: ../lib/bounds.mjs. Clients that wait for memory which others hold:
// bounds-waiting.test.mjs.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { limit, many } from '../lib/abuse.mjs';
import { sluggard, store, WAYS, withstand } from '../lib/bounds.mjs';
import { readStats, statsOf, withClient } from '../lib/client.mjs';
import { needIsocached } from '../lib/server.mjs';
import { readFrame } from '../lib/websocket.mjs';

const come = (way, server, count, bytes) => {
  const wrapped = way.wrap(bytes);
  return many(count, () => sluggard(way, server, wrapped));
};

/** As often as it goes into so many bytes. */
const filling = (bytes, request) => request.repeat(Math.floor(bytes / request.length));

const KEYS = Array.from({ length: 200_000 }, (_, i) => `k${i.toString(36)}`);

/** Stores an 'x' under each, in one go. */
async function storeKeys(server) {
  await withClient(server, async (client) => {
    for (let at = 0; at < KEYS.length; at += 20_000) {
      assert.equal(
        await client.ask(
          KEYS.slice(at, at + 20_000)
            .map((key) => `ms ${key} 1 q\r\nx\r\n`)
            .join(''),
        ),
        '',
      );
    }
  });
}

/** So many bytes of replies. */
async function readReplies(way, client, length) {
  if (!way.frames) return client.read(length);
  let all = '';
  while (all.length < length) all += (await readFrame(client)).payload;
  return all;
}

/** `stats conns` lists each connection once, whatever others make of it. */
async function lookAtConnections(server) {
  await withClient(server, async (client) => {
    const states = (await readStats(client, 'conns')).filter(([name]) => name.endsWith(':state'));
    const descriptors = states.map(([name]) => parseInt(name, 10));
    assert.deepEqual(
      descriptors,
      [...new Set(descriptors)].sort((a, b) => a - b),
    );
    const connections = states.filter(([, state]) => state !== 'conn_listening').length;
    assert.equal(connections, Number((await statsOf(client)).curr_connections));
  });
}

const BIG = Array.from({ length: 8 }, (_, i) => [`big${i}`, 'v'.repeat(1_000_000)]);

for (const way of WAYS) {
  const { crowd } = way;
  describe(`isocached, ${way.way}`, { skip: needIsocached || way.skip, concurrency: 1 }, () => {
    test('60 that ask for 100 values of 1 MB in a line', limit, () =>
      withstand(way, { connections: 60, prepare: (server) => store(server, BIG) }, (server) =>
        come(way, server, 60, `get ${Array.from({ length: 100 }, (_, i) => BIG[i % 8][0]).join(' ')}\r\n`),
      ),
    );

    test(`${crowd} that ask for small values, a megabyte of gets each`, limit, () =>
      withstand(
        way,
        {
          connections: crowd,
          prepare: (server) =>
            store(server, [
              ['medium', 'v'.repeat(4000)],
              ['small', 'v'.repeat(100)],
            ]),
        },
        async (server) => [
          ...(await come(way, server, crowd / 2, filling(1e6, 'get medium\r\n'))),
          ...(await come(way, server, crowd / 2, filling(1e6, 'get small\r\n'))),
        ],
      ),
    );

    test(`${crowd} that stop in the middle of a command or a value`, limit, () =>
      withstand(way, { connections: crowd }, async (server) => [
        ...(await come(way, server, crowd / 2, `get ${filling(16_000, 'key ')}`)),
        ...(await come(way, server, crowd / 2, `set k 0 0 15000\r\n${'v'.repeat(14_900)}`)),
      ]),
    );

    if (way.unix) return; // what follows would show nothing that TCP does not

    test('a value of 100 MB that is asked for 32 times, at once and one after the other', limit, () =>
      withstand(
        way,
        {
          megabytes: 512,
          args: ['-I', '128m'],
          full: false,
          connections: 2,
          prepare: (server) => store(server, [['big', 'v'.repeat(100_000_000)]]),
        },
        async (server) => [
          await sluggard(way, server, way.wrap(`get${' big'.repeat(32)}\r\n`)),
          await sluggard(way, server, way.wrap('get big\r\n'.repeat(32))),
        ],
      ),
    );

    test('200,000 keys in a line', limit, () =>
      withstand(
        way,
        { full: false, connections: 21, prepare: storeKeys },
        async (server) => [
          ...(await come(way, server, 10, `get ${KEYS.join(' ')}\r\n`)),
          ...(await come(way, server, 10, `gets ${KEYS.join(' ')}\r\n`)),
        ],
        async (server) => {
          // beside them, who reads gets it all
          const expected = `${KEYS.map((key) => `VALUE ${key} 0 1\r\nx\r\n`).join('')}END\r\n`;
          const client = await way.open(server);
          client.send(way.wrap(`get ${KEYS.join(' ')}\r\n`));
          assert.ok((await readReplies(way, client, expected.length)) === expected);
          client.close();
        },
      ),
    );

    if (way.transport === 'TLS') return;

    test('50 that ask for stats and dumps without end, among 300 others', limit, () =>
      withstand(
        way,
        { connections: 350 },
        async (server) => [
          ...(await many(300, () => way.open(server))),
          ...(await come(way, server, 20, 'stats conns\r\n'.repeat(1000))),
          ...(await come(way, server, 20, 'stats items\r\nstats\r\n'.repeat(1000))),
          ...(await come(way, server, 10, 'lru_crawler metadump all\r\n'.repeat(1000))),
        ],
        lookAtConnections,
      ),
    );
  });
}
