// Misbehaving clients: the server stays in step and in bounds, and serves the others. With large values:
// robustness-large.test.mjs.
// Runs alone: it measures how others are served.

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached } from '../lib/server.mjs';
import { connections, onServer, set, talk, value } from '../lib/talk.mjs';

const limit = { timeout: 60_000 };
const MB = 2 ** 20;
const seed = seedFromEnvironment(1);

describe('isocached', { skip: needIsocached, concurrency: 1 }, () => {
  test('a client that disconnects in the middle of a value stores nothing', limit, () =>
    talk([], async (client, server) => {
      for (const length of [10, 5000, 100_000, 900_000]) {
        for (const sent of [0, 1, Math.floor(length / 2), length, length + 1]) {
          const key = `k${length}-${sent}`;
          assert.equal(await client.ask(set(key, 'old')), 'STORED\r\n');
          const before = await connections(client);
          const other = await RawClient.connect(server.address);
          await other.send(
            `set ${key} 0 0 ${length}\r\n${'x'.repeat(Math.min(sent, length))}${sent > length ? '\r' : ''}`,
          );
          await eventually(async () => (await connections(client)) === before + 1, 'it is not seen');
          if (sent % 2) other.reset();
          else other.close();
          await eventually(async () => (await connections(client)) === before, 'the connection stays');
          assert.equal(await client.ask(`get ${key}\r\n`), value(key, 'old'));
        }
      }
      // Nothing of the unfinished ones is held on to: what they reserved can be used.
      for (let i = 0; i < 40; ++i) assert.equal(await client.ask(set(`after${i}`, 'y'.repeat(900_000))), 'STORED\r\n');
    }),
  );

  test('bytes one by one', limit, () =>
    talk([], async (client) => {
      const sent = `${set('a', 'hello\r\nworld')}get a\r\nms b 3 T0\r\nabc\r\nmg b v s\r\nbogus\r\nincr a 1\r\n`;
      const expected =
        `STORED\r\n${value('a', 'hello\r\nworld')}HD\r\nVA 3 s3\r\nabc\r\nERROR\r\n` +
        'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n';
      for (const byte of sent) {
        await client.send(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
      assert.equal(await client.read(expected.length), expected);
    }),
  );

  test('a pipeline of 100,000 commands in one go', limit, () =>
    talk([], async (client) => {
      let sent = '';
      let expected = '';
      for (let i = 0; i < 20_000; ++i) {
        const key = `k${i % 1000}`;
        sent += `${set(key, String(i))}get ${key}\r\nincr ${key} 1\r\nmg ${key} v q\r\ndelete ${key} noreply\r\n`;
        const next = String(i + 1);
        expected += `STORED\r\n${value(key, String(i))}${next}\r\nVA ${next.length}\r\n${next}\r\n`;
      }
      client.send(sent);
      assert.ok((await client.read(expected.length, 30_000)) === expected, 'replies out of order, lost or doubled');
      assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
    }),
  );

  test('more connections than allowed are told so', limit, () =>
    onServer(['-c', '10', '-t', '2'], async (server) => {
      const clients = [];
      for (let i = 0; i < 10; ++i) {
        clients.push(await RawClient.connect(server.address));
        assert.equal(await clients[i].ask('mn\r\n'), 'MN\r\n');
      }
      for (let i = 0; i < 3; ++i) {
        const refused = await RawClient.connect(server.address);
        assert.equal(await refused.readToEnd(), 'ERROR Too many open connections\r\n');
        refused.close();
      }
      const stats = await statsOf(clients[0]);
      assert.equal(stats.rejected_connections, '3');
      assert.equal(stats.curr_connections, '10');
      assert.equal(stats.max_connections, '10');
      clients.pop().close();
      await eventually(async () => {
        const client = await RawClient.connect(server.address);
        const reply = await client.ask('mn\r\n').catch(() => '');
        client.close();
        return reply === 'MN\r\n';
      }, 'a connection that was closed does not count any more');
      for (const client of clients) client.close();
    }),
  );

  test('idle connections are closed after idle_timeout', limit, () =>
    talk(['-o', 'idle_timeout=1'], async (client, server) => {
      const idle = await RawClient.connect(server.address);
      assert.equal(await idle.ask('mn\r\n'), 'MN\r\n');
      const began = Date.now();
      const busy = setInterval(() => client.send('mn\r\n'), 200);
      try {
        assert.equal(await idle.readToEnd(8000), '');
      } finally {
        clearInterval(busy);
      }
      assert.ok(Date.now() - began > 800, 'too early');
      await client.readQuiet(300);
      assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
    }),
  );

  test('lines without end are closed, retrievals of any length are answered', limit, () =>
    onServer([], async (server) => {
      for (const begin of ['x', 'mg k', 'set a 0 0 0', ' ', '\0']) {
        const line = begin.padEnd(100_000, begin.at(-1));
        const client = await RawClient.connect(server.address);
        client.send(line);
        assert.equal(await client.readToEnd(5000), '', line.slice(0, 20));
        client.close();
      }
      await withClient(server, async (client) => {
        assert.equal(await client.ask(set('a', '1')), 'STORED\r\n');
        const keys = Array.from({ length: 20_000 }, (_, i) => (i % 2 ? 'a' : `missing-key-${i}`)).join(' ');
        const expected = `${'VALUE a 0 1\r\n1\r\n'.repeat(10_000)}END\r\n`;
        for (let i = 0; i < 3; ++i) assert.ok((await client.ask(`get ${keys}\r\n`)) === expected);
        // A get that never ends is no way to fill memory either.
        const endless = await RawClient.connect(server.address);
        for (let i = 0; i < 100 && !endless.ended; ++i)
          await Promise.race([endless.send(' key'.repeat(250_000)), sleep(1000)]);
        endless.close();
        assert.ok(server.residentBytes() < 120 * MB, `${(server.residentBytes() / MB).toFixed()} MB resident`);
        assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
      });
    }),
  );

  test('one connection with an endless pipeline does not starve the others', limit, () =>
    talk(['-t', '1'], async (client, server) => {
      assert.equal(await client.ask(set('a', 'x'.repeat(100))), 'STORED\r\n');
      const hog = await RawClient.connect(server.address);
      const block = Buffer.from('get a\r\n'.repeat(20_000));
      let going = true;
      hog.socket.removeAllListeners('data');
      hog.socket.on('data', () => {});
      const hogging = (async () => {
        while (going) await hog.send(block);
      })();
      try {
        await sleep(200);
        const times = [];
        for (let i = 0; i < 100; ++i) {
          const began = performance.now();
          await client.ask('mn\r\n');
          times.push(performance.now() - began);
        }
        times.sort((a, b) => a - b);
        assert.ok(times[50] < 100, `median ${times[50].toFixed(1)} ms`);
      } finally {
        going = false;
        hog.close();
        await hogging;
      }
    }),
  );

  test('half-closed connections are answered to the end', limit, () =>
    onServer([], async (server) => {
      const client = await RawClient.connect(server.address, { allowHalfOpen: true });
      const bytes = 'h'.repeat(300_000);
      client.send(`${set('a', bytes)}${'get a\r\n'.repeat(20)}`);
      client.end();
      const expected = `STORED\r\n${value('a', bytes).repeat(20)}`;
      assert.ok((await client.readToEnd()) === expected, 'not everything was answered');
      // In the middle of a command or a value there is nothing to answer.
      for (const unfinished of [
        'get a',
        'mg foo ~',
        'set b 0 0 10\r\nabc',
        `set b 0 0 100000\r\n${'x'.repeat(50_000)}`,
      ]) {
        const other = await RawClient.connect(server.address, { allowHalfOpen: true });
        other.send(unfinished);
        other.end();
        assert.equal(await other.readToEnd(), '');
      }
      const last = await RawClient.connect(server.address, { allowHalfOpen: true });
      last.send('mg foo ~\r\nmn\r\nmg foo ~\nmg foo ~');
      last.end();
      assert.equal(await last.readToEnd(), 'CLIENT_ERROR invalid flag\r\nMN\r\nCLIENT_ERROR invalid flag\r\n');
      await withClient(server, async (one) => assert.equal(await one.ask('get b\r\n'), 'END\r\n'));
    }),
  );

  test('connections that come and go leave nothing behind', limit, () =>
    talk([], async (client, server) => {
      const random = new Random(seed);
      const beginnings = [
        'get a\r\n',
        'set a 0 0 5\r\nab',
        'mg a v\r\nmg',
        'x',
        '',
        'quit\r\n',
        set('big', 'x'.repeat(100_000)),
      ];
      const round = async () => {
        const sockets = Array.from({ length: 50 }, () => net.connect(server.address));
        await Promise.all(
          sockets.map(
            (socket) =>
              new Promise((resolve) => {
                socket.once('connect', () => {
                  socket.write(random.pick(beginnings), () => {
                    if (random.oneIn(2)) socket.resetAndDestroy();
                    else socket.destroy();
                    resolve();
                  });
                });
                socket.on('error', resolve);
              }),
          ),
        );
      };
      await round();
      await sleep(100);
      const before = server.residentBytes();
      for (let i = 0; i < 40; ++i) await round();
      await eventually(async () => (await connections(client)) === 1, 'connections that are gone are counted');
      assert.ok(server.residentBytes() < before + 20 * MB, 'memory grows with every connection');
      assert.equal(await client.ask(`${set('a', '1')}get a\r\n`), `STORED\r\n${value('a', '1')}`);
    }),
  );
});
