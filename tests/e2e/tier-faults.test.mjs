// A flash tier whose disk fails, lies or hangs: a miss, a counter and a line of the log, and never another value.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { FaultyFile, needCompiler } from '../lib/faulty-file.mjs';
import { request } from '../lib/http.mjs';
import { scrape } from '../lib/metrics.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { exitOf, freePort, needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { Versions } from '../lib/versions.mjs';

const limit = { timeout: 120_000 };
const KEYS = 6000;
const COMMANDS = 10_000;
const LATE_LIMIT_MS = 5000; // when the server answers a miss without its read

const here = path.dirname(fileURLToPath(import.meta.url));
const linesOf = (server, pattern) => server.stderr.split('\n').filter((line) => pattern.test(line));
const SAID = /ext_path .* failed|ext_path: /;

describe('a flash tier on a bad disk', { skip: needIsocached || needCompiler, concurrency: 1 }, () => {
  // A file system in memory would be no disk; /tmp may be one.
  const folder = mkdtempSync(path.join(here, '.isocache-tier-faults-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let faults;
  before(() => {
    faults = new FaultyFile();
  });
  after(() => faults?.remove());

  const start = (args) => startIsocached(args, faults.env);
  let servers = 0;
  const onTier = (args, use) => {
    faults.reset();
    // Of its own, because a server that hangs holds its file.
    const own = path.join(folder, `${++servers}`);
    mkdirSync(own);
    const words = `ext_path=${own}/flash:32m,ext_engine=threads,ext_item_size=0`;
    return withServer(start, ['-m', '8', '-t', '2', '-o', words, '--http', '127.0.0.1:0', ...args], (server) =>
      withClient(server, async (client) => {
        const seed = seedFromEnvironment(Date.now());
        try {
          await use(new Versions(client, new Random(seed), 'k', KEYS), server, client);
        } catch (error) {
          error.message += ` (ISOCACHE_SEED=${seed})`;
          throw error;
        }
      }),
    );
  };

  for (const [fault, counter, line] of [
    [{ read: 'eio', every: 3 }, 'isocache_tier_failed_reads', /flash: a read failed: Input\/output error/],
    [{ read: 'nothing', every: 3 }, 'isocache_tier_failed_reads', /flash: a read failed: the file is shorter/],
    [{ read: 'flip', every: 3 }, 'badcrc_from_extstore', /not what was written/],
    [{ read: 'misdirected', every: 3 }, 'badcrc_from_extstore', /not what was written/],
    [{ write: 'eio', every: 9 }, 'isocache_tier_failed_writes', /flash: a write failed: Input\/output error/],
    [{ write: 'enospc', every: 9 }, 'isocache_tier_failed_writes', /flash: a write failed: No space left/],
    [{ write: 'nothing', every: 9 }, 'isocache_tier_failed_writes', /flash: a write failed: nothing was written/],
    [{ write: 'lost', every: 3 }, 'badcrc_from_extstore', /not what was written/],
    [{ write: 'torn', every: 3 }, 'badcrc_from_extstore', /not what was written/],
    [{ write: 'misdirected', every: 3 }, 'badcrc_from_extstore', /not what was written/],
    [{ write: 'flip', every: 1 }, 'badcrc_from_extstore', /not what was written/],
    [{ read: 'short', every: 2 }],
    [{ read: 'eintr', every: 2 }],
    [{ read: 'late', every: 2, limitMs: 20 }],
    [{ write: 'short', every: 2 }],
    [{ write: 'eintr', every: 2 }],
    [{ write: 'late', every: 2, limitMs: 50 }],
  ]) {
    const name = fault.read ? `reads: ${fault.read}` : `writes: ${fault.write}`;
    test(counter ? `${name}: misses, ${counter} and a line` : `${name}: nothing is lost by it`, limit, () =>
      onTier([], async (versions, server, client) => {
        const began = Date.now();
        await versions.fill();
        faults.set(fault);
        // How many reads and writes a stretch of commands makes depends on the chance that drew them.
        await eventually(
          async () => {
            await versions.play(COMMANDS);
            const { readFaults, writeFaults } = faults.counts();
            return readFaults + writeFaults > 0 && (!counter || Number((await statsOf(client))[counter]) > 0);
          },
          `no ${counter ?? 'fault'}`,
          limit.timeout / 2,
        );
        faults.set();
        await versions.play(COMMANDS);
        const counts = faults.counts();
        const stats = await statsOf(client);
        assert.ok(Number(stats.isocache_tier_answered) > 100, 'the tier answers');
        if (!counter) {
          for (const row of ['failed_reads', 'failed_writes', 'bad_pages', 'off']) {
            assert.equal(stats[`isocache_tier_${row}`], '0', row);
          }
          assert.equal(stats.badcrc_from_extstore, '0');
          assert.deepEqual(linesOf(server, SAID), []);
          return;
        }
        assert.ok(Number(stats[counter]) > 0, `${counter} ${JSON.stringify(counts)}`);
        await eventually(() => line.test(server.stderr), `no line: ${server.stderr}`);
        const most = 3 + (Date.now() - began) / 5000;
        assert.ok(linesOf(server, SAID).length <= most, server.stderr);
      }),
    );
  }

  test('after too many failed writes it is off, says so everywhere, and tries again', limit, () =>
    onTier([], async (versions, server, client) => {
      await versions.fill();
      faults.set({ write: 'eio' });
      await versions.fill();
      assert.equal((await statsOf(client)).isocache_tier_off, '1');
      assert.equal((await scrape(server)).samples.get('isocache_flash_shards_off'), 1);
      await eventually(() => /ext_path: too many writes have failed/.test(server.stderr), server.stderr);
      await versions.play(2000); // memory serves on
      assert.ok(versions.hits > 500, `${versions.hits}`);

      // It tries, and fails again.
      await eventually(() => linesOf(server, /tries again/).length === 1, 'no second try', 15_000);
      await versions.fill();
      await eventually(() => linesOf(server, /too many writes/).length === 2, 'no second line');
      faults.set();
      await eventually(() => linesOf(server, /tries again/).length === 2, 'no third try', 25_000);
      await versions.fill();
      const stats = await statsOf(client);
      assert.equal(stats.isocache_tier_off, '0');
      assert.equal(stats.isocache_tier_failed_regions, '0');
      const before = Number(stats.isocache_tier_answered);
      assert.ok((await versions.readAll()) > KEYS / 2);
      assert.ok(Number((await statsOf(client)).isocache_tier_answered) > before + 100);
    }),
  );

  test('reads that hang: memory serves on, and a miss comes without them', limit, () =>
    onTier([], async (versions, server, client) => {
      await versions.fill();
      faults.set({ read: 'hang' });
      const asked = Date.now();
      const names = Array.from({ length: 200 }, (_, n) => `k${n}`);
      await client.send(names.map((name) => `mg ${name} s k O1\r\nmg ${name} q s k O2\r\nmn\r\n`).join(''));
      await withClient(server, async (other) => {
        const hot = new Versions(other, new Random(1), 'hot', 10);
        await hot.fill();
        assert.equal(await hot.readAll(), 10);
        assert.ok(Date.now() - asked < LATE_LIMIT_MS / 2);
      });
      let misses = 0;
      for (const name of names) {
        const line = await client.readLine();
        misses += line === `EN k${name} O1\r\n`;
        assert.ok(line === `EN k${name} O1\r\n` || /^HD s\d+ k\S+ O1\r\n$/.test(line), line);
        const next = await client.readLine(); // of the quiet one, which says nothing if it misses
        if (next !== 'MN\r\n') assert.equal(await client.readLine(), 'MN\r\n', next);
      }
      assert.ok(misses > 0);
      const took = Date.now() - asked;
      // Two waves that wait at most, and not a wave for each 31 keys.
      assert.ok(took > LATE_LIMIT_MS - 2000 && took < 3 * LATE_LIMIT_MS, `${took} ms`);
      faults.set();
      await versions.play(COMMANDS);
    }),
  );

  for (const [what, fault] of [
    ['reads', { read: 'hang' }],
    ['writes', { write: 'hang' }],
    ['both', { read: 'hang', write: 'hang' }],
  ]) {
    for (const drain_s of [1, 3]) {
      test(`stops within ${drain_s} s while ${what} hang`, limit, () =>
        onTier(['--drain-timeout', `${drain_s}`], async (versions, server, client) => {
          await versions.fill();
          faults.set(fault);
          if (fault.write) await versions.fill(); // nobody waits for a write
          await client.send(Array.from({ length: KEYS }, (_, n) => `get k${n}\r\n`).join(''));
          await eventually(() => faults.counts().readFaults + faults.counts().writeFaults > 0, 'nothing hangs');
          const began = Date.now();
          server.child.kill('SIGTERM');
          assert.deepEqual(await exitOf(server.child, drain_s * 1000 + 4000), { code: 0, signal: null });
          const took = Date.now() - began;
          assert.ok(took < drain_s * 1000 + 2000, `${took} ms`);
          assert.match(server.stderr, /the system has not ended all reads and writes/);
        }),
      );
    }
  }

  test('nobody serves before the file is prepared', limit, async () => {
    faults.reset();
    const slow = { ...faults.env, FAULTY_PREPARE_MS: '2000' };
    const httpPort = await freePort();
    const args = ['-m', '8', '-o', `ext_path=${folder}/flash:32m`, '--http', `127.0.0.1:${httpPort}`];
    const began = Date.now();
    const starting = startIsocached(args, slow);
    const statuses = [];
    while (Date.now() - began < 1500) {
      const limitMs = AbortSignal.timeout(200);
      statuses.push(
        await request({ httpPort }, '/readyz', { signal: limitMs }).then(
          ({ status }) => status,
          () => 0,
        ),
      );
      await sleep(100);
    }
    assert.ok(statuses.length > 3 && statuses.every((status) => status === 0), `${statuses}`);
    const server = await starting;
    assert.ok(Date.now() - began >= 2000);
    assert.equal((await request(server, '/readyz')).status, 200);
    await server.stop();
  });
});
