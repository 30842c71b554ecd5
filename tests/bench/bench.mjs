// isocached beside Debian's memcached, in turns, in one run. See README.md in this folder.
//
//   node tests/bench/bench.mjs                  everything
//   node tests/bench/bench.mjs --only wire --match '^get 100 B, 32'
//   node tests/bench/bench.mjs --quick          a form for the tests, that shows that all of it works
import os from 'node:os';
import { parseArgs } from 'node:util';

import { runProgram } from '../lib/server.mjs';
import { writeFigures } from './driver/figures.mjs';
import { idle } from './driver/idle.mjs';
import { instructionCounts } from './driver/instructions.mjs';
import { memory } from './driver/memory.mjs';
import { inProcess } from './driver/process.mjs';
import { scaling } from './driver/scaling.mjs';
import { version } from './driver/servers.mjs';
import { stalls } from './driver/stalls.mjs';
import { printSummary } from './driver/summary.mjs';
import { syscalls } from './driver/syscalls.mjs';
import { printed } from './driver/table.mjs';
import { traces } from './driver/traces.mjs';
import { transports } from './driver/transports.mjs';
import { wire } from './driver/wire.mjs';

// Each prints its tables, and resolves with figures for the summary.
const parts = {
  wire,
  syscalls,
  instructions: instructionCounts,
  memory,
  traces,
  scaling,
  process: inProcess,
  stalls,
  transports,
  idle,
};

// Programs that a part cannot do without.
const needs = { syscalls: 'strace', instructions: 'valgrind' };

const help = `Usage: bench.mjs [options]
  --only PART[,PART]    ${Object.keys(parts).join(', ')}; default: all;
                        instructions needs valgrind, syscalls strace
  --match REGEXP        only cases whose title matches
  --rounds N            of which the medians are shown (5)
  --seconds S           each measurement (1)
  --threads N           of each server (1)
  --memory MB[,MB]      for memory (64,1024) and traces (64; recorded ones 16,64,256)
  --values B[,B]        value sizes for memory (10,100,1000)
  --quick               a short form
  --markdown            tables for a document
  --write FOLDER        keep what was measured in FOLDER: figures.json, FIGURES.md, figures.svg`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    match: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    threads: { type: 'string', default: '1' },
    memory: { type: 'string' },
    values: { type: 'string' },
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    write: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const numbers = (text) => text.split(',').map(Number);

const options = {
  quick: flags.quick,
  markdown: flags.markdown,
  match: new RegExp(flags.match),
  rounds: Number(flags.rounds ?? (flags.quick ? 1 : 5)),
  seconds: Number(flags.seconds ?? (flags.quick ? 0.05 : 1)),
  threads: Number(flags.threads),
  memoriesMb: flags.memory && numbers(flags.memory), // else each part's own
  valueSizes: numbers(flags.values ?? (flags.quick ? '100' : '10,100,1000')),
};

async function run(part) {
  const needed = needs[part];
  if (needed && (await runProgram('which', [needed])).code !== 0) {
    console.log(`\n${part}: left out, ${needed} is not installed`);
    return undefined;
  }
  return parts[part](options);
}

// The options that decide what is measured, as they were typed.
function describeOptions() {
  const named = ['match', 'rounds', 'seconds', 'memory', 'values'].filter((name) => flags[name]);
  return named.map((name) => ` --${name} '${flags[name]}'`).join('');
}

// What a part measured, as figures.json keeps it.
async function measure(part, context) {
  const before = printed.length;
  const results = await run(part);
  return { ...context, results, tables: printed.slice(before) };
}

async function main() {
  if (flags.help) return console.log(help);
  const wanted = flags.only?.split(',') ?? Object.keys(parts);
  const unknown = wanted.find((part) => !(part in parts));
  if (unknown !== undefined) throw new Error(`no part '${unknown}'\n${help}`);
  const context = {
    date: new Date().toISOString().slice(0, 10),
    theirs: await version('memcached'),
    ours: await version('isocached'),
    machine: `${os.cpus()[0].model}, ${os.availableParallelism()} cores, Linux ${os.release()}`,
    rounds: options.rounds,
    options: describeOptions(),
  };
  const { date, theirs, ours, machine } = context;
  console.log(`${ours} beside ${theirs}, -t ${options.threads}; ${date}, ${machine}`);
  const measured = {};
  for (const part of wanted) measured[part] = await measure(part, context);
  printSummary(Object.fromEntries(wanted.map((part) => [part, measured[part].results])), options);
  if (flags.write !== undefined) writeFigures(flags.write, measured);
}

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
