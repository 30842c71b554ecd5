// Clients that need memory which others hold. A connection that has held memory for 5 s without progress is closed and
// counted, on each transport. The tests take seconds each, so all transports are tested side by side.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { limit, many } from '../lib/abuse.mjs';
import { assertBack, assertBounded, fill, set, settled, sluggard, startFor, store, WAYS } from '../lib/bounds.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { request } from '../lib/http.mjs';
import { needIsocached, withServer } from '../lib/server.mjs';
import { readFrame } from '../lib/websocket.mjs';

const MEGABYTES = 64;
const LARGE = 'v'.repeat(1_000_000);
// No reader asks for it, and each needs no more: if there were room for it, a reader who waits would have it. A value
// that is held already needs no memory.
const WANTED = 'w'.repeat(1_040_000);
const SERVED_MS = 15_000; // 5 s to be found, a second for each look, and a busy machine
const SHORT_MS = 1000;
const PIECE = 50_000;
const COME_MS = 1000; // by then they hold what they can

// {readers, uploads}
const closedOf = async (server) => {
  const { isocache_slow_readers_closed: readers, isocache_stalled_uploads_closed: uploads } = await withClient(
    server,
    statsOf,
  );
  return { readers: Number(readers), uploads: Number(uploads) };
};

async function readReply(way, client) {
  client.limitMs = SERVED_MS;
  return way.frames ? (await readFrame(client)).payload : client.readLine();
}

/** A client that comes in over `way` waits for a large value, and gets it. */
async function readWanted(way, server) {
  const client = await way.open(server);
  client.limitMs = SERVED_MS;
  client.send(way.wrap('get wanted\r\n'));
  let reply = '';
  while (!reply.endsWith('END\r\n')) {
    reply += way.frames ? (await readFrame(client)).payload : await client.readUntil('END\r\n', SERVED_MS);
  }
  assert.ok(reply === `VALUE wanted 0 ${WANTED.length}\r\n${WANTED}\r\nEND\r\n`, reply.slice(0, 100));
  client.close();
}

/** Small values are stored and read as ever, one after the other, until `done`. */
async function useSmallValues(server, done) {
  let longest = 0;
  await withClient(server, async (client) => {
    for (let i = 0; !done.now; ++i) {
      const began = performance.now();
      assert.equal(await client.ask(set('little', String(i))), 'STORED\r\n');
      assert.match(await client.ask('get little\r\n'), /^VALUE little 0 \d+\r\n\d+\r\nEND\r\n$/);
      longest = Math.max(longest, performance.now() - began);
      await sleep(20);
    }
  });
  assert.ok(longest < SHORT_MS, `a small value took ${longest.toFixed()} ms`);
}

const onFull = (way, use) =>
  withServer(
    () => startFor(way, ['-m', String(MEGABYTES)]),
    [],
    async (server) => {
      await fill(server, MEGABYTES);
      const before = server.residentBytes();
      server.resetPeak();
      await use(server, before);
      await assertBack(server, before);
      assert.equal(await withClient(server, (client) => client.ask('mn\r\n')), 'MN\r\n');
    },
  );

describe('isocached', { skip: needIsocached, concurrency: 15 }, () => {
  for (const way of WAYS) {
    test(
      `${way.way}: 60 readers of large values that read nothing, and somebody who wants one`,
      { ...limit, skip: way.skip },
      () =>
        onFull(way, async (server, before) => {
          await store(server, Array.from({ length: 40 }, (_, i) => [`big${i}`, LARGE]).concat([['wanted', WANTED]]));
          const lines = Array.from(
            { length: 60 },
            (_, i) => `get ${Array.from({ length: 40 }, (_, k) => `big${(i + k) % 40}`).join(' ')}\r\n`,
          );
          const readers = await Promise.all(lines.map((line) => sluggard(way, server, way.wrap(line))));
          await sleep(COME_MS);
          await settled(server); // on a busy machine they take longer
          const done = { now: false };
          const small = useSmallValues(server, done);
          try {
            await Promise.all([WAYS[0], way].map((its) => readWanted(its, server)));
          } finally {
            done.now = true;
          }
          await small;
          const closed = await closedOf(server);
          assert.ok(closed.readers > 0 && closed.uploads === 0, JSON.stringify(closed));
          assertBounded(server, way, { megabytes: MEGABYTES, connections: readers.length, before });
          for (const reader of readers) reader.close();
        }),
    );

    test(`${way.way}: 40 that store 1 MB each at once`, { ...limit, skip: way.skip }, () =>
      onFull(way, async (server, before) => {
        const clients = await many(40, () => way.open(server));
        const replies = new Set();
        await Promise.all(
          clients.map(async (client, i) => {
            for (let round = 0; round < 3; ++round) {
              const bytes = way.wrap(set(`up${i}`, LARGE));
              for (let at = 0; at < bytes.length; at += PIECE) {
                await client.send(bytes.slice(at, at + PIECE));
                await sleep(5);
              }
              replies.add(await readReply(way, client));
            }
          }),
        );
        assert.deepEqual([...replies], ['STORED\r\n']);
        assert.deepEqual(await closedOf(server), { readers: 0, uploads: 0 });
        assertBounded(server, way, { megabytes: MEGABYTES, connections: clients.length, before });
        for (const client of clients) client.close();
      }),
    );

    test(`${way.way}: 40 that store 1 MB each beside 20 who stop in the middle`, { ...limit, skip: way.skip }, () =>
      onFull(way, async (server, before) => {
        const stalled = await many(20, async () => {
          const client = await way.open(server);
          client.send(way.wrap(set('stalled', LARGE).slice(0, 500_000)));
          return client;
        });
        await sleep(COME_MS);
        const clients = await many(40, () => way.open(server));
        const replies = await Promise.all(
          clients.map(async (client, i) => {
            client.send(way.wrap(set(`up${i}`, LARGE)));
            return readReply(way, client);
          }),
        );
        assert.deepEqual([...new Set(replies)], ['STORED\r\n']);
        const closed = await closedOf(server);
        assert.ok(
          closed.uploads > 0 && closed.uploads <= stalled.length && closed.readers === 0,
          JSON.stringify(closed),
        );
        assertBounded(server, way, { megabytes: MEGABYTES, connections: 60, before });
        for (const client of [...clients, ...stalled]) client.close();
      }),
    );
  }

  test('stats reset and /metrics know of them', limit, () =>
    withServer(
      () => startFor(WAYS[0], ['-m', String(MEGABYTES)]),
      [],
      async (server) => {
        const shown = async () =>
          /^isocache_connections_closed_total\{reason="stalled_upload"\} (\d+)$/m.exec(
            (await request(server, '/metrics')).body,
          )[1];
        await fill(server, MEGABYTES);
        for (let i = 0; i < 20; ++i)
          (await RawClient.connect(server.address)).send(set('stalled', LARGE).slice(0, 500_000));
        await withClient(server, async (client) => {
          client.send(set('mine', LARGE));
          assert.equal(await client.readLine(SERVED_MS), 'STORED\r\n');
        });
        const { uploads } = await closedOf(server);
        assert.ok(uploads > 0);
        assert.equal(Number(await shown()), uploads);
        assert.equal(await withClient(server, (client) => client.ask('stats reset\r\n')), 'RESET\r\n');
        assert.deepEqual(await closedOf(server), { readers: 0, uploads: 0 });
        assert.equal(await shown(), '0');
      },
    ),
  );
});
