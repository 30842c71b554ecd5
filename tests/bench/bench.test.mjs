// The benchmarks still run: their short forms, whose figures nobody reads.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isocachedPath, needIsocached, needMemcached, runProgram } from '../lib/server.mjs';
import { programFolder } from './driver/programs.mjs';

const script = fileURLToPath(new URL('bench.mjs', import.meta.url));
const limit = { timeout: 120_000 };

const program = (name) => path.join(programFolder, name);
const missing = ['isocache_loadgen', 'isocache_replay', 'isocache_bench'].find((name) => !existsSync(program(name)));
const needPrograms = missing ? `${missing} is not built` : false;

test('bench.mjs --quick', { ...limit, skip: needIsocached || needMemcached || needPrograms }, async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, [script, '--quick'], {
    limitMs: limit.timeout,
    env: { ...process.env, ISOCACHED: isocachedPath, ISOCACHE_BENCH_DIR: programFolder },
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /get, 32 deep.*\d+\.\d\dx/);
  assert.match(stdout, /-m 8, 100 B/);
  assert.match(stdout, /zipf, 8 MB/);
});

test('isocache_bench, every case', { ...limit, skip: needPrograms }, async () => {
  const { code, stdout, stderr } = await runProgram(program('isocache_bench'), [
    '--items=1000', '--benchmark_filter=store|session', '--benchmark_min_time=0.001',
  ], { limitMs: limit.timeout });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /session\/get_batch32\/1000/);
});

test('isocache_replay, in process', { ...limit, skip: needPrograms }, async () => {
  for (const trace of ['overwrite', 'mixed', 'ttl']) {
    const { code, stdout, stderr } = await runProgram(program('isocache_replay'), [
      trace, '--in-process', '--memory', '8', '--requests', '50000', '--json',
    ], { limitMs: limit.timeout });
    assert.equal(code, 0, stdout + stderr);
    assert.ok(JSON.parse(stdout).evictions > 0, stdout);
  }
});
