// isocache/server and clients that mean harm: they do not read, say nothing, stop in the middle, flood, and reset. Each
// test bounds what that costs in memory or time, and asks whether others are still served.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import path from 'node:path';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { eventually } from '../../tests/lib/eventually.mjs';
import { Held } from '../dist/esm/server/held.js';
import { listenAt } from '../dist/esm/server/listen.js';
import { serveSocket } from '../dist/esm/server/socket.js';
import { sleep, withServer } from './lib/serve.mjs';
import {
  limit,
  HOOK,
  WAYS,
  withBoth,
  bufferBytes,
  heapBytes,
  openSocket,
  upgradeText,
  dial,
} from './lib/hostile-clients.mjs';

for (const [name, options] of WAYS) {
  describe(`slow readers (${name})`, () => {
    test('50 of them, over TCP and WebSocket: little more than an item each', limit, () =>
      withBoth(options, async (server) => {
        server.store.set('big', 'v'.repeat(1_000_000));
        const requests = Buffer.from('get big\r\n'.repeat(1000));
        const before = bufferBytes();
        const slow = await Promise.all(
          Array.from({ length: 50 }, async (_, i) => {
            if (i % 2 === 0) {
              const socket = await openSocket(server);
              socket.pause();
              socket.send(requests);
              return () => socket.terminate();
            }
            const socket = net.connect(server.port, '127.0.0.1');
            socket.on('error', () => {});
            socket.pause();
            socket.write(requests);
            return () => socket.destroy();
          }),
        );
        await sleep(1000);
        const grown = bufferBytes() - before;
        assert.ok(grown < 50 * 2_000_000, `${grown} bytes`);
        const start = Date.now();
        await withClient(server, async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
        assert.ok(Date.now() - start < 1000);
        for (const end of slow) end();
      }),
    );

    test('a flood of pings, whose pongs nobody reads', limit, () =>
      withBoth(options, async (server) => {
        const before = heapBytes();
        const { socket } = await dial(server.websocketPort, upgradeText({ 'Sec-WebSocket-Protocol': 'memcached' }));
        socket.pause();
        const ping = Buffer.concat([Buffer.of(0x89, 0x80 | 125, 0, 0, 0, 0), Buffer.alloc(125)]);
        const flood = Buffer.concat(Array.from({ length: 500 }, () => ping));
        let most = 0;
        for (const until = Date.now() + 3000; Date.now() < until; ) {
          if (!socket.writableNeedDrain) socket.write(flood);
          await sleep(0);
          most = Math.max(most, heapBytes() - before);
        }
        assert.ok(most < 60e6, `${most} bytes`);
        const honest = await openSocket(server);
        const pong = new Promise((resolve) => {
          honest.on('pong', resolve);
        });
        honest.ping('hello');
        assert.equal(String(await pong), 'hello');
        honest.close();
        socket.destroy();
      }),
    );
  });

  describe(`floods (${name})`, () => {
    // User code takes some microseconds a request.
    const count = options === HOOK ? 1 << 16 : (1 << 19) - 2;
    for (const [what, request, reply] of [
      ['small requests', 'mn\r\n', 'MN\r\n'],
      ['quiet ones', 'mg a q\r\n', ''],
    ]) {
      test(`${count} ${what} in one frame do not hold up others`, limit, () =>
        withBoth(options, async (server) => {
          const socket = await openSocket(server);
          const frame = Buffer.from(`${request.repeat(count)}mn\r\n`);
          let left = count * reply.length + 'MN\r\n'.length;
          const done = new Promise((resolve) => {
            socket.on('message', (data) => {
              left -= data.length;
              if (left === 0) resolve();
            });
          });
          // Of processor time, which does not depend on what else the machine does.
          let longest = 0;
          let last = process.cpuUsage();
          const watch = setInterval(() => {
            const { user, system } = process.cpuUsage(last);
            longest = Math.max(longest, (user + system) / 1000);
            last = process.cpuUsage();
          }, 1);
          await sleep(20);
          longest = 0;
          socket.send(frame);
          await done;
          clearInterval(watch);
          assert.ok(longest < (options === HOOK ? 250 : 75), `${longest} ms without a turn for others`);
          socket.close();
        }),
      );
    }
  });
}

test('a message in a million pieces: hung up on before they take memory', limit, () =>
  withBoth({}, async (server) => {
    const before = heapBytes();
    const { socket, ended } = await dial(server.websocketPort, upgradeText({ 'Sec-WebSocket-Protocol': 'memcached' }));
    const piece = (opcode) => Buffer.of(opcode, 0x81, 0, 0, 0, 0, 109);
    const block = Buffer.concat(Array.from({ length: 10_000 }, () => piece(0)));
    socket.write(piece(2));
    let most = 0;
    for (let i = 0; i < 100 && !socket.destroyed; ++i) {
      await new Promise((resolve) => {
        socket.write(block, resolve);
      });
      most = Math.max(most, heapBytes() - before);
    }
    await ended;
    assert.ok(most < 50e6, `${most} bytes`);
  }),
);

test('a message in pieces as networks make them, and a connection of many messages, go on', limit, () =>
  withBoth({}, async (server) => {
    const socket = await openSocket(server);
    let received = 0;
    socket.on('message', (data) => {
      received += data.length;
    });
    socket.send(Buffer.from('set a 0 0 3000000\r\n'), { fin: false });
    for (let i = 0; i < 3000; ++i) socket.send(Buffer.alloc(1000, 'x'), { fin: false });
    socket.send(Buffer.from('\r\n'), { fin: true });
    for (let i = 0; i < 20_000; ++i) socket.send(Buffer.from('mn\r\n'));
    socket.ping();
    socket.send(Buffer.alloc(100_000, 'mn\r\n'));
    for (let i = 0; i < 1000 && received < 180_000; ++i) await sleep(10);
    assert.equal(received, 'SERVER_ERROR object too large for cache\r\n'.length + 20_000 * 4 + 100_000);
    socket.close();
  }),
);

test('a pipeline of values of 60 MB: others are served between two of them', limit, async () => {
  const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'esm', 'entry', 'cli.js');
  const server = spawn(process.execPath, [cli, '-p', '0', '-m', '400', '-I', '64m'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = await new Promise((resolve) => {
      server.stdout.once('data', (text) => resolve(String(text)));
    });
    const address = { host: '127.0.0.1', port: Number(/:(\d+)/.exec(line)[1]) };
    const value = 'v'.repeat(60_000_000);
    await withClient({ address }, async (client) =>
      assert.equal(await client.ask(`set big 0 0 ${value.length}\r\n${value}\r\n`), 'STORED\r\n'),
    );
    const greedy = net.connect(address);
    greedy.resume(); // it does read: the server is never blocked for long
    const stuck = net.connect(address);
    stuck.pause();
    for (const socket of [greedy, stuck]) socket.write('get big\r\n'.repeat(40));
    await sleep(50);
    let longest = 0;
    await withClient({ address }, async (client) => {
      for (let i = 0; i < 20; ++i) {
        const start = Date.now();
        assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
        longest = Math.max(longest, Date.now() - start);
        await sleep(20);
      }
    });
    assert.ok(longest < 1500, `${longest} ms`);
    greedy.destroy();
    stuck.destroy();
  } finally {
    server.kill();
  }
});

test('more connections than the process has file descriptors: it goes on', limit, async () => {
  const cli = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'esm', 'entry', 'cli.js');
  const server = spawn('/bin/sh', ['-c', 'ulimit -n 60; exec "$0" "$@"', process.execPath, cli, '-p', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const line = await new Promise((resolve) => {
      server.stdout.once('data', (text) => resolve(String(text)));
    });
    const address = { host: '127.0.0.1', port: Number(/:(\d+)/.exec(line)[1]) };
    const sockets = Array.from({ length: 100 }, () => net.connect(address).on('error', () => {}));
    await sleep(300);
    for (const socket of sockets) socket.destroy();
    await sleep(100);
    await withClient({ address }, async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
    assert.equal(server.exitCode, null);
  } finally {
    server.kill();
  }
});

test('a connection that the system cannot accept ends nothing', async () => {
  const server = net.createServer();
  await listenAt(server, { port: 0, host: '127.0.0.1' });
  server.emit('error', Object.assign(new Error('accept ENFILE'), { code: 'ENFILE' }));
  assert.equal(server.listening, true);
  server.close();
});

for (const concurrency of [1, 4]) {
  test(
    `nothing gets past a hook, ${concurrency} at once: whatever a line looks like and however it is cut`,
    limit,
    async () => {
      const asked = [];
      const onRequest = async ({ command }) => {
        asked.push(command);
        await sleep(1);
        return 'SERVER_ERROR denied\r\n';
      };
      const hidden = 'set own 0 0 1\r\nx\r\nmg secret v\r\nflush_all\r\n';
      const lines = [];
      for (const verb of ['get', 'gets', 'gat 0', 'mg', 'set']) {
        for (const fill of [' ', 'k', '\0', '\r', '\t', 'k ']) {
          for (const length of [2046, 2048, 16_384, 1 << 20, (1 << 20) + 1, 2 << 20])
            lines.push(`${verb} ${fill.repeat(length / fill.length)}`);
        }
      }
      for (const start of [' ', '\t', '\0', '\r', '\xef\xbb\xbf']) lines.push(`${start}set k 0 0 44`, `${start}get k`);
      for (const size of [
        '+44',
        '044',
        '0x2c',
        '44\t',
        '44\0',
        '44\r',
        '4294967340',
        '99999999999999999999',
        '3000000',
      ]) {
        lines.push(`set k 0 0 ${size}`, `ms k ${size}`, `ms k ${size} Z`, `set ${'k'.repeat(251)} 0 0 ${size}`);
      }
      await withServer({ onRequest, concurrency }, async (server) => {
        server.store.set('secret', 'SECRET');
        const ask = async (line) => {
          const seen = await dial(server.port, Buffer.from(line, 'latin1'));
          if (line.length > 1 << 20) await sleep(50);
          seen.socket.end(Buffer.from(`\r\n${hidden}`, 'latin1'));
          await seen.ended;
          assert.doesNotMatch(seen.text, /STORED|SECRET|OK/, JSON.stringify(line.slice(0, 30)));
          return seen.text;
        };
        for (let i = 0; i < lines.length; i += 20) await Promise.all(lines.slice(i, i + 20).map(ask));
        assert.equal(server.store.get('secret'), 'SECRET');
        assert.equal(server.store.has('own'), false);
        assert.ok(asked.includes('flush_all'));
        assert.equal(await ask(`get n${' '.repeat(2 << 20)}`), '');
      });
    },
  );
}

test('messages whose rest does not come: all connections together hold 64 MB of them, soon 32 MB', limit, () =>
  withBoth({}, async (server) => {
    const before = bufferBytes();
    const header = Buffer.of(0x02, 0xff, 0, 0, 0, 0, 0, 0x3f, 0xff, 0, 0, 0, 0, 0);
    const allButOne = Buffer.alloc(0x3fff00 - 1);
    const grown = () => bufferBytes() - before - allButOne.length;
    const held = [];
    for (let i = 0; i < 40; ++i) {
      const seen = await dial(server.websocketPort, upgradeText({ 'Sec-WebSocket-Protocol': 'memcached' }));
      seen.socket.write(header);
      seen.socket.write(allButOne);
      held.push(seen.socket);
      const bytes = grown();
      assert.ok(bytes < 80e6, `${bytes} bytes`);
    }
    await eventually(() => held.every((socket) => socket.writableLength === 0), 'they are not read from', 30_000);
    const heldStill = () => held.filter((socket) => !socket.destroyed && !socket.readableEnded).length;
    // Nobody sends any more.
    await eventually(() => heldStill() <= 8, 'they hold more than 32 MB', 30_000);
    assert.ok(heldStill() >= 7, `only ${heldStill()} are left`);
    await eventually(() => grown() < 40e6, 'what they held is not free', 30_000);
    for (const socket of held) socket.destroy();
    const socket = await openSocket(server);
    for (let i = 0; i < 50; ++i)
      socket.send(Buffer.concat([Buffer.from('set a 0 0 3000000\r\n'), Buffer.alloc(3_000_000), Buffer.from('\r\n')]));
    let received = 0;
    socket.on('message', (data) => {
      received += data.length;
    });
    for (let i = 0; i < 1000 && received < 50 * 41; ++i) await sleep(10);
    assert.equal(received, 50 * 41, 'whole messages do not count');
    socket.close();
  }),
);

test('half requests that announce much: no memory for what has not come', limit, () =>
  withServer(HOOK, async (server) => {
    const before = bufferBytes();
    const halves = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const client = await RawClient.connect(server.address);
        await client.send('set a 0 0 1000000\r\n');
        return client;
      }),
    );
    await sleep(100);
    for (const client of halves) await client.send('x');
    await sleep(500);
    const grown = bufferBytes() - before;
    assert.ok(grown < 100e6, `${grown} bytes`);
    for (const client of halves) client.reset();
    await withClient(server, async (client) => assert.equal(await client.ask('get a\r\n'), 'END\r\n'));
  }),
);

test('all slow readers together: beyond 256 MiB, who has not moved for longest is hung up on', () => {
  const ended = [];
  const peers = Array.from({ length: 6 }, (_, i) => ({ destroy: () => ended.push(i) }));
  const unsent = new Held(256 << 20);
  for (const peer of peers.slice(0, 4)) unsent.add(peer, 100 << 20);
  assert.deepEqual(ended, [], 'they have a second');
  unsent.remove(peers[0]);
  unsent.add(peers[0], 100 << 20);
  unsent.add(peers[4], 200 << 20);
  assert.deepEqual(ended, [1], 'twice the limit: one goes at once');
  const soon = performance.now() + 1100;
  const { now } = performance;
  performance.now = () => soon;
  try {
    unsent.add(peers[5], 1);
  } finally {
    performance.now = now;
  }
  assert.deepEqual(ended, [1, 2, 3, 0]);
});

test('beyond the limit and nobody moves any more: who has waited for longest is hung up on, the last one is not', async () => {
  const ended = [];
  const peers = Array.from({ length: 3 }, (_, i) => ({ destroy: () => ended.push(i) }));
  const unfinished = new Held(100);
  for (const peer of peers) unfinished.add(peer, 60);
  assert.deepEqual(ended, [], 'they have a second');
  unfinished.add(peers[0], 1); // the first to come, the last to move
  await eventually(() => ended.length > 0, 'all of them are held for ever');
  assert.deepEqual(ended, [1, 2]);
  const alone = new Held(100);
  alone.add({ destroy: () => ended.push('alone') }, 150);
  await sleep(2100);
  assert.deepEqual(ended, [1, 2], 'one alone is never too much');
});

test('who is hung up on and does not read is let go', () => {
  const socket = new Duplex({ read() {}, write() {} }); // takes nothing, ever
  const limits = [];
  socket.setTimeout = (ms, callback) => limits.push([ms, callback]);
  const peer = serveSocket(socket, () => ({ data() {}, drained() {}, ended() {}, closed() {} }));
  peer.write(Buffer.from('MN\r\n'));
  peer.end();
  assert.equal(limits.length, 1);
  assert.equal(limits[0][0], 30_000);
  limits[0][1]();
  assert.equal(socket.destroyed, true);
});
