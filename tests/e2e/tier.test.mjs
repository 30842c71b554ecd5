// A flash tier (-o ext_path): items that memory has no room for are on a file, every command works on them, and
// whatever happens to the file, nobody gets a wrong value.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { bytesOf, dropped, Filler } from '../lib/filler.mjs';
import { exitOf, isocachedPath, needIsocached, runProgram, startIsocached, withServer } from '../lib/server.mjs';
import { set, value } from '../lib/talk.mjs';
import { FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 120_000 };
const BATCH = 100;
const LATE_LIMIT_MS = 5000; // when the server answers a miss without its read
const ENGINES = ['io_uring', 'threads'];

const folder = mkdtempSync(path.join(tmpdir(), 'isocache-tier-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
/** A server with `memory` MB and a tier of `size`. */
const onTier = (size, args, use) => {
  const file = path.join(folder, `flash${++files}`);
  return withServer(
    startIsocached,
    ['-m', '64', '-t', '2', '-v', '-o', `ext_path=${file}:${size}`, ...args],
    (server) => use(server, file),
  );
};
const talkTo = (size, args, use) =>
  onTier(size, args, (server, file) => withClient(server, (client) => use(client, new Filler(client), server, file)));

/** Asks for the keys in pipelines; each has its own value, or is a miss. Returns the number of misses. */
async function readAll(client, prefix, count, length, batch = BATCH) {
  let misses = 0;
  for (let from = 0; from < count; from += batch) {
    const keys = Array.from({ length: Math.min(batch, count - from) }, (_, n) => `${prefix}${from + n}`);
    await client.send(`${keys.map((key) => `get ${key}\r\n`).join('')}`);
    for (const key of keys) {
      const line = await client.readLine();
      if (line === 'END\r\n') {
        ++misses;
        continue;
      }
      const rest = value(key, bytesOf(key, length));
      const read = line + (await client.read(rest.length - line.length));
      assert.ok(read === rest, `${key}: ${read.slice(0, 60)}`);
    }
  }
  return misses;
}

/**
 * The disk may have much to write yet. Then a read takes long, and what takes too long is a miss. Any of the first
 * hundred keys will do, because some were dropped if the disk was behind.
 */
const untilReadsAreQuick = (client, prefix) =>
  eventually(
    async () => {
      const began = Date.now();
      return (
        (await client.ask(`mg ${prefix}${Math.floor(Math.random() * 100)} s\r\n`)).startsWith('HD') &&
        Date.now() - began < 500
      );
    },
    'the disk is busy for long',
    30_000,
  );

describe('isocached with a flash tier', { skip: needIsocached, concurrency: 1 }, () => {
  test('holds ten times as many items as its memory', limit, () =>
    talkTo('1g', [], async (client, filler, server) => {
      const count = 150_000;
      await filler.fill('k', count, 4000);
      const stats = await statsOf(client);
      const inMemory = stats.curr_items - stats.extstore_objects_used;
      assert.ok(inMemory < count / 8, `${inMemory} of ${count} are in memory`);
      const misses = await readAll(client, 'k', count, 4000);
      assert.ok(misses < count / 10, `${misses} of ${count} are lost`);
      assert.ok(server.residentBytes() < 110 * 2 ** 20, `${server.residentBytes() >> 20} MB`);
    }),
  );

  // Three quarters of memory are so many pages of 64 KiB, and 8028 items fill one.
  test('the log says which items fill the file, and warns if only large ones do', limit, async () => {
    const logOf = (size, memory) => onTier(size, ['-m', memory], (server) => server.stderr);
    const room = /flash tier: the index has room for (\d+) items.* of (\d+) bytes and more(.*)/;
    const [, items, bytes, rest] = room.exec(await logOf('1g', '64'));
    assert.equal(Number(items), 768 * 8028);
    assert.equal(Number(bytes), Math.ceil(2 ** 30 / items) - 32);
    assert.equal(rest, '');
    assert.match(await logOf('64m', '64'), /the index has room for \d+ items, more than the file holds$/m);
    assert.match(await logOf('512m', '1'), /items of 5\d\d\d bytes and more\. -m is too small/);
  });

  for (const engine of ENGINES) {
    const engineOf = ['-o', `ext_engine=${engine},drop_privileges`];

    test(`every command works on items that left memory (${engine})`, limit, () =>
      talkTo('128m', [...engineOf, '-m', '8', '-o', 'ext_item_size=0'], async (client, filler, server) => {
        assert.match(server.stderr, new RegExp(`flash tier \\S+ 128 MB, ${engine}, .*, regions of \\d+ MB`));
        await filler.untilNothingIsDropped(async () => {
          await client.ask(
            'set n 7 0 2\r\n41\r\nset a 8 0 1\r\nb\r\nset d 0 0 1\r\nx\r\nset t 0 0 1\r\ny\r\nset c 0 0 1\r\nz\r\nset r 0 0 1\r\no\r\n',
          );
          assert.equal(await client.ask('ms m 3 F9 T900\r\nabc\r\n'), 'HD\r\n');
          await filler.fill('p', 64, 2000);
          // Each size is evicted by what has about the same.
          await filler.fill('small', 5000, 2000);
          await filler.fill('tiny', 200_000, 20);
        });
        await untilReadsAreQuick(client, 'small');
        const { get_extstore: fetched } = await statsOf(client);

        // One pipeline: late replies and others, in the order of the requests.
        const pipeline = [
          ['incr n 1', '42'],
          ['append a 0 0 1\r\nc', 'STORED'],
          ['get a', 'VALUE a 8 2\r\nbc\r\nEND'],
          ['mn', 'MN'],
          ['delete d', 'DELETED'],
          ['get d', 'END'],
          ['touch t 0', 'TOUCHED'],
          ['add c 0 0 1\r\nq', 'NOT_STORED'],
          ['set r 0 0 1\r\nn', 'STORED'],
          ['get r', 'VALUE r 0 1\r\nn\r\nEND'],
          ['mg m f h t v', 'VA 3 f9 h0 t899\r\nabc'],
          ['get n', 'VALUE n 7 2\r\n42\r\nEND'],
        ];
        await client.send(pipeline.map(([request]) => `${request}\r\n`).join(''));
        const expected = pipeline.map(([, reply]) => `${reply}\r\n`).join('');
        const reply = await client.read(expected.length);
        const anyTime = (text) => text.replace(/ t(\d+)/, (_, ttl) => (ttl > 600 && ttl <= 900 ? ' t' : ` t${ttl}`));
        assert.equal(anyTime(reply), anyTime(expected));
        const many = Array.from({ length: 64 }, (_, n) => `p${n}`);
        const found = many.map((key) => value(key, bytesOf(key, 2000)).slice(0, -'END\r\n'.length)).join('');
        assert.equal(await client.ask(`get ${many.join(' ')}\r\n`), `${found}END\r\n`);
        assert.equal(await readAll(client, 'p', 64, 2000), 0);
        const { get_extstore: now } = await statsOf(client);
        assert.ok(now - fetched >= 6 + 64, `${now - fetched} were asked for`);
      }),
    );

    // More large values at one time than there is memory for reads, and than a connection holds replies: reads wait.
    test(`large values, many at once (${engine})`, limit, () =>
      talkTo('512m', engineOf, async (client, filler) => {
        const pushOut = () => filler.fill('filler', 1000, 100_000);
        await filler.fill('l', 2, 100_000);
        await filler.fill('q', 40, 900_000);
        await pushOut();
        assert.ok((await readAll(client, 'l', 2, 100_000)) <= (await dropped(client)));
        const lost = await readAll(client, 'q', 40, 900_000, 1);
        // When the disk is busy, a large item may find no buffer.
        assert.ok(lost <= (await dropped(client)) && lost < 20, `${lost} of 40 large values were not written`);
        await pushOut();
        await untilReadsAreQuick(client, 'filler');
        const misses = await readAll(client, 'q', 40, 900_000);
        const stats = await statsOf(client);
        assert.equal(stats.get_oom_extstore, '0');
        // A disk that reads less than 6 MB a second is too slow for them.
        const late = Number(stats.isocache_late_replies_given_up) + Number(stats.isocache_tier_not_waited);
        assert.ok(misses <= lost + late && late < 10, `${misses} misses, ${lost} lost, ${late} late`);
      }),
    );
  }

  // Reads of an item that nobody takes must not keep others from theirs.
  test('a client that does not read what it asked for keeps no memory of reads', limit, () =>
    talkTo('512m', [], async (client, filler, server) => {
      await filler.fill('q', 40, 900_000);
      await filler.fill('filler', 1000, 100_000);
      await untilReadsAreQuick(client, 'filler');
      await withClient(server, async (idle) => {
        await idle.send(Array.from({ length: 40 }, (_, n) => `get q${n}\r\n`).join(''));
        await idle.readLine();
        idle.socket.pause();
        await sleep(LATE_LIMIT_MS + 3000);
        const lost = await readAll(client, 'q', 40, 900_000, 1);
        assert.ok(lost <= (await dropped(client)) && lost < 20, `${lost} of 40`);
        const { get_oom_extstore: refused } = await statsOf(client);
        assert.equal(refused, '0');
        idle.socket.resume();
      });
    }),
  );

  test('over WebSocket', { ...limit, skip: needWs }, () =>
    talkTo('512m', ['-m', '16', '--http', '127.0.0.1:0'], async (tcp, filler, server) => {
      await filler.untilNothingIsDropped(async () => {
        await filler.fill('w', 256, 2000);
        await filler.fill('small', 10_000, 2000);
      });
      await untilReadsAreQuick(tcp, 'small');
      const { get_extstore: fetched } = await statsOf(tcp);
      const client = await FrameClient.connect(webSocketUrl(server));
      const keys = Array.from({ length: 256 }, (_, n) => `w${n}`);
      client.send(`${keys.map((key) => `get ${key}\r\n`).join('')}incr w0 1\r\nmn\r\n`);
      const values = keys.map((key) => value(key, bytesOf(key, 2000))).join('');
      const answer = await client.until('MN\r\n');
      assert.ok(answer.startsWith(values), answer.slice(0, 200));
      assert.match(
        answer.slice(values.length),
        /^CLIENT_ERROR cannot increment or decrement non-numeric value\r\nMN\r\n$/,
      );
      assert.ok((await statsOf(tcp)).get_extstore - fetched >= 256);
      // What the WebSocket's thread evicts, it writes as well.
      for (let n = 0; n < 200; ++n) {
        client.frames.length = 0;
        client.send(set(`x${n}`, bytesOf(`x${n}`, 200_000)));
        assert.equal(await client.until('STORED\r\n'), 'STORED\r\n');
        await sleep(5);
      }
      let hits = 0;
      for (let n = 0; n < 100; ++n) {
        client.frames.length = 0;
        client.send(`get x${n}\r\n`);
        const reply = await client.until('END\r\n');
        assert.ok(reply === 'END\r\n' || reply === value(`x${n}`, bytesOf(`x${n}`, 200_000)), `x${n}`);
        hits += reply !== 'END\r\n';
      }
      assert.ok(hits >= Math.min(50, 100 - (await dropped(tcp))) && hits > 0, `${hits}`);
      client.close();
    }),
  );

  test('ends in time while reads are under way', limit, () =>
    onTier('512m', ['--drain-timeout', '3'], async (server) => {
      await withClient(server, async (client) => {
        await new Filler(client).fill('k', 30_000, 4000);
        const keys = Array.from({ length: 2000 }, (_, n) => `k${n}`);
        await client.send(keys.map((key) => `get ${key}\r\n`).join(''));
        await client.readLine();
        const began = Date.now();
        server.child.kill('SIGTERM');
        await client.readToEnd();
        assert.deepEqual(await exitOf(server.child, 5000), { code: 0, signal: null });
        assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
        assert.doesNotMatch(server.stderr, /has not ended/);
      });
    }),
  );

  test('misses, and no wrong value, when the file is cut off under it', limit, () =>
    talkTo('512m', [], async (client, filler, server, file) => {
      await filler.fill('k', 30_000, 4000);
      truncateSync(file, 20 * 2 ** 20);
      const misses = await readAll(client, 'k', 30_000, 4000);
      assert.ok(misses > 1000, `${misses}`);
      await filler.fill('n', 30_000, 4000); // the file grows again
      assert.ok((await readAll(client, 'n', 30_000, 4000)) < 15_000);
      assert.ok(server.alive);
    }),
  );

  test('a file belongs to one server', limit, () =>
    onTier('64m', [], async (server, file) => {
      const second = await runProgram(isocachedPath, ['-p', '0', '-m', '64', '-o', `ext_path=${file}:64m`]);
      assert.equal(second.code, 71);
      assert.match(second.stderr, new RegExp(`ext_path ${file}: .*process`));
      assert.ok(server.alive);
    }),
  );

  test('what cannot be a tier ends the start, and says why', limit, async () => {
    const start = (value) => runProgram(isocachedPath, ['-p', '0', '-m', '64', '-t', '1', '-o', value]);
    for (const [option, code, reason] of [
      [`ext_path=${folder}/a`, 64, /a file and its size/],
      [`ext_path=${folder}/a:5`, 64, /ends with m, g, t or p/],
      [`ext_path=${folder}/a:xm`, 64, /a number of m, g, t or p/],
      [`ext_path=${folder}/a:0m`, 64, /zero size/],
      [
        `ext_path=${folder}/a:100m,ext_path=${folder}/b:1m`,
        64,
        /zero size, cannot use: \S+\/b has no room for a page of \d+ MB/,
      ],
      [`ext_path=${folder}/a:4m`, 64, /too small for 1 shard .* 8 MB at least/],
      [`ext_path=${folder}/a:64m,ext_page_size=32`, 64, /pages of 32 MB; it needs 128 MB/],
      [`ext_path=${folder}:64m`, 71, /directory/],
      [`ext_path=${folder}/none/a:64m`, 71, /No such file/],
      [`ext_path=${folder}/a:900000t`, 64, /too much for 1 shard/],
      [`ext_path=${folder}/a:64m,ext_engine=fast`, 64, /io_uring or threads/],
    ]) {
      const { code: found, stderr } = await start(option);
      assert.match(stderr, reason, option);
      assert.equal(found, code, option);
    }
  });
});
