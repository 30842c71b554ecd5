// The end of a connection, on each transport (quit, an error that closes, a drain): the client gets the reply to every
// request that was executed, however much it sends meanwhile. `incr` counts what was executed, and the clients count
// their replies. When the server ends, and how long it waits: draining.test.mjs.
// Runs alone: it measures how long the end takes.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startOver } from '../lib/abuse.mjs';
import { needOpenssl } from '../lib/certificates.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { Pipeliner } from '../lib/pipeliner.mjs';
import { exitOf, needIsocached, startIsocached } from '../lib/server.mjs';
import { closeFrame, frame, needWs, OPCODE } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const DRAIN_S = 20;
const INCR = 'incr c 1\r\n';
const GOING_AWAY = 1001;

const folder = mkdtempSync(path.join(tmpdir(), 'isocache-connection-end-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let sockets = 0;

const startUnix = (args) => startIsocached(['-s', path.join(folder, `socket${++sockets}`), '-t', '1', ...args]);
const TRANSPORTS = [
  { transport: 'TCP', skip: false, start: (args) => startOver('plain', args) },
  { transport: 'unix', skip: false, start: startUnix },
  { transport: 'TLS', skip: needOpenssl, start: (args) => startOver('TLS', args) },
  { transport: 'WebSocket', skip: needWs, start: (args) => startOver('plain', args) },
  { transport: 'WebSocket over TLS', skip: needWs || needOpenssl, start: (args) => startOver('TLS', args) },
];

/** A server with a counter; use(server). */
async function onServer(start, args, use) {
  const server = await start(args);
  try {
    await withClient(server, async (client) => {
      assert.equal(await client.ask('set c 0 0 1\r\n0\r\n'), 'STORED\r\n');
      const big = 'x'.repeat(500_000);
      assert.equal(await client.ask(`set big 0 0 ${big.length}\r\n${big}\r\n`), 'STORED\r\n');
    });
    return await use(server);
  } finally {
    if (server.alive) await server.stop('SIGKILL');
  }
}

const countOf = (reply) => Number(/^VALUE c 0 \d+\r\n(\d+)/.exec(reply)[1]);
const executed = (server) => withClient(server, async (client) => countOf(await client.ask('get c\r\n')));

/** A request that has begun: it keeps a server that drains, and then tells what others have done. */
class Holder {
  static async hold(server, request) {
    const holder = new Holder();
    holder.client = await RawClient.connect(server.address);
    holder.rest = request.slice(-4);
    await holder.client.send(request.slice(0, -4));
    return holder;
  }
  async release() {
    await this.client.send(this.rest);
    const reply = await this.client.readToEnd();
    assert.equal(this.client.error, null);
    return reply;
  }
}

function assertAllRead(client) {
  assert.equal(client.error, null);
  assert.ok(client.ended);
}

for (const { transport, skip, start } of TRANSPORTS) {
  describe(`the end over ${transport}`, { skip: needIsocached || skip, concurrency: 1 }, () => {
    for (const [name, end] of [
      ['SIGTERM', (server) => server.child.kill('SIGTERM')],
      ['SIGUSR1', (server) => server.child.kill('SIGUSR1')],
      ['shutdown graceful', (server) => withClient(server, (client) => client.send('shutdown graceful\r\n'))],
    ]) {
      test(`${name} while clients pipeline, and some stop reading`, limit, () =>
        onServer(start, ['-A', '--drain-timeout', String(DRAIN_S)], async (server) => {
          const clients = await Promise.all(Array.from({ length: 4 }, () => Pipeliner.connect(server, transport)));
          const holder = await Holder.hold(server, 'get c\r\n');
          for (const client of clients.slice(2)) client.stopReading();
          const sending = clients.map((client) => client.keepSending(INCR));
          await sleep(500);
          await end(server);
          await sleep(1500); // longer than a connection lingers elsewhere
          await Promise.all(clients.map((client) => client.readToEnd()));
          await Promise.all(sending);
          const count = countOf(await holder.release());
          clients.forEach(assertAllRead);
          assert.equal(
            clients.reduce((sum, { lines }) => sum + lines, 0),
            count,
          );
          assert.ok(count > 1000, `${count}`);
          for (const { frames } of clients) if (frames) assert.equal(frames.code, GOING_AWAY);
          assert.equal((await exitOf(server.child, 5000)).code, 0);
        }),
      );
    }

    test('SIGTERM while large values are under way', limit, () =>
      onServer(start, ['--drain-timeout', String(DRAIN_S)], async (server) => {
        const client = await Pipeliner.connect(server, transport);
        const holder = await Holder.hold(server, 'stats\r\n');
        client.stopReading();
        const sending = client.keepSending('get big\r\n');
        await sleep(500);
        server.child.kill('SIGTERM');
        await sleep(1000);
        await client.readToEnd();
        await sending;
        const hits = Number(/STAT get_hits (\d+)/.exec(await holder.release())[1]);
        assertAllRead(client);
        assert.ok(hits > 0);
        assert.equal(client.lines, 3 * hits); // VALUE, the value, END
        assert.ok(client.tail.endsWith('xx\r\nEND\r\n'), client.tail.slice(-20));
        assert.equal((await exitOf(server.child, 5000)).code, 0);
      }),
    );

    for (const [name, last, says] of [
      ['quit', 'quit\r\n', 0],
      ['a line without end', 'x'.repeat(3000), null],
      ['an HTTP request', 'GET / HTTP/1.1\r\n\r\n', null],
    ]) {
      test(`${name} behind requests, and input behind it`, limit, () =>
        onServer(start, [], async (server) => {
          const before = 3000;
          const client = await Pipeliner.connect(server, transport);
          client.stopReading();
          await client.send(INCR.repeat(before) + last);
          await client.send(INCR.repeat(200_000));
          await sleep(500);
          await client.readToEnd();
          assertAllRead(client);
          assert.equal(await executed(server), before);
          if (says === null) assert.ok(client.lines === before || client.lines === before + 1, `${client.lines}`);
          else assert.equal(client.lines, before + says);
        }),
      );
    }

    test('a client that sends for ever behind quit is cut', limit, () =>
      onServer(start, [], async (server) => {
        const client = await Pipeliner.connect(server, transport);
        client.polite = false;
        client.socket.allowHalfOpen = true;
        await client.send('quit\r\n');
        const began = Date.now();
        while (!client.socket.destroyed && Date.now() - began < 20_000)
          await client.send(INCR.repeat(100)).then(() => sleep(5));
        assert.ok(client.socket.destroyed, 'it lives');
        const took = Date.now() - began;
        assert.ok(took < 9000, `${took} ms`);
        assert.equal(await executed(server), 0);
      }),
    );
  });
}

describe('the end of many', { skip: needIsocached, concurrency: 1 }, () => {
  test('who has left makes room at once, and thousands do not pile up', limit, () =>
    onServer(
      (args) => startOver('plain', args),
      ['-c', '50'],
      async (server) => {
        const open = () =>
          new Promise((resolve) => {
            const socket = net.connect({ host: '127.0.0.1', port: server.port, allowHalfOpen: true });
            socket
              .on('error', () => resolve(socket))
              .on('data', () => {})
              .on('end', () => resolve(socket));
            socket.write('mn\r\nquit\r\nmn\r\n');
          });
        const sockets = [];
        for (let round = 0; round < 75; ++round) {
          // They do not close their side.
          sockets.push(...(await Promise.all(Array.from({ length: 40 }, open))));
        }
        const { stats, descriptors } = await withClient(server, async (client) => {
          const { readdirSync } = await import('node:fs');
          return { stats: await statsOf(client), descriptors: readdirSync(`/proc/${server.pid}/fd`).length };
        });
        assert.equal(stats.rejected_connections, '0');
        assert.ok(Number(stats.curr_connections) <= 3, stats.curr_connections);
        assert.ok(descriptors < 150, `${descriptors} descriptors`);
        for (const socket of sockets) socket.destroy();
      },
    ),
  );

  test('a stop ends in time when clients stall, and at once at a second signal', limit, async () => {
    for (const [signals, least, most] of [
      [1, 1900, 4000],
      [2, 0, 1000],
    ]) {
      await onServer(
        (args) => startOver('plain', args),
        ['--drain-timeout', '2'],
        async (server) => {
          const clients = await Promise.all(
            ['TCP', 'TCP', 'WebSocket']
              .slice(0, needWs ? 2 : 3)
              .map((transport) => Pipeliner.connect(server, transport)),
          );
          for (const client of clients) {
            client.stopReading();
            client.keepSending(INCR).catch(() => {});
          }
          await sleep(500);
          const began = Date.now();
          server.child.kill('SIGTERM');
          if (signals === 2) {
            await sleep(200);
            server.child.kill('SIGTERM');
          }
          assert.equal((await exitOf(server.child, 10_000)).code, 0);
          const took = Date.now() - began;
          assert.ok(took >= least && took < most, `${took} ms`);
          for (const client of clients) client.socket.destroy();
        },
      );
    }
  });

  test('idle clients that do not see the end do not hold up a stop', limit, () =>
    onServer(
      (args) => startOver('plain', args),
      ['--drain-timeout', '20'],
      async (server) => {
        const clients = await Promise.all(
          Array.from({ length: 20 }, () => RawClient.connect(server.address, { allowHalfOpen: true })),
        );
        for (const client of clients) assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
        const began = Date.now();
        assert.equal((await server.stop()).code, 0);
        assert.ok(Date.now() - began < 2500, `${Date.now() - began} ms`);
        for (const client of clients) client.close();
      },
    ),
  );

  test('a client that quits sees the end at once', limit, () =>
    onServer(
      (args) => startOver('plain', args),
      [],
      async (server) => {
        const began = Date.now();
        for (let i = 0; i < 50; ++i) {
          const client = await RawClient.connect(server.address, { allowHalfOpen: true });
          await client.send('mn\r\nquit\r\n');
          assert.equal(await client.readToEnd(), 'MN\r\n');
          client.close();
        }
        assert.ok(Date.now() - began < 2000, `${Date.now() - began} ms`);
      },
    ),
  );
});

describe('the end of the HTTP port', { skip: needIsocached || needWs, concurrency: 1 }, () => {
  test('a bad frame in the packet of good ones: these are answered before the close frame', limit, () =>
    onServer(
      (args) => startOver('plain', args),
      [],
      async (server) => {
        for (const [bad, code] of [
          [frame(OPCODE.binary, 'mn\r\n', { masked: false }), 1002],
          [frame(3, 'x'), 1002],
          [frame(OPCODE.text, 'mn\r\n'), 1003],
          [frame(OPCODE.binary, '', { length: 1n << 40n }), 1009],
          [closeFrame(1000), 1000],
        ]) {
          const before = await executed(server);
          const client = await Pipeliner.connect(server, 'WebSocket');
          client.socket.write(Buffer.concat([client.wrap(INCR), client.wrap(INCR.repeat(30)), bad, client.wrap(INCR)]));
          await client.readToEnd();
          assertAllRead(client);
          assert.equal(client.frames.code, code);
          assert.equal(client.lines, (await executed(server)) - before);
          assert.equal(client.lines, 31);
        }
      },
    ),
  );

  test('a page is read behind a long body, and behind pipelined requests', limit, () =>
    onServer(
      (args) => startOver('plain', args),
      [],
      async (server) => {
        for (const [sent, statuses] of [
          [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n${'b'.repeat(20_000_000)}`, 1],
          [
            `${'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200)}GET /healthz HTTP/1.0\r\n\r\n${'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100_000)}`,
            201,
          ],
        ]) {
          const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
          client.socket.pause();
          await client.send(sent);
          await sleep(300);
          client.socket.resume();
          const reply = await client.readToEnd();
          assert.equal(client.error, null);
          assert.equal(reply.match(/HTTP\/1\.[01] \d+/g).length, statuses);
          client.close();
        }
      },
    ),
  );
});
