// The benchmarks still run: their short forms, whose figures nobody reads.
// Runs alone: benchmarks use every processor.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isocachedPath, needIsocached, needMemcached, runProgram } from '../lib/server.mjs';
import { programFolder } from './driver/programs.mjs';

const script = fileURLToPath(new URL('bench.mjs', import.meta.url));
const limit = { timeout: 300_000 };

const program = (name) => path.join(programFolder, name);
const programs = ['isocache_loadgen', 'isocache_replay', 'isocache_bench', 'isocache_micro', 'isocache_scaling'];
const missing = programs.find((name) => !existsSync(program(name)));
const needPrograms = missing ? `${missing} is not built` : false;

test('bench.mjs --quick', { ...limit, skip: needIsocached || needMemcached || needPrograms }, async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, [script, '--quick'], {
    limitMs: limit.timeout,
    env: { ...process.env, ISOCACHED: isocachedPath, ISOCACHE_BENCH_DIR: programFolder },
  });
  assert.equal(code, 0, stderr);
  for (const line of [
    // wire: each command, size, and what it is measured by
    /get 100 B, 1 deep, 1 connection .*\d\.\d\dx/,
    /set 10 KB, 32 deep, 1 connection .*\d\.\d\dx/,
    /multiget of 100 x 500 KB, 1 connection .*\d\.\d\dx/,
    /evicting set 100 B, 50,000\/s.*\d+ \/ \d+ \/ \d+.*\d\.\d\dx/,
    /(System calls a request[^]*get 100 B, 32 deep.*epoll_wait|syscalls: left out)/,
    /(User-mode instructions[^]*get, 1 deep .*\d\.\d\dx|instructions: left out)/,
    /-m 8, 100 B .*\d\.\d\dx/,
    /mixed, 8 MB .*0\.\d{4}/,
    /Threads over the wire[^]*get uniform, 32 deep, 2 threads .*\d\.\d\dx/,
    /Threads in process[^]*get uniform, 32 deep, 2 threads .*\d\.\d\dx/,
    /In process, 1,000 items[^]*session\/get_batch32 .*( \d\.\d\dx|-)$/m,
    /In process, 2,000 items[^]*session\/get_batch32 .* \d\.\d\dx$/m,
    /evicting +20,000 .*\d\.\d$/m,
    /Ways in[^]*get 100 B, 32 deep +\d+\.\d\d( +\d+\.\d\d \d+\.\d\dx){3}/,
    /idle connection[^]*plain +\d+\.\d/,
    /Summary[^]*p99\.9 of evicting sets/,
  ])
    assert.match(stdout, line);
});

test('isocache_bench, every case', { ...limit, skip: needPrograms }, async () => {
  const { code, stdout, stderr } = await runProgram(
    program('isocache_bench'),
    ['--items=1000', '--benchmark_filter=store|session', '--benchmark_min_time=0.001'],
    { limitMs: limit.timeout },
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /session\/get_batch32\/1000/);
});

test('isocache_replay, in process', { ...limit, skip: needPrograms }, async () => {
  for (const trace of ['overwrite', 'mixed', 'ttl']) {
    const { code, stdout, stderr } = await runProgram(
      program('isocache_replay'),
      [trace, '--in-process', '--memory', '8', '--requests', '50000', '--json'],
      { limitMs: limit.timeout },
    );
    assert.equal(code, 0, stdout + stderr);
    assert.ok(JSON.parse(stdout).evictions > 0, stdout);
  }
});
