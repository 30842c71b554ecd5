// Random command streams to isocached and to Debian's memcached: the same replies, but for the known
// differences (../differential/differences.mjs). Larger runs: tests/differential/run.mjs.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { makeBinaryStream } from '../differential/binary-stream.mjs';
import { compareStreams } from '../differential/compare.mjs';
import { makeStream } from '../differential/stream.mjs';
import { OPCODE } from '../lib/binary.mjs';
import { seedFromEnvironment } from '../lib/random.mjs';
import {
  needIsocached,
  needMemcached,
  QUIET_MEMCACHED,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';

const count = Number(process.env.ISOCACHE_STREAMS ?? 2000);
// Another part of the endless list of streams every day, the same one the whole day.
const seed = seedFromEnvironment(Math.floor(Date.now() / 86_400_000) * 100_000);

test(`${count} random streams`, { skip: needIsocached || needMemcached, timeout: 1_800_000 }, async (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  await withServer(startMemcached, QUIET_MEMCACHED, (theirs) =>
    withServer(startIsocached, ['-t', '2'], async (ours) => {
      const failures = await compareStreams(ours, theirs, { count, seed });
      assert.equal(failures.length, 0, `\n${failures.join('\n\n')}\n(ISOCACHE_SEED=${seed})`);
    }),
  );
});

test(`${count} random streams of the binary protocol`, {
  skip: needIsocached || needMemcached,
  timeout: 1_800_000,
}, async (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  await withServer(startMemcached, QUIET_MEMCACHED, (theirs) =>
    withServer(startIsocached, ['-t', '2'], async (ours) => {
      const failures = await compareStreams(ours, theirs, { count, seed, binary: true });
      assert.equal(failures.length, 0, `\n${failures.join('\n\n')}\n(ISOCACHE_SEED=${seed})`);
    }),
  );
});

// A build with assertions, whose keys nearly all collide.
const asserting =
  process.env.ISOCACHED_ASSERTING ?? fileURLToPath(new URL('../../build/gcc/bin/isocached', import.meta.url));
const weakCount = Math.min(count, 300);

test(`${weakCount} random streams where keys collide`, {
  skip: needMemcached || (existsSync(asserting) ? false : `no ${asserting}`),
  timeout: 600_000,
}, async (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const start = (args) => startIsocached(args, { ISOCACHE_WEAK_HASH: '1' }, asserting);
  await withServer(startMemcached, QUIET_MEMCACHED, (theirs) =>
    withServer(start, ['-t', '2'], async (ours) => {
      const failures = await compareStreams(ours, theirs, { count: weakCount, seed });
      assert.equal(failures.length, 0, `\n${failures.join('\n\n')}\n(ISOCACHE_SEED=${seed})`);
    }),
  );
});

test('a difference is found and made short', { skip: needMemcached, timeout: 60_000 }, async () => {
  // memcached without cas ids against one with them.
  await withServer(startMemcached, [], (theirs) =>
    withServer(startMemcached, ['-C'], async (other) => {
      const failures = await compareStreams(other, theirs, { count: 40, seed: 1 });
      assert.notEqual(failures.length, 0);
      assert.match(failures[0], /^stream with seed \d+, as short as it gets:\n( {4}.+\n){1,5} {2}part/);
    }),
  );
});

test('binary streams use every opcode, and repeat', () => {
  const streams = () => Array.from({ length: 400 }, (_, index) => makeBinaryStream(index));
  assert.deepEqual(streams(), streams());
  const used = new Set(streams().flatMap((stream) => stream.map(({ op, opcode }) => opcode ?? OPCODE[op])));
  for (const [name, opcode] of Object.entries(OPCODE)) assert.ok(used.has(opcode), name);
});

test('streams use every command and flag, and repeat', () => {
  const streams = Array.from({ length: 400 }, (_, index) => makeStream(index));
  // What isocached alone is to answer is a function, and left out.
  const written = (made) => JSON.stringify(made);
  assert.equal(written(streams), written(Array.from({ length: 400 }, (_, index) => makeStream(index))));
  const lines = streams.flat().map(({ line }) => line);
  const verbs = new Set(lines.map((line) => line.split(' ')[0]));
  for (const verb of [
    'get',
    'gets',
    'gat',
    'gats',
    'set',
    'add',
    'replace',
    'append',
    'prepend',
    'cas',
    'incr',
    'decr',
    'touch',
    'delete',
    'mg',
    'ms',
    'md',
    'ma',
    'mn',
    'verbosity',
    '',
  ])
    assert.ok(verbs.has(verb), verb);
  const expected = streams.flat().filter(({ ours }) => ours);
  for (const verb of ['set', 'cas', 'touch', 'gat', 'mg', 'ms', 'md', 'ma']) {
    assert.ok(
      expected.some(({ line }) => line.startsWith(`${verb} `)),
      `${verb}, as 1.6.45`,
    );
  }
  assert.ok(streams.some((stream) => stream.at(-1).last));
  for (const [verb, flags] of Object.entries({
    mg: 'bcfhklOqstuvNRTPLI',
    ms: 'bckOqFICTMPL',
    md: 'bCIkOqTPL',
    ma: 'bCNJDTMOqtcvkPL',
  })) {
    for (const flag of flags) {
      assert.ok(
        lines.some((line) => line.startsWith(`${verb} `) && line.includes(` ${flag}`)),
        `${verb} ${flag}`,
      );
    }
  }
});
