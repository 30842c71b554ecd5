// Hostile clients while the server ends. It ends in time, its memory stays bounded, and every connection has a clear
// end: requests under way are answered, then the connection is closed, a WebSocket with 1001.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Attack, limit, many, MB, startOver, TRANSPORTS } from '../lib/abuse.mjs';
import { RawClient } from '../lib/client.mjs';
import { exitOf, needIsocached } from '../lib/server.mjs';
import {
  closeCode,
  closeFrame,
  frame,
  FrameClient,
  needWs,
  OPCODE,
  readFrame,
  upgraded,
  WebSocket,
  webSocketUrl,
} from '../lib/websocket.mjs';

const DRAIN_S = 3;
const SLACK_MS = 1500;
const GROWTH = 40 * MB;
const GOING_AWAY = 1001;
const half = (key) => `set ${key} 0 0 10\r\nabcde`;
const otherHalf = 'fghij\r\n';

/** Connects, sends, and drops the connection, as fast as the server lets it. */
function connectAndDrop(port, bytes) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port }, () => socket.write(bytes));
    const timer = setTimeout(() => socket.destroy(), 5);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Ends a server while abuse(server, attack) goes on, which returns clients; end(server) begins it. One request that is
 * under way holds it until whileDraining(clients) is through.
 */
async function endUnder(
  transport,
  abuse,
  { whileDraining = () => {}, end = (server) => server.child.kill('SIGTERM') } = {},
) {
  const server = await startOver(transport, ['--drain-timeout', String(DRAIN_S)]);
  const attack = new Attack();
  try {
    const idle = await RawClient.connect(server.address);
    const holder = await RawClient.connect(server.address);
    server.resetPeak();
    const before = server.residentBytes();
    const clients = await abuse(server, attack);
    await holder.send(half('holder'));
    await sleep(200);
    const began = Date.now();
    await end(server);
    const ended = exitOf(server.child, DRAIN_S * 1000 + SLACK_MS);
    ended.catch(() => {});
    assert.equal(await idle.readToEnd(), ''); // so it drains
    await sleep(300);
    await whileDraining(clients);
    const grown = server.peakBytes() - before;
    assert.ok(grown <= GROWTH, `grew by ${(grown / MB).toFixed(1)} MB`);
    await holder.send(otherHalf);
    assert.equal(await holder.readToEnd(), 'STORED\r\n');
    const { code, signal } = await ended;
    assert.deepEqual([code, signal], [0, null], server.stderr);
    await attack.stop();
    return { clients, took: Date.now() - began };
  } finally {
    await attack.stop().catch(() => {});
    if (server.alive) await server.stop('SIGKILL');
  }
}

for (const { transport, skip } of TRANSPORTS) {
  describe(`isocached, ${transport}`, { skip: needIsocached || needWs || skip, concurrency: 1 }, () => {
    test('a flood of connections', limit, async () => {
      const { clients } = await endUnder(
        transport,
        async (server, attack) => {
          const opened = {
            idle: await many(20, () => RawClient.connect(server.address)),
            idleWebSockets: await many(20, () => FrameClient.connect(webSocketUrl(server), server.tls)),
            busy: await many(20, () => RawClient.connect(server.address)),
            busyWebSockets: await many(20, () => FrameClient.connect(webSocketUrl(server), server.tls)),
          };
          for (const [i, client] of [...opened.busy, ...opened.busyWebSockets].entries()) client.send(half(`half${i}`));
          const sent = [
            'GET /memcached HTTP/1.1\r\n',
            'set a 0 0 1000000\r\nabc',
            '\x16\x03\x01\x02\x00\x01\x00',
            'mn\r\n',
          ];
          const flood = Array.from({ length: 20 }, (_, i) => [i % 2 ? server.port : server.httpPort, sent[i % 4]]);
          attack.keepDoing([0], () => Promise.all(flood.map(([port, bytes]) => connectAndDrop(port, bytes))), 1);
          return opened;
        },
        {
          whileDraining: ({ busy, busyWebSockets }) => {
            for (const client of [...busy, ...busyWebSockets]) client.send(otherHalf);
          },
        },
      );
      for (const [opened, expected] of [
        [clients.idle, ''],
        [clients.busy, 'STORED\r\n'],
      ]) {
        for (const client of opened) {
          assert.equal(await client.readToEnd(), expected);
          assert.equal(client.error, null);
        }
      }
      for (const [opened, expected] of [
        [clients.idleWebSockets, ''],
        [clients.busyWebSockets, 'STORED\r\n'],
      ]) {
        for (const client of opened) {
          assert.equal((await client.closed).code, GOING_AWAY);
          assert.equal(client.received, expected);
        }
      }
    });

    test('requests without end', limit, async () => {
      const { clients, took } = await endUnder(transport, async (server, attack) => {
        const opened = await many(10, (i) =>
          i % 2 ? FrameClient.connect(webSocketUrl(server), server.tls) : RawClient.connect(server.address),
        );
        const open = (client) =>
          client instanceof FrameClient ? client.socket.readyState === WebSocket.OPEN : !client.ended;
        attack.keepDoing(
          opened,
          (client) => {
            if (open(client)) client.send('mg a v\r\n'.repeat(100));
          },
          2,
        );
        return opened;
      });
      assert.ok(took < DRAIN_S * 1000, `${took} ms: it waited for them`);
      for (const client of clients) {
        const overWebSocket = client instanceof FrameClient;
        if (overWebSocket) assert.equal((await client.closed).code, GOING_AWAY);
        assert.match(overWebSocket ? client.received : await client.readToEnd(), /^(EN\r\n)+$/);
      }
    });

    // That the frames and the signal come at once is seen to by stopping the process in between: then the server
    // finds the bad frame while it says goodbye. None of these clients answers that.
    for (const [name, bytes] of [
      ['not masked', frame(OPCODE.binary, 'mn\r\n', { masked: false })],
      ['of an opcode that there is not', frame(3, 'x')],
      ['too long', frame(OPCODE.binary, '', { length: 1n << 62n })],
      ['of text', frame(OPCODE.text, 'mn\r\n')],
      ['that say goodbye twice', Buffer.concat([closeFrame(1000), closeFrame(1000)])],
    ]) {
      test(`frames ${name}, at the same time`, limit, async () => {
        let clients;
        const { took } = await endUnder(
          transport,
          async (server) => {
            clients = await many(100, () => upgraded(server));
            for (const client of clients.slice(0, 20)) await client.send(frame(OPCODE.binary, half('bad')));
          },
          {
            end: async (server) => {
              server.child.kill('SIGSTOP');
              await Promise.all(clients.map((client) => client.send(bytes)));
              server.child.kill('SIGTERM');
              server.child.kill('SIGCONT');
            },
          },
        );
        assert.ok(took <= DRAIN_S * 1000 + SLACK_MS, `${took} ms`);
        const codes = new Set(
          await Promise.all(
            clients.map(async (client) => {
              const last = await readFrame(client);
              client.close();
              return last && (last.opcode === OPCODE.close ? closeCode(last) : 'no close frame');
            }),
          ),
        );
        assert.deepEqual(
          [...codes].filter((code) => ![1000, GOING_AWAY, 1002, 1003, 1009].includes(code)),
          [],
        );
      });
    }
  });
}
