// isocache/client against a server that means harm: what it sends is bounded in memory and time, and ends no program.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from 'isocache/client';

import { eventually } from '../../tests/lib/eventually.mjs';
import { sleep } from './lib/serve.mjs';
import {
  MIB,
  TIMEOUT_MS,
  protocol,
  isGivenUp,
  withHostile,
  answering,
  flooding,
  dripping,
  peakOf,
  SILENT,
  PAUSED,
} from './lib/hostile-servers.mjs';

for (const [name, talk] of [
  ['silent', SILENT],
  ['that reads nothing', PAUSED],
]) {
  test(`a server ${name}: requests and close() end in time, also twice at once, and the socket goes`, async () => {
    const start = performance.now();
    await withHostile(talk, async (client, sockets) => {
      const asked = [
        client.get('a'),
        client.set('b', new Uint8Array(20 * MIB)),
        client.stats(),
        client.execute('stats\r\n'),
        client.execute('get a\r\n'),
      ];
      const outcomes = Promise.allSettled(asked);
      await Promise.all([client.close(), client.close()]);
      for (const { reason } of await outcomes) assert.ok(isGivenUp(reason), reason);
      assert.ok(performance.now() - start < 2 * TIMEOUT_MS + 500);
      await assert.rejects(client.get('a'), { code: 'CLOSED' });
      for (const socket of sockets) socket.resume();
      await sleep(100);
    });
  });
}

test('what a server does not take is given up soon after close()', async () => {
  let gone;
  let paused;
  await withHostile(
    (socket) => {
      gone ??= new Promise((resolve) => {
        socket.on('close', resolve);
      });
      paused = socket.pause();
    },
    async (client) => {
      const set = client.set('b', new Uint8Array(50 * MIB)).catch((error) => error);
      await sleep(20);
      await client.close();
      assert.ok(isGivenUp(await set));
      const handles = () => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;
      await eventually(() => handles() <= 1, 'not only the server has its socket');
      paused.resume(); // the end is an error or an early one
      await gone;
    },
  );
});

test('signal ends a wait at once while the server is silent, or not even there', async () => {
  const silent = { transport: () => new Promise(() => {}) };
  await withHostile(
    SILENT,
    async (client) => {
      for (const it of [client, createClient(silent)]) {
        const controller = new AbortController();
        const options = { signal: controller.signal };
        const waits = [
          it.get('a', options),
          it.set('a', 'b', options),
          it.getMany(['a', 'b'], options),
          it.stats(options),
          it.execute('stats\r\n', options),
          it.execute('get a\r\n', options),
          it.incr('a', 1, options),
          it.clear(options),
        ].map((wait) => assert.rejects(wait, /enough/));
        await sleep(10);
        const start = performance.now();
        controller.abort(new Error('enough'));
        await Promise.all(waits);
        assert.ok(performance.now() - start < 50);
      }
    },
    { timeout: 5000 },
  );
});

test('numbers that are none: PROTOCOL, and the connection is given up', async () => {
  const item = (client) => client.getItem('a');
  const cases = [
    ...[
      'VA 1 cx',
      'VA 1 c',
      'VA 1 c-1',
      'VA 1 c0x10',
      'VA 1 fx',
      'VA 1 f1e9',
      'VA 1 tx',
      'VA 1 t-2',
      'VA 1 lx',
      'VA 1 c1 l1.5',
      `VA 1 c${'9'.repeat(5000)}`,
    ].map((line) => [item, `${line}\r\nx\r\n`]),
    ...['VA x', 'VA -1', 'VA ', 'VA 0x1', 'VA 1e3', `VA ${'9'.repeat(400)}`, 'VALUE a 0 x', 'VALUE a 0', 'VALUE'].map(
      (line) => [(client) => client.get('a'), `${line}\r\nx\r\n`],
    ),
    ...['x', '', '-1', '1.5', '0x1', '1 1', ' 1', '9'.repeat(3000)].map((value) => [
      (client) => client.incr('a'),
      `VA ${value.length}\r\n${value}\r\n`,
    ]),
    [(client) => client.execute('get a\r\n'), 'VALUE a 0 x\r\n'],
    [(client) => client.stats(), 'STAT\r\n'],
    ...[
      'curr_items abc',
      'bytes 1e400',
      'limit_maxbytes',
      'get_hits -1',
      'get_misses NaN',
      'cmd_set 0x10',
      'evictions 1.5',
    ].flatMap((stat) =>
      ['stats', 'size', 'bytes'].map((method) => [(client) => client[method](), `STAT ${stat}\r\nEND\r\n`]),
    ),
    [(client) => client.get('a'), 'x'.repeat(9000)],
  ];
  for (const [ask, reply] of cases) {
    await withHostile(
      answering(reply),
      async (client, sockets) => {
        await assert.rejects(ask(client), protocol, reply.slice(0, 60));
        await assert.rejects(client.get('a'), isGivenUp);
        assert.equal(sockets.length, 2);
      },
      { timeout: 50 },
    );
  }
});

test('a value larger than maxItemSize is refused before there is memory for it', async () => {
  for (const [options, bytes] of [
    [{}, 1 << 30],
    [{}, 64 * MIB + 1],
    [{ maxItemSize: 1000 }, 1001],
    [{}, Number.MAX_SAFE_INTEGER],
  ]) {
    for (const line of [`VA ${bytes}`, `VALUE a 0 ${bytes}`]) {
      await withHostile(
        answering(`${line}\r\nabc`),
        async (client) => {
          const peak = await peakOf(() =>
            assert.rejects(client.get('a'), { code: 'PROTOCOL', message: /maxItemSize/ }),
          );
          assert.ok(peak < 4 * MIB, `${peak} bytes`);
        },
        options,
      );
    }
  }
  await withHostile(
    answering(`VA 1000\r\n${'x'.repeat(1000)}\r\n`),
    async (client) => {
      assert.equal((await client.get('a')).length, 1000);
    },
    { maxItemSize: 1000 },
  );
});

test('a server that drips ends: its requests in time, then the connection, and what waits with it', async () => {
  for (const [piece, ask] of [
    ['x', (client) => client.get('a')],
    ['STAT a b\r\n', (client) => client.stats()],
    ['STAT a b\r\n', (client) => client.execute('stats\r\n')],
    [
      'k',
      async (client) => {
        for await (const key of client.keys()) assert.fail(key);
      },
    ],
    ['VA 60000000\r\n', (client) => client.get('a')],
  ]) {
    await withHostile(dripping(piece, 10), async (client, sockets) => {
      const start = performance.now();
      await assert.rejects(ask(client), isGivenUp, piece);
      assert.ok(performance.now() - start < 2 * TIMEOUT_MS + 500, `${performance.now() - start} ms: ${piece} ${ask}`);
      // Each request that follows is answered in time, if only by an error, and none is kept.
      let settled = 0;
      const asked = [];
      while (performance.now() - start < 4 * TIMEOUT_MS) {
        asked.push(
          client.set('a', 'b').catch(() => {
            ++settled;
          }),
        );
        await sleep(5);
      }
      await eventually(() => settled === asked.length, `${piece}: requests that are kept`);
      assert.ok(sockets.length >= 2, 'the connection was given up');
    });
  }
});

test('whoever is always faster: what is tried again ends in time', async () => {
  const busy = (socket) =>
    socket.on('data', (bytes) => {
      for (const request of String(bytes).match(/^m[gsad] .*/gm)) {
        const answers = {
          mg: 'HD s3 c1',
          ma: 'CLIENT_ERROR cannot increment or decrement non-numeric value',
          md: 'HD',
          ms: request.includes(' ME') ? 'NS' : 'EX',
        };
        socket.write(`${answers[request.slice(0, 2)]}\r\n`);
      }
    });
  const gone = (socket) =>
    socket.on('data', (bytes) =>
      socket.write(
        String(bytes).startsWith('mg')
          ? 'EN\r\n'
          : String(bytes).startsWith('ma')
            ? 'CLIENT_ERROR non-numeric\r\n'
            : 'NS\r\n',
      ),
    );
  for (const [talk, ask] of [
    [busy, (client) => client.append('a', 'b')],
    [busy, (client) => client.prepend('a', 'b')],
    [busy, (client) => client.replace('a', 'b')],
    [gone, (client) => client.add('a', 'b')],
    [gone, (client) => client.incr('a')],
    [gone, (client) => client.decr('a', 1n, { initial: 1n })],
  ]) {
    await withHostile(talk, async (client) => {
      const start = performance.now();
      const late = sleep(5 * TIMEOUT_MS).then(() => {
        throw new Error('no end');
      });
      await assert.rejects(Promise.race([ask(client), late]), { code: 'TIMEOUT' }, String(ask));
      late.catch(() => {});
      assert.ok(performance.now() - start < 2 * TIMEOUT_MS + 100);
    });
  }
});

test('replies without end are cut off', async () => {
  const stat = `STAT ${'a'.repeat(50)} ${'b'.repeat(50)}\r\n`;
  const key = `key=${'k'.repeat(50)} exp=-1\n`;
  for (const [piece, ask, limit] of [
    [stat, (client) => client.stats(), 20 * MIB],
    [stat, (client) => client.execute('stats\r\n'), 100 * MIB],
    [key, (client) => client.execute('lru_crawler metadump all\r\n'), 100 * MIB],
    [key, (client) => client.get('a'), 5 * MIB],
    ['VALUE a 0 1\r\nx\r\n', (client) => client.execute('get a\r\n'), 5 * MIB],
    [
      'VA 5\r\nhello\r\n',
      (client) =>
        client
          .get('b')
          .then(() => sleep(50))
          .then(() => client.get('a')),
      20 * MIB,
    ],
  ]) {
    await withHostile(
      flooding(piece),
      async (client) => {
        const peak = await peakOf(() =>
          ask(client).then(
            () => {},
            (error) => assert.ok(['PROTOCOL', 'CLOSED'].includes(error.code), error),
          ),
        );
        assert.ok(peak < limit, `${piece}: ${peak} bytes`);
      },
      { timeout: 3000, maxItemSize: 4 * MIB },
    );
  }
});
