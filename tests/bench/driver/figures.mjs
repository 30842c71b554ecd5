// Keeps what was measured: figures.json (each part with its date and machine), and what is made of it, the tables
// of FIGURES.md and the picture of the top README. A part that is measured again replaces its former figures.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { picture } from './picture.mjs';
import { markdownTable } from './table.mjs';

const titles = {
  wire: 'Over the wire: CPU time, throughput, latency',
  syscalls: 'System calls a request',
  instructions: 'Instructions a request',
  memory: 'Items held, and memory of the process',
  traces: 'Miss ratios',
  scaling: 'Threads',
  process: 'In process, native beside wasm',
  stalls: 'The longest single operation',
  transports: 'TLS and WebSocket',
  idle: 'Idle connections',
  tier: 'The flash tier',
};

const introduction = `# Figures

isocached beside Debian's memcached, with the same flags, in turns in one run. \`./dev bench --write tests/bench\`
measures and writes this page, [figures.json](figures.json) and [figures.svg](figures.svg); \`--only PART\` renews
a part. [README.md](README.md) says what each part measures and how to read it.

* CPU time is the server process's own, user and system. Ratios are of runs one after the other, and a table shows
  their median. Other work ran on the machine meanwhile: trust ratios, CPU time, items and misses, and not latencies.
* memcached 1.6.18 makes a system call for each pipelined text \`get\`, and gathers \`mg\`: \`mg\` is the fairer
  opponent.
* Requests a second are medians of noisy runs, and need not divide to the ratio beside them, which is the median of the
  ratios of pairs of runs.
* Values of 500 KB cost more CPU than in memcached, to get and to set: they lie, and are read, in pieces of
  64 KB. With values of 100 B and 10 KB they cost less; a multiget of 100 x 10 KB costs the same.
* OLTP is the trace of Megiddo and Modha, "ARC: A Self-Tuning, Low Overhead Replacement Cache", FAST 2003; it has no
  sizes: they are lognormal, 1 GB in all. cloudPhysics is libCacheSim's sample.
* The flash tier's latencies and CPU times need a quiet machine, because direct IO ends on a thread of the kernel that
  waits for its core; they had one. Two cores are too few for its longest stall: the loads wait for them, too.
`;

// A part of bench.mjs, or a program of its own.
const commandOf = (part) => (part === 'tier' ? './dev bench tier' : `./dev bench --only ${part}`);

function section(part, { date, theirs, ours, machine, rounds, options, tables }) {
  return [
    `## ${titles[part]}`,
    `${date}, ${ours} beside ${theirs}, ${machine}; ${rounds} rounds. \`${commandOf(part)}${options}\``,
    ...tables.map((table) => markdownTable(table)),
  ].join('\n\n');
}

/** The page, from figures.json. */
export function page(kept) {
  const parts = Object.keys(titles).filter((part) => part in kept);
  return `${[introduction.trim(), ...parts.map((part) => section(part, kept[part]))].join('\n\n')}\n`;
}

/** Merges what was measured into the folder's figures.json, and writes page and picture anew. */
export function writeFigures(folder, measured) {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'figures.json');
  const kept = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  for (const [part, one] of Object.entries(measured)) if (one.results !== undefined) kept[part] = one;
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
  writeFileSync(join(folder, 'FIGURES.md'), page(kept));
  const drawn = pictureOf(kept);
  if (drawn !== null) writeFileSync(join(folder, 'figures.svg'), drawn);
}

/** The picture, from figures.json; null if something that it shows was not measured. */
export function pictureOf({ wire, memory, traces }) {
  if (!wire || !memory || !traces) return null;
  const results = { wire: wire.results, memory: memory.results, traces: traces.results };
  return picture(results, { theirs: wire.theirs, ours: wire.ours, date: wire.date });
}
