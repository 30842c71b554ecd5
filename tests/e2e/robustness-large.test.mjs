// Misbehaving clients with large values. Replies are whole and in order, memory is bounded, and values are refused if
// there is no room.
// Runs alone: it measures memory and how others are served.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached } from '../lib/server.mjs';
import { connections, set, talk, value } from '../lib/talk.mjs';

const limit = { timeout: 60_000 };
const MB = 2 ** 20;
const seed = seedFromEnvironment(1);

const refusal = 'SERVER_ERROR out of memory storing object\r\n';

describe('isocached and large values', { skip: needIsocached, concurrency: 1 }, () => {
  test('large values, whole and in order', limit, () =>
    talk(['-m', '256', '-I', '64m'], async (client, server) => {
      const random = new Random(seed);
      const values = [
        1000, 4095, 4096, 4097, 16_383, 16_384, 16_385, 65_535, 65_536, 65_537, 500_000, 3_000_000, 20_000_000,
      ].map((length) =>
        random
          .bytes(97)
          .repeat(Math.ceil(length / 97))
          .slice(0, length),
      );
      for (const [index, bytes] of values.entries()) {
        assert.equal(await client.ask(set(`k${index}`, bytes), 20_000), 'STORED\r\n');
      }
      const keys = values.map((_, index) => `k${index}`);
      const expected = `${values.map((bytes, index) => `VALUE k${index} 0 ${bytes.length}\r\n${bytes}\r\n`).join('')}END\r\n`;
      const reply = await client.ask(`get ${keys.join(' ')}\r\n`, 20_000);
      assert.ok(reply === expected, 'a value is not what was stored');
      // Overwritten while another client reads it.
      await withClient(server, async (reader) => {
        reader.socket.pause();
        await reader.send('get k12\r\n');
        await sleep(50);
        assert.equal(await client.ask(set('k12', 'z'.repeat(20_000_000)), 20_000), 'STORED\r\n');
        reader.socket.resume();
        const old = await reader.read(value('k12', values[12]).length, 20_000);
        assert.ok(old === value('k12', values[12]), 'the slow reader got other bytes than it asked for');
      });
    }),
  );

  const huge = { timeout: 120_000, skip: process.env.ISOCACHE_HUGE ? false : 'ISOCACHE_HUGE is not set' };
  test('an item of nearly the largest size, 1 GiB', huge, () =>
    talk(['-m', '2500', '-I', '1g'], async (client) => {
      const length = 2 ** 30 - 1000;
      const block = Buffer.alloc(MB, 'v');
      await client.send(`set huge 0 0 ${length}\r\n`);
      for (let left = length; left > 0; left -= block.length)
        await client.send(block.subarray(0, Math.min(left, block.length)));
      await client.send('\r\n');
      assert.equal(await client.readLine(100_000), 'STORED\r\n');
      assert.equal(await client.ask('mg huge s\r\n'), `HD s${length}\r\n`);
    }),
  );

  test('a value beyond the limit is swallowed to its end', limit, () =>
    talk([], async (client, server) => {
      assert.equal(await client.ask(set('a', 'old')), 'STORED\r\n');
      const block = Buffer.alloc(MB, 'v');
      await client.send(`set a 0 0 ${50 * MB}\r\n`);
      assert.equal(await client.readLine(), 'SERVER_ERROR object too large for cache\r\n');
      for (let i = 0; i < 50; ++i) await client.send(block);
      assert.equal(await client.ask('\r\nget a\r\nmn\r\n'), 'END\r\nMN\r\n');
      assert.ok(server.residentBytes() < 40 * MB, 'it was kept somewhere');
    }),
  );

  test('a reader that never reads costs a bounded amount, and nobody else', limit, () =>
    talk([], async (client, server) => {
      assert.equal(await client.ask(set('big', 'b'.repeat(500_000))), 'STORED\r\n');
      assert.equal(await client.ask(set('small', 's'.repeat(200))), 'STORED\r\n');
      const idle = [];
      for (let i = 0; i < 10; ++i) {
        const reader = await RawClient.connect(server.address);
        reader.socket.pause();
        reader.send('get big\r\n'.repeat(2000) + 'get small\r\n'.repeat(20_000)); // 1 GB of replies, each
        idle.push(reader);
      }
      await sleep(300);
      for (let i = 0; i < 200; ++i)
        assert.equal(await client.ask('get small\r\n', 2000), value('small', 's'.repeat(200)));
      assert.equal(await client.ask(set('big', 'c'.repeat(500_000))), 'STORED\r\n');
      const resident = server.residentBytes();
      assert.ok(resident < 250 * MB, `${(resident / MB).toFixed()} MB resident`);
      // Those that begin to read get what they asked for, in full.
      const reader = idle[0];
      reader.socket.resume();
      const first = await reader.read(value('big', 'b'.repeat(500_000)).length, 20_000);
      assert.ok(first === value('big', 'b'.repeat(500_000)));
      for (const one of idle) one.close();
    }),
  );

  test('a slow reader gets everything', limit, () =>
    talk([], async (client, server) => {
      const bytes = new Random(seed).bytes(300_000);
      assert.equal(await client.ask(set('big', bytes)), 'STORED\r\n');
      await withClient(
        server,
        async (reader) => {
          const count = 60;
          reader.send('get big\r\n'.repeat(count));
          const expected = value('big', bytes);
          for (let i = 0; i < count; ++i) {
            if (i % 4 === 0) {
              reader.socket.pause();
              await sleep(5);
              reader.socket.resume();
            }
            const reply = await reader.read(expected.length);
            assert.ok(reply === expected, `reply ${i} differs`);
          }
        },
        { highWaterMark: 1024 },
      );
    }),
  );

  test('out of memory with -M: refused, the old value gone, the rest kept', limit, () =>
    talk(['-M', '-m', '8'], async (client) => {
      const stored = [];
      for (let i = 0; ; ++i) {
        const reply = await client.ask(set(`k${i}`, String(i).repeat(3000)));
        if (reply !== 'STORED\r\n') {
          assert.equal(reply, refusal);
          break;
        }
        stored.push(i);
        assert.ok(i < 10_000, 'never full');
      }
      assert.ok(stored.length > 300, `only ${stored.length} items`);
      for (const i of stored) assert.equal(await client.ask(`get k${i}\r\n`), value(`k${i}`, String(i).repeat(3000)));
      // Large ones, that are refused before their data has come, swallow it.
      for (let i = 0; i < 20; ++i) {
        assert.equal(await client.ask(set('large', 'x'.repeat(700_000))), refusal);
        assert.equal(await client.ask(`ms large 700000 O${i}\r\n${'x'.repeat(700_000)}\r\n`), refusal);
      }
      assert.equal(await client.ask('get large\r\n'), 'END\r\n');
      assert.equal(await client.ask(set('k0', 'y'.repeat(700_000))), refusal);
      assert.equal(await client.ask('get k0\r\n'), 'END\r\n');
      const stats = await statsOf(client);
      assert.equal(stats.evictions, '0');
      assert.ok(Number(stats.store_no_memory) >= 42);
      // What is deleted makes room again, now or after a background step.
      for (const i of stored) await client.ask(`delete k${i}\r\n`);
      const again = set('again', 'z'.repeat(500_000));
      await eventually(async () => (await client.ask(again)) === 'STORED\r\n', 'deleted memory does not come back');
    }),
  );

  test('idle uploaders do not keep others from storing', limit, () =>
    talk(['-m', '64', '-t', '2'], async (client, server) => {
      const uploaders = [];
      const begin = async (count) => {
        for (; uploaders.length < count; ) {
          const uploader = await RawClient.connect(server.address);
          await uploader.send(`set up${uploaders.length} 0 0 1000000\r\n${'u'.repeat(100_000)}`); // and no more
          uploaders.push(uploader);
        }
      };
      // Large values wait in line behind them (bounds-waiting.test.mjs). Small ones do not.
      await begin(400);
      for (let i = 0; i < 300; ++i) assert.equal(await client.ask(set(`small${i}`, 's'.repeat(1000))), 'STORED\r\n');
      for (let i = 0; i < 300; ++i)
        assert.equal(await client.ask(`get small${i}\r\n`), value(`small${i}`, 's'.repeat(1000)));
      assert.ok(server.residentBytes() < (64 + 40) * MB, `${(server.residentBytes() / MB).toFixed()} MB resident`);
      for (const uploader of uploaders) uploader.close();
      await eventually(async () => (await connections(client)) === 1, 'connections that are gone are counted');
      for (let i = 0; i < 30; ++i) assert.equal(await client.ask(set(`big${i}`, 'b'.repeat(300_000))), 'STORED\r\n');
    }),
  );
});
