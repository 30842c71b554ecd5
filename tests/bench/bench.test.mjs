// The benchmarks still run: their short forms, whose figures nobody reads.
// Runs alone, but for lint: benchmarks use every processor.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { isocachedPath, needIsocached, needMemcached, runProgram } from '../lib/server.mjs';
import { page, pictureOf, writeFigures } from './driver/figures.mjs';
import { programFolder } from './driver/programs.mjs';

const script = fileURLToPath(new URL('bench.mjs', import.meta.url));
const tierScript = fileURLToPath(new URL('tier.mjs', import.meta.url));
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

test('tier.mjs, tiny', { ...limit, skip: needIsocached || needMemcached || needPrograms }, async () => {
  const { code, stdout, stderr } = await runProgram(
    process.execPath,
    [tierScript, '--quick', '--memory', '8', '--flash', '64', '--seconds', '0.2', '--fill-rate', '100000'],
    { limitMs: limit.timeout, env: { ...process.env, ISOCACHED: isocachedPath, ISOCACHE_BENCH_DIR: programFolder } },
  );
  assert.equal(code, 0, stderr);
  for (const line of [
    /500 B: [\d,]+ keys[^]*memcached tuned +[01]\.\d{4}[^]*isocached +[01]\.\d{4}/,
    /4 KB: [\d,]+ keys[^]*isocached +[01]\.\d{4}/,
    /Items of 500 B that are served[^]*memcached +[\d,]+ +[\d,]+ +1\.00x +1\d\d\.\d[^]*isocached +[\d,]+ +[\d,]+/,
    /A get of 100 B from memory[^]*CPU us +\d\.\d{3} +\d\.\d{3} +\d\.\d\dx[^]*instructions/,
    /sets of 500 B recycle regions[^]*without a tier +[\d,]+[^]*with +[\d,]+/,
    /Bars[^]*hit ratio below[^]*RAM an item on flash[^]*wrong values +0 +0 +met/,
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

const folder = path.dirname(script);
const read = (name) => readFileSync(path.join(folder, name), 'utf8');

test('FIGURES.md and the picture are made of figures.json', () => {
  const kept = JSON.parse(read('figures.json'));
  assert.equal(read('FIGURES.md'), page(kept));
  assert.equal(read('figures.svg'), pictureOf(kept));
});

test('a part that is measured again replaces its figures, one that was left out does not', () => {
  const at = mkdtempSync(path.join(os.tmpdir(), 'isocache-figures-'));
  const measured = (results, cell) => ({
    results,
    date: '2026-01-02',
    theirs: 'memcached 1',
    ours: 'isocached 2',
    machine: 'a machine',
    rounds: 1,
    options: '',
    tables: [{ title: 'T', head: ['', 'x'], rows: [['case', cell]] }],
  });
  try {
    writeFigures(at, { idle: measured({}, '1.5'), stalls: measured({}, '2.5') });
    writeFigures(at, { idle: measured({}, '3.5'), stalls: measured(undefined, '4.5') });
    const text = readFileSync(path.join(at, 'FIGURES.md'), 'utf8');
    assert.deepEqual(text.match(/\d\.5/g), ['2.5', '3.5']);
    assert.equal(existsSync(path.join(at, 'figures.svg')), false, 'drawn from half a run');
  } finally {
    rmSync(at, { recursive: true });
  }
});

test('the picture shows each pair of figures to scale', () => {
  const kept = JSON.parse(read('figures.json'));
  const drawn = pictureOf(kept);
  const widths = [...drawn.matchAll(/<rect class="(?:theirs|ours)" x="[\d.]+" y="\d+" width="([\d.]+)"/g)].map(
    ([, width]) => Number(width),
  );
  const [theirs, ours] = kept.wire.results['get 100 B, 32 deep, 16 connections'].cpuUs;
  assert.ok(Math.abs(widths[3] / widths[2] - ours / theirs) < 0.02, `${widths[3]} beside ${widths[2]}`);
});
