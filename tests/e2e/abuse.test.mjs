// Hostile clients that send what they should not, on each transport. Memory stays bounded, they get a clear end, and
// other clients wait at most twice as long as without an attack. How that is measured on a busy machine:
// ../lib/probe.mjs. Slow clients: abuse-slow.test.mjs; clients that hold memory or places: abuse-memory.test.mjs;
// during shutdown: abuse-shutdown.test.mjs.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  assertOthersServed,
  Attack,
  besideQuiet,
  endure,
  limit,
  many,
  MB,
  outcome,
  startOver,
  TRANSPORTS,
} from '../lib/abuse.mjs';
import { eventually } from '../lib/eventually.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { httpAddress, statusOf } from '../lib/http.mjs';
import { Probe } from '../lib/probe.mjs';
import { needIsocached, needMemcached, spawnBound, startMemcached, withServer } from '../lib/server.mjs';
import {
  closeCode,
  connectOverWebSocket,
  frame,
  FrameClient,
  needWs,
  OPCODE,
  readFrame,
  upgraded,
  webSocketUrl,
} from '../lib/websocket.mjs';

const junk = 'x'.repeat(1_000_000);

for (const { transport, skip } of TRANSPORTS) {
  const over = { transport };
  describe(`isocached, ${transport}`, { skip: needIsocached || needWs || skip, concurrency: 1 }, () => {
    describe('a million bytes that ask for nothing, again and again', () => {
      test('to the memcached port', limit, () =>
        endure({ ...over, growth: 12 * MB }, async (server, attack) => {
          attack.keepDoing([server.address], async (address) => assert.equal((await outcome(address, junk)).reply, ''));
        }),
      );

      test('to the HTTP port', limit, () =>
        endure(
          { ...over, growth: 12 * MB },
          async (server, attack) => {
            attack.keepDoing([50_000, 1_000_000], async (length) => {
              const { reply, error } = await outcome(httpAddress(server), junk.slice(0, length));
              // The server waits for 64 KB more, so that its reply is not lost. With more to come it resets the
              // connection, and what the client has not read by then is gone.
              const lost = length > 64_000 && ['ECONNRESET', 'EPIPE'].includes(error);
              assert.ok(statusOf(reply) === 431 || lost, `${reply} ${error}`);
            });
          },
          async (server) => {
            assert.equal(statusOf((await outcome(httpAddress(server), Buffer.alloc(20_000, 0x80))).reply), 400);
            assert.equal(statusOf((await outcome(httpAddress(server), '\r\n'.repeat(10_000))).reply), 400);
          },
        ),
      );

      test('in a WebSocket frame', limit, () =>
        endure({ ...over, growth: 24 * MB }, async (server, attack) => {
          attack.keepDoing([server], async () => {
            const client = await FrameClient.connect(webSocketUrl(server), server.tls);
            client.send(junk);
            assert.deepEqual(await client.closed, { code: 1008, reason: 'not the memcached protocol' });
          });
        }),
      );

      test('blank lines', limit, () =>
        endure({ ...over, growth: 24 * MB }, async (server, attack) => {
          const client = await connectOverWebSocket(webSocketUrl(server), server.tls);
          const count = 10_000;
          const expected = `${'CLIENT_ERROR bad command line format\r\n'.repeat(count)}MN\r\n`;
          attack.keepDoing([client], async () => {
            client.send(`${'\r\n'.repeat(count)}mn\r\n`);
            assert.ok((await client.readUntil('MN\r\n')) === expected);
          });
          return [client];
        }),
      );
    });

    test('lines without end', limit, async () => {
      const ends = { memcached: new Set(), http: new Set(), webSocket: new Set() };
      await endure(
        { ...over, growth: 40 * MB },
        async (server, attack) => {
          const endless = async (address, block) => {
            const client = await RawClient.connect(address);
            while (!client.ended) {
              await Promise.race([client.send(block), sleep(20)]);
              await sleep(1);
            }
            const reply = await client.readToEnd();
            client.close();
            return statusOf(reply) || reply;
          };
          const inFrames = async (block) => {
            const client = await FrameClient.connect(webSocketUrl(server), server.tls);
            const closed = client.closed.then(({ code }) => code);
            for (let code; !code; ) {
              client.send(block);
              code = await Promise.race([closed, sleep(1)]);
            }
            return closed;
          };
          const line = 'mg '.padEnd(100_000, 'k'); // only get and gets have no limit: bounds.test.mjs
          const ways = {
            memcached: () => endless(server.address, line),
            http: () => endless(httpAddress(server), 'x'.repeat(4000)),
            webSocket: () => inFrames(line),
          };
          for (const [name, toItsEnd] of Object.entries(ways))
            attack.keepDoing([0], async () => ends[name].add(await toItsEnd()), 20);
        },
        () => eventually(() => ends.memcached.size && ends.http.has(431) && ends.webSocket.size, 'not each had an end'),
      );
      assert.deepEqual([...ends.memcached], ['']);
      assert.deepEqual([...ends.webSocket], [1008]);
      // Or the connection was reset before the reply was read, as above.
      assert.deepEqual(
        [...ends.http].filter((end) => end !== 431 && end !== ''),
        [],
      );
    });

    test('bad masks, bad UTF-8, bad opcodes, again and again', limit, async () => {
      const bad = new Map([
        ['not masked', [frame(OPCODE.binary, 'mn\r\n', { masked: false }), 1002]],
        ['text that is not UTF-8', [frame(OPCODE.text, '\xff\xff'), 1007]],
        ['text', [frame(OPCODE.text, 'mn\r\n'), 1003]],
        ['a reason that is not UTF-8', [frame(OPCODE.close, '\x03\xe8\xff\xff'), 1002]],
        ['an opcode that there is not', [frame(3, 'x'), 1002]],
        ['an endless frame', [frame(OPCODE.binary, '', { length: 1n << 63n }), 1009]],
        ['a ping in pieces', [frame(OPCODE.ping, 'x'.repeat(125), { fin: false }), 1002]],
        ['a reserved bit', [frame(OPCODE.binary, 'x', { reserved: 1 }), 1002]],
      ]);
      const seen = new Map();
      await endure(
        { ...over, growth: 24 * MB },
        async (server, attack) => {
          attack.keepDoing(
            [...bad],
            async ([name, [bytes]]) => {
              const client = await upgraded(server);
              await client.send(bytes);
              seen.set(name, [...(seen.get(name) ?? []), closeCode(await readFrame(client))]);
              client.close();
            },
            1,
          );
        },
        async (server, _clients, attack) => {
          await eventually(() => seen.size === bad.size, [...seen.keys()].join());
          await attack.stop();
          // The probe's two are expected to stay.
          await withClient(server, (client) =>
            eventually(async () => (await statsOf(client)).curr_connections === '3', 'connections stay behind'),
          );
        },
      );
      for (const [name, codes] of seen) assert.deepEqual([...new Set(codes)], [bad.get(name)[1]], name);
    });

    test('values in frames of one byte', limit, () =>
      endure({ ...over, growth: 24 * MB }, async (server, attack) => {
        const clients = await many(4, () => upgraded(server));
        const value = 'v'.repeat(3000);
        const bytes = Buffer.concat(
          [...`set one 0 0 ${value.length}\r\n${value}\r\n`].map((byte) => frame(OPCODE.binary, byte)),
        );
        attack.keepDoing(clients, async (client) => {
          await client.send(bytes);
          assert.equal((await readFrame(client)).payload, 'STORED\r\n');
        });
        return clients;
      }),
    );
  });
}

test('a million bytes of nothing end as with memcached', {
  ...limit,
  skip: needIsocached || needMemcached,
}, async () => {
  const ends = (start) =>
    withServer(start, [], async (server) => {
      const seen = [];
      for (const bytes of [
        junk,
        'x'.repeat(7000),
        '\0'.repeat(7000),
        Buffer.alloc(20_000, 0x81), // not 0x80: that is a frame of the binary protocol
        'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
      ]) {
        seen.push((await outcome(server.address, bytes)).reply);
      }
      return seen;
    });
  assert.deepEqual(await ends(() => startOver('plain')), await ends(startMemcached));
});

// Answers what the probe asks, on both of its connections, after a millisecond's work.
const SLOW_SERVER = `
require('node:net').createServer((socket) => socket.on('error', () => {}).on('data', (data) => {
  if (data[0] === 71) return socket.write('HTTP/1.1 101 Switching Protocols\\r\\n\\r\\n');
  for (const end = performance.now() + 1; performance.now() < end;);
  socket.write(data[0] === 0x82 ? '\\x82\\x04MN\\r\\n' : 'MN\\r\\n', 'latin1');
})).listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;

describe('the measure itself', { skip: needIsocached, concurrency: 1 }, () => {
  const assertSeen = (probe) => assert.rejects(assertOthersServed(probe, new Attack()), /others wait:/);

  test('sees a server that stands still now and then', limit, () =>
    besideQuiet('plain', [], async (server, probe) => {
      const stops = new Attack();
      stops.keepDoing(
        [server.child],
        async (child) => {
          child.kill('SIGSTOP');
          await sleep(4);
          child.kill('SIGCONT');
        },
        4,
      );
      await assertSeen(probe);
      await stops.stop();
    }),
  );

  test('sees a server that does other work first', limit, () =>
    withServer(
      () => startOver('plain'),
      [],
      async (quiet) => {
        const child = spawnBound(process.execPath, ['-e', SLOW_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
        const port = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
        const probe = await Probe.start(quiet, { pid: child.pid, port, httpPort: port });
        try {
          await assertSeen(probe);
        } finally {
          probe.stop();
          child.kill();
        }
      },
    ),
  );
});
