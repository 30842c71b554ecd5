// A flash tier on real volumes: full, small, without direct IO, limited, taken by somebody else, changed from outside.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import {
  isocachedPath,
  needIsocached,
  needMemcached,
  runProgram,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { Versions } from '../lib/versions.mjs';

const limit = { timeout: 120_000 };
const ENGINES = ['io_uring', 'threads'];
const EX_OSERR = 71;
const KEYS = 6000;
const COMMANDS = 5000;
const ROUNDS = 40;
const MB = 2 ** 20;

const here = path.dirname(fileURLToPath(import.meta.url));
const isRoot = process.getuid() === 0;
const needMount = isRoot && spawnSync('mount', ['--version']).status === 0 ? false : 'only root may mount';
const needPrlimit = spawnSync('prlimit', ['--version']).status === 0 ? false : 'no prlimit here';

describe('a flash tier on its volume', { skip: needIsocached, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(here, '.isocache-tier-volumes-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const onTier = (engine, use, file = path.join(folder, 'flash')) =>
    withServer(
      startIsocached,
      ['-m', '8', '-t', '2', '-v', '-o', `ext_path=${file}:32m,ext_engine=${engine},ext_item_size=0`],
      (server) =>
        withClient(server, async (client) => {
          const seed = seedFromEnvironment(Date.now());
          try {
            await use(new Versions(client, new Random(seed), 'k', KEYS), server, client, file);
          } catch (error) {
            error.message += ` (ISOCACHE_SEED=${seed})`;
            throw error;
          }
        }),
    );
  const startOn = (file, size) => runProgram(isocachedPath, ['-p', '0', '-m', '8', '-o', `ext_path=${file}:${size}`]);

  /** A volume of its own; false: this machine does not allow it. */
  async function withVolume(type, options, use) {
    const at = path.join(folder, 'volume');
    mkdirSync(at, { recursive: true });
    if (spawnSync('mount', ['-t', type, ...(options ? ['-o', options] : []), type, at]).status !== 0) return false;
    try {
      await use(at);
    } finally {
      spawnSync('umount', [at]);
    }
    return true;
  }

  /** Linux says EIO when pages that were written here could not be dropped because of the server's direct writes. */
  function flushTo(file) {
    try {
      fsyncSync(file);
    } catch (error) {
      assert.equal(error.code, 'EIO');
    }
  }

  // A disk may be slower than sets, and what finds no buffer is not written: the same again, until a counter says that
  // it was.
  async function repeatUntil(client, counter, least, use) {
    for (let round = 0; round < ROUNDS; ++round) {
      await use();
      if (Number((await statsOf(client))[counter]) > least) return;
    }
    assert.fail(`${counter} is not above ${least}`);
  }

  for (const engine of ENGINES) {
    test(`a limit on the size of files (${engine})`, { ...limit, skip: needPrlimit }, () =>
      onTier(engine, async (versions, server, client) => {
        await versions.fill();
        assert.equal(spawnSync('prlimit', ['--pid', String(server.pid), `--fsize=${4 * MB}`]).status, 0);
        await repeatUntil(client, 'isocache_tier_failed_writes', 0, () => versions.fill());
        await versions.play(COMMANDS);
        await eventually(() => /flash: a write failed: File too large/.test(server.stderr), server.stderr);
        assert.ok(server.alive);
      }),
    );

    test(`cut off, and removed (${engine})`, limit, () =>
      onTier(engine, async (versions, server, client, file) => {
        await repeatUntil(client, 'extstore_bytes_written', 8 * MB, () => versions.fill());
        truncateSync(file, 5 * MB);
        await versions.readAll();
        assert.ok(Number((await statsOf(client)).isocache_tier_failed_reads) > 0);
        await eventually(() => /flash: a read failed: the file is shorter/.test(server.stderr), server.stderr);
        await versions.fill();
        unlinkSync(file);
        const before = Number((await statsOf(client)).isocache_tier_answered);
        await repeatUntil(client, 'isocache_tier_answered', before, () => versions.play(COMMANDS));
      }),
    );

    test(`others write to the file: garbage, other records, older ones (${engine})`, limit, () =>
      onTier(engine, async (versions, _, client, name) => {
        const random = new Random(seedFromEnvironment(Date.now()));
        await versions.fill();
        const file = openSync(name, 'r+');
        const old = Buffer.alloc(32 * MB);
        readSync(file, old, 0, old.length, 0);
        const somewhere = () => random.below(32 * 16) * (MB / 16);
        for (let round = 0; round < 6; ++round) {
          await versions.play(COMMANDS);
          for (let n = 0; n < 100; ++n) {
            const [at, from] = [somewhere(), somewhere()];
            const page = old.subarray(from, from + MB / 16);
            if (round % 3 === 0) writeSync(file, Buffer.from([random.below(256)]), 0, 1, at + random.below(MB / 16));
            else writeSync(file, page, 0, page.length, round % 3 === 1 ? at : from);
          }
          flushTo(file);
        }
        closeSync(file);
        await versions.readAll();
        assert.ok(Number((await statsOf(client)).badcrc_from_extstore) > 0);
      }),
    );
  }

  test('a volume that is too small is an error at the start, and is not filled', { ...limit, skip: needMount }, () =>
    withVolume('tmpfs', 'size=40m', async (volume) => {
      const { code, stderr } = await startOn(`${volume}/flash`, '64m');
      assert.equal(code, EX_OSERR);
      assert.match(stderr, /ext_path \S+: the volume has no room for 0\.06 GB; it has 0\.04 GB/);
      await onTier('io_uring', (versions) => versions.play(COMMANDS), `${volume}/flash`);
    }),
  );

  test('a volume without direct IO that cannot reserve room', { ...limit, skip: needMount }, () =>
    withVolume('ramfs', '', async (volume) => {
      for (const engine of ENGINES) {
        await onTier(
          engine,
          async (versions, server, client) => {
            assert.match(server.stderr, /no direct IO; the system's page cache holds a copy/);
            assert.match(server.stderr, /the volume cannot reserve room/);
            await versions.fill();
            await versions.play(COMMANDS);
            assert.ok(Number((await statsOf(client)).isocache_tier_answered) > 0);
          },
          `${volume}/flash`,
        );
      }
    }),
  );

  // The device is a file with holes on a volume that has not enough room for it.
  test('a block device whose writes begin to fail', { ...limit, skip: needMount }, async (t) => {
    const done = await withVolume('tmpfs', 'size=12m', async (volume) => {
      const image = path.join(volume, 'image');
      closeSync(openSync(image, 'w'));
      truncateSync(image, 32 * MB);
      const found = spawnSync('losetup', ['-f', '--show', image], { encoding: 'utf8' });
      if (found.status !== 0) return t.skip('no loop device');
      const device = found.stdout.trim();
      try {
        const small = await startOn(device, '64m');
        assert.match(small.stderr, /the device has 0\.03 GB, less than 0\.06 GB/);
        for (const engine of ENGINES) {
          await onTier(
            engine,
            async (versions, server, client) => {
              // The kernel writes to the volume when it has time.
              await repeatUntil(client, 'isocache_tier_failed_writes', 0, () => versions.fill());
              await versions.play(COMMANDS);
              await eventually(() => /ext_path \/dev\/loop\d+: a write failed: /.test(server.stderr), server.stderr);
            },
            device,
          );
        }
      } finally {
        spawnSync('losetup', ['-d', device]);
      }
    });
    if (!done) t.skip('this machine does not mount');
  });

  test('a file that memcached has, and the other way round', { ...limit, skip: needMemcached }, async (t) => {
    const file = path.join(folder, 'shared');
    const words = ['-m', '64', '-o', `ext_page_size=2,ext_wbuf_size=2,ext_path=${file}:64m`];
    let memcached;
    try {
      memcached = await startMemcached(words);
    } catch {
      return t.skip('memcached without extstore');
    }
    try {
      const { code, stderr } = await startOn(file, '64m');
      assert.equal(code, EX_OSERR);
      assert.match(stderr, new RegExp(`ext_path ${file}: process ${memcached.pid} uses it`));
    } finally {
      await memcached.stop();
    }
    await onTier('threads', async () => assert.rejects(startMemcached(words)), file);
  });

  test('the systemd unit: a place for the file, memory for io_uring, and its calls', limit, () => {
    const unit = readFileSync(path.join(here, '../../native/packaging/isocached.service.in'), 'utf8');
    assert.match(unit, /^CacheDirectory=isocached$/m);
    const [, locked] = /^LimitMEMLOCK=(\d+)M$/m.exec(unit);
    assert.ok(Number(locked) >= 32 * 4, 'the arena of 32 threads');
    const [allowed, refused] = [...unit.matchAll(/^SystemCallFilter=(.*)$/gm)].map(([, list]) => list);
    assert.equal(allowed, '@system-service');
    const groups = spawnSync('systemd-analyze', ['syscall-filter'], { encoding: 'utf8' });
    if (groups.status !== 0) return;
    const listed = (group) => groups.stdout.split(/^(?=@)/m).find((text) => text.startsWith(`${group}\n`)) ?? '';
    assert.match(listed('@system-service'), /^\s+@aio$/m);
    assert.match(listed('@aio'), /io_uring_setup/);
    for (const group of refused.replace('~', '').split(' ')) {
      assert.doesNotMatch(listed(group), /io_uring|fallocate|preadv|pwritev/, group);
    }
  });

  test('examples/flash.sh', limit, async () => {
    const program = path.join(here, '../../examples/flash.sh');
    const env = { ...process.env, ISOCACHED: path.resolve(isocachedPath) };
    const { code, stdout, stderr } = await runProgram(program, ['64m', '8', folder], { env, limitMs: 100_000 });
    assert.deepEqual([code, stderr], [0, '']);
    const [, percent] = /(\d+) %$/m.exec(stdout);
    assert.ok(Number(percent) >= 50, stdout);
    assert.match(stdout, /items on flash with 8 MB of memory: \d+ items per MB/);
    assert.ok(!readdirSync(folder).some((name) => name.startsWith('isocached-flash')), 'it cleans up');
    if (spawnSync('shellcheck', ['--version']).status !== 0) return;
    const checked = await runProgram('shellcheck', [program]);
    assert.deepEqual([checked.code, checked.stdout], [0, '']);
  });
});
