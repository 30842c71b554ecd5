// The npm package beside other caches for JavaScript, and beside the native engine. See README.md in this folder.
//
//   ./dev bench wasm                            everything
//   node tests/bench/wasm.mjs --only caches --caches isocache,lru-cache --items 100000
//   node tests/bench/wasm.mjs --quick           a form for the tests, that shows that all of it works
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { runProgram } from '../lib/server.mjs';
import { count, fixed, median, print, times } from './driver/table.mjs';
import { caches } from './wasm/caches.mjs';
import { KEY_BYTES, VALUE_BYTES } from './wasm/workload.mjs';

const help = `Usage: wasm.mjs [options]
  --only PART[,PART]    caches, protocol; default: both
  --caches NAME[,NAME]  of ${Object.keys(caches).join(', ')}
  --items N[,N]         in each cache (100000,1000000)
  --rounds N            of which the medians are shown (5)
  --seconds S           of CPU time, each measurement (1)
  --quick               a short form
  --markdown            tables for a document`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: 'caches,protocol' },
    caches: { type: 'string', default: Object.keys(caches).join(',') },
    items: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const options = {
  items: (flags.items ?? (flags.quick ? '5000' : '100000,1000000')).split(',').map(Number),
  rounds: Number(flags.rounds ?? (flags.quick ? 1 : 5)),
  seconds: Number(flags.seconds ?? (flags.quick ? 0.02 : 1)),
};

const folder = path.dirname(fileURLToPath(import.meta.url));
const root = path.join(folder, '..', '..');
const CHILD_LIMIT_MS = 300_000;

async function child(program, args) {
  const { code, stdout, stderr } = await runProgram(program, args, { limitMs: CHILD_LIMIT_MS });
  if (code !== 0) throw new Error(`${path.basename(program)} ${args.join(' ')}\n${stderr}`);
  return JSON.parse(stdout);
}

const script = (name) => path.join(folder, 'wasm', name);

// ---------------------------------------------------------------- caches side by side

// One process a cache and round, in turns, so that whatever slows the machine slows all: [cache][round].
async function measureCaches(names, items) {
  const runs = names.map(() => []);
  for (let round = 0; round < options.rounds; ++round) {
    for (const [i, name] of names.entries()) {
      runs[i].push(
        await child(process.execPath, ['--expose-gc', script('cache-child.mjs'), name, items, options.seconds]),
      );
    }
  }
  return runs;
}

const columns = [
  { figure: 'get', head: 'get/s, rope keys', format: count },
  { figure: 'getFlat', head: 'get/s, flat keys', format: count },
  { figure: 'getHot', head: 'get/s, 1,000 kept strings', format: count },
  { figure: 'set', head: 'set/s', format: count },
  { figure: 'getMany', head: 'getMany of 100, keys/s', format: count },
  { figure: 'bytesAnItem', head: 'RSS, bytes an item', format: fixed(0) },
  { figure: 'pauseMs', head: 'longest GC pause, ms', format: fixed(1) },
];

const middle = (runs, figure) => median(runs.map((run) => run[figure]));
const middleRatio = (runs, others, figure) => median(runs.map((run, i) => run[figure] / others[i][figure]));

async function compareCaches() {
  const names = flags.caches.split(',');
  const ratios = [];
  for (const items of options.items) {
    const runs = await measureCaches(names, items);
    const rows = names.map((name, i) => [
      name,
      ...columns.map(({ figure, format }) => format(middle(runs[i], figure))),
    ]);
    print(`${count(items)} items`, ['cache', ...columns.map(({ head }) => head)], rows, flags.markdown);
    const [ours, lru] = [runs[names.indexOf('isocache')], runs[names.indexOf('lru-cache')]];
    if (ours && lru) ratios.push([count(items), ...columns.map(({ figure }) => times(middleRatio(ours, lru, figure)))]);
  }
  if (ratios.length > 0) {
    print(
      'isocache / lru-cache, medians of pairs',
      ['items', ...columns.map(({ head }) => head)],
      ratios,
      flags.markdown,
    );
  }
}

// ---------------------------------------------------------------- the protocol, beside the native engine

const protocolCases = [
  { command: 'get', native: 'session/get_batch32' },
  { command: 'set', native: 'session/set_same_size_batch32' },
];
const IN_CACHE_ITEMS = 1000;

/** What ./dev built, or whatever preset has it. */
function findMicro() {
  const folders = existsSync(path.join(root, 'build')) ? readdirSync(path.join(root, 'build')).sort() : [];
  return [process.env.ISOCACHE_BENCH_DIR, ...folders.map((preset) => path.join(root, 'build', preset, 'bin'))]
    .filter((bin) => bin !== undefined)
    .map((bin) => path.join(bin, 'isocache_micro'))
    .find(existsSync);
}

async function nativeRate(micro, name, items) {
  const { cpu_ns } = await child(micro, ['--json', '--items', items, '--seconds', options.seconds, name]);
  return 1e9 / cpu_ns;
}

async function compareProtocol() {
  const micro = findMicro();
  const rows = [];
  for (const items of [IN_CACHE_ITEMS, 100_000]) {
    for (const { command, native } of protocolCases) {
      const ours = [];
      const theirs = [];
      for (let round = 0; round < options.rounds; ++round) {
        ours.push(
          (await child(process.execPath, [script('protocol-child.mjs'), command, items, options.seconds])).rate,
        );
        theirs.push(micro ? await nativeRate(micro, native, items) : NaN);
      }
      rows.push([
        `${command}, ${count(items)} items`,
        count(median(ours)),
        micro ? count(median(theirs)) : '-',
        times(median(ours.map((rate, i) => rate / theirs[i]))),
      ]);
    }
  }
  const title = `Text protocol, 32 requests a call, requests/s${micro ? '' : ' (no isocache_micro built: native left out)'}`;
  print(title, ['', 'connect() in wasm', 'native', 'wasm / native'], rows, flags.markdown);
}

// ---------------------------------------------------------------- main

const parts = { caches: compareCaches, protocol: compareProtocol };

function checkBuilt() {
  for (const needed of ['wasm/dist/esm/entry/index.js', 'wasm/node_modules/lru-cache']) {
    if (!existsSync(path.join(root, needed)))
      throw new Error(`${needed} is missing: run \`npm ci && npm run build\` in wasm/`);
  }
}

async function main() {
  if (flags.help) return console.log(help);
  const wanted = flags.only.split(',');
  const unknown = [
    ...wanted.filter((part) => !(part in parts)),
    ...flags.caches.split(',').filter((name) => !(name in caches)),
  ];
  if (unknown.length > 0) throw new Error(`no '${unknown[0]}'\n${help}`);
  checkBuilt();
  console.log(
    `Node ${process.version}; keys of ${KEY_BYTES}, values of ${VALUE_BYTES} bytes; rates are a second of CPU time; ` +
      `${new Date().toISOString().slice(0, 10)}, ${os.cpus()[0].model}, ${os.availableParallelism()} cores`,
  );
  for (const part of wanted) await parts[part]();
}

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
