// The same for lists of keys, and for WebSockets.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import http from 'node:http';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';
import { WebSocket } from 'ws';

import { eventually } from '../../tests/lib/eventually.mjs';
import { sleep } from './lib/serve.mjs';
import { MIB, TIMEOUT_MS, protocol, isGivenUp, withHostile, flooding, dripping } from './lib/hostile-servers.mjs';

test('keys: a server that drips no keys ends', async () => {
  for (const piece of ['OK\r\n', 'OK\n']) {
    await withHostile(dripping(piece, 10), async (client) => {
      const late = sleep(5 * TIMEOUT_MS).then(() => {
        throw new Error('no end');
      });
      late.catch(() => {});
      await assert.rejects(Promise.race([client.keys().next(), late]), protocol);
    });
  }
});

test('keys: close() ends a list that has not wholly come', async () => {
  const piece = 'key=k exp=-1\n';
  for (const talk of [flooding(piece), dripping(piece, 10)]) {
    await withHostile(talk, async (client, sockets) => {
      const keys = client.keys();
      await keys.next();
      const start = performance.now();
      await client.close();
      assert.ok(performance.now() - start < 100);
      await assert.rejects(
        async () => {
          for (let i = 0; i < 3; ++i) await keys.next();
        },
        { code: 'CLOSED' },
      );
      await eventually(() => sockets.every((socket) => socket.destroyed), 'the socket stays');
    });
  }
});

test('keys: one who does not read them holds few, whatever the transport', async () => {
  const store = await open();
  store.setMany(Array.from({ length: 100_000 }, (_, i) => [`key-${i}`, '']));
  const client = createClient({ store });
  let asked = 0;
  const counting = createClient({
    store: {
      connect() {
        const connection = store.connect();
        return {
          feed(bytes) {
            ++asked;
            return connection.feed(bytes);
          },
          get pending() {
            return connection.pending;
          },
          get closed() {
            return connection.closed;
          },
          close() {
            connection.close();
          },
        };
      },
    },
  });
  const slow = counting.keys();
  await slow.next();
  await sleep(20);
  const before = asked;
  let count = 1;
  for await (const _ of slow) ++count;
  assert.equal(count, 100_000);
  assert.ok(4 * before < asked, `fed ${before} of ${asked} times before anybody read`);
  for await (const key of client.keys()) if (key === 'none') assert.fail();

  // A transport that cannot wait.
  const line = 'key=abc exp=-1\n'.repeat(1000);
  const flood = createClient({
    transport: (receiver) => ({
      send() {
        for (let i = 0; i < 1100; ++i) receiver.receive(Buffer.from(line));
      },
      close() {},
    }),
  });
  await assert.rejects(async () => {
    for await (const _ of flood.keys()) if (_ === '') break;
  }, protocol);
});

/** A WebSocket server that answers the first request by `talk(socket)`, and nothing after it: not even the end. */
async function withWebSocket(talk, use, options) {
  const sockets = [];
  const server = http.createServer().on('upgrade', (request, socket) => {
    sockets.push(socket.on('error', () => {}));
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: memcached\r\n\r\n`,
    );
    socket.once('data', () => talk(socket)).resume();
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = createClient({
    url: `ws://127.0.0.1:${server.address().port}/memcached`,
    WebSocket,
    timeout: 2000,
    ...options,
  });
  try {
    await use(client, sockets);
  } finally {
    await client.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** One message that never ends, in frames of a byte. */
const fragmenting = (socket) => {
  socket.write(Buffer.from([0x02, 1, 65]));
  const block = Buffer.concat(Array.from({ length: 20_000 }, () => Buffer.from([0, 1, 65])));
  let left = 100;
  const more = () => {
    while (!socket.destroyed && --left > 0 && socket.write(block));
  };
  socket.on('drain', more);
  more();
};

test('WebSocket: a message in ever so many pieces is not kept', async () => {
  await withWebSocket(fragmenting, async (client, sockets) => {
    const before = process.memoryUsage.rss();
    await assert.rejects(client.get('k'), { code: 'CLOSED' });
    await eventually(() => sockets[0].destroyed, 'the connection is kept');
    assert.ok(process.memoryUsage.rss() - before < 60 * MIB);
  });
});

test('WebSocket: a message larger than any value may be is refused', async () => {
  const huge = (socket) => socket.write(Buffer.from([0x82, 127, 0, 0, 0, 0, 2, 0, 0, 0])); // 32 MiB are to come
  await withWebSocket(huge, (client) => assert.rejects(client.get('k'), { code: 'CLOSED', message: /payload/i }), {
    maxItemSize: 16 * MIB,
    timeout: 5000,
  });
});

test('WebSocket: who does not answer the end of a connection is left all the same', async () => {
  await withWebSocket(
    (socket) => socket.write(Buffer.from([0x02, 1, 65])),
    async (client, sockets) => {
      await assert.rejects(client.get('k'), isGivenUp);
      await eventually(() => sockets[0].destroyed || sockets[0].readableEnded, 'the connection is kept');
    },
    { timeout: TIMEOUT_MS },
  );
});
