// isocached's flash tier beside memcached's extstore, in turns in one run. See README.md in this folder.
//
//   ./dev bench tier                        everything
//   node tests/bench/tier.mjs --only ram    one part
//   node tests/bench/tier.mjs --quick       a form of about a minute
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { writeFigures } from './driver/figures.mjs';
import { version } from './driver/servers.mjs';
import { printed } from './driver/table.mjs';
import { printBars } from './tier/bars.mjs';
import { capacity } from './tier/capacity.mjs';
import { ramGets } from './tier/ram-gets.mjs';
import { stalls } from './tier/stalls.mjs';
import { zipf } from './tier/zipf.mjs';

// Each prints its tables, and resolves with figures for the bars.
const parts = { zipf, capacity, ram: ramGets, stalls };

const help = `Usage: tier.mjs [options]
  --only PART[,PART]    ${Object.keys(parts).join(', ')}; default: all
  --match REGEXP        only cases whose title matches
  --rounds N            of which the medians are shown (5)
  --seconds S           each measurement (4)
  --memory MB           -m of all servers (64)
  --flash MB            for capacity (64 x memory)
  --fill-rate N         sets a second, to fill memcached (5000: it needs minutes to give its headers room)
  --folder FOLDER       where the tiers' files lie: a real disk (build/tier)
  --quick               a short form
  --markdown            tables for a document
  --write FOLDER        keep what was measured in FOLDER: figures.json, FIGURES.md`;

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: Object.keys(parts).join(',') },
    match: { type: 'string', default: '' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    memory: { type: 'string' },
    flash: { type: 'string' },
    'fill-rate': { type: 'string' },
    folder: { type: 'string', default: fileURLToPath(new URL('../../build/tier', import.meta.url)) },
    quick: { type: 'boolean', default: false },
    markdown: { type: 'boolean', default: false },
    write: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

function optionsOf(folder) {
  const { quick, markdown } = flags;
  const memoryMb = Number(flags.memory ?? (quick ? 16 : 64));
  return {
    quick,
    markdown,
    folder,
    memoryMb,
    match: new RegExp(flags.match),
    rounds: Number(flags.rounds ?? (quick ? 1 : 5)),
    seconds: Number(flags.seconds ?? (quick ? 1 : 4)),
    flashMb: Number(flags.flash ?? (quick ? 8 : 64) * memoryMb),
    fillRate: Number(flags['fill-rate'] ?? (quick ? 20_000 : 5_000)),
    threads: 2,
  };
}

// The options that decide what is measured, as they were typed.
function describeOptions() {
  const named = ['only', 'match', 'rounds', 'seconds', 'memory', 'flash', 'fill-rate'];
  return named
    .filter((name) => process.argv.includes(`--${name}`))
    .map((name) => ` --${name} '${flags[name]}'`)
    .join('');
}

async function main() {
  if (flags.help) return console.log(help);
  const wanted = flags.only.split(',');
  const unknown = wanted.find((part) => !(part in parts));
  if (unknown !== undefined) throw new Error(`no part '${unknown}'\n${help}`);
  mkdirSync(flags.folder, { recursive: true });
  const folder = mkdtempSync(path.join(flags.folder, 'files-'));
  try {
    const options = optionsOf(folder);
    const context = {
      date: new Date().toISOString().slice(0, 10),
      theirs: await version('memcached'),
      ours: await version('isocached'),
      machine: `${os.cpus()[0].model}, ${os.availableParallelism()} cores, Linux ${os.release()}`,
      rounds: options.rounds,
      options: describeOptions(),
    };
    const { date, theirs, ours, machine } = context;
    console.log(`${ours} beside ${theirs}, -m ${options.memoryMb} -t ${options.threads}; ${date}, ${machine}`);
    console.log(`load average at the start: ${os.loadavg()[0].toFixed(1)}`);
    const measured = {};
    for (const part of wanted) measured[part] = await parts[part](options);
    printBars(measured, options);
    if (flags.write !== undefined) {
      writeFigures(flags.write, { tier: { ...context, results: measured, tables: printed } });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

main().catch((error) => {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
});
