// A get of an item in memory, with a tier and without: CPU time in pairs, and instructions.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { runProgram } from '../../lib/server.mjs';
import { load } from '../driver/programs.mjs';
import { withServer } from '../driver/servers.mjs';
import { count, fixed, median, print, times } from '../driver/table.mjs';
import { contestants, keyBytes, withTier } from './servers.mjs';

const HOT = { keys: 10_000, keySize: keyBytes, valueSize: 100 };
const OTHERS_BYTES = 500;
const FLASH_MB = 256;
const PAGE_MB = 8;

// Twice the memory's worth of other items, so that the tier has some; then the hot ones, which stay in memory.
async function prepare(server, { memoryMb }) {
  const keys = Math.floor((2 * memoryMb * 2 ** 20) / OTHERS_BYTES);
  const set = { workload: 'set', sequential: true, connections: 4, depth: 32 };
  const others = { ...set, keySize: keyBytes + 1, valueSize: OTHERS_BYTES, keys, requests: keys };
  await load(server, others);
  await load(server, { ...set, ...HOT, requests: HOT.keys });
  return load(server, { ...HOT, workload: 'get', sequential: true, requests: HOT.keys, depth: 32 });
}

async function measure(server, { seconds, seed }) {
  const run = await load(server, {
    ...HOT,
    workload: 'get',
    connections: 16,
    depth: 32,
    seconds: seconds / 2,
    warmup: seconds / 20,
    seed,
  });
  if (run.values !== run.keys) throw new Error(`ram: found only ${run.values} of ${run.keys} keys`);
  return run.server_cpu_us;
}

// [without, with][round]
async function inTurns(servers, { rounds, seconds }) {
  const runs = [[], []];
  for (let round = 0; round < 2 * rounds; ++round) {
    for (const turn of [0, 1]) {
      const at = (turn + round) % 2;
      runs[at].push(await measure(servers[at], { seconds, seed: 1 + round }));
    }
  }
  return runs;
}

const GETS = [2_000, 12_000];

async function instructionsOf(words, { folder, memoryMb }, gets) {
  const counted = join(folder, 'callgrind');
  const wrapper = ['prlimit', '--nofile=1024:2048', 'valgrind', '--tool=callgrind', `--callgrind-out-file=${counted}`];
  await withServer('isocached', { memoryMb, wrapper, args: ['-c', 512, ...words] }, async (server) => {
    const hot = { ...HOT, keys: 1000 };
    await load(server, { ...hot, workload: 'set', sequential: true, requests: hot.keys, depth: 32 });
    await load(server, { ...hot, workload: 'get', requests: gets, depth: 32 });
  });
  return Number(/^(?:totals|summary): (\d+)/m.exec(readFileSync(counted, 'latin1'))[1]);
}

// [without, with], of one get
async function instructions(options) {
  if ((await runProgram('which', ['valgrind'])).code !== 0) return [NaN, NaN];
  const counts = [];
  // valgrind knows no io_uring.
  const tier = ['-o', `ext_engine=threads,ext_path=${join(options.folder, 'counted')}:64m`];
  for (const words of [[], tier]) {
    const [few, many] = [await instructionsOf(words, options, GETS[0]), await instructionsOf(words, options, GETS[1])];
    counts.push((many - few) / (GETS[1] - GETS[0]));
  }
  return counts;
}

// { cpu: with / without, instructions: with / without }
export async function ramGets(options) {
  const { memoryMb, threads, markdown } = options;
  const runs = await withServer('isocached', { memoryMb, threads, pinned: false }, (plain) =>
    withTier(contestants[2], { ...options, flashMb: FLASH_MB, pageMb: PAGE_MB }, async (tiered) => {
      for (const server of [plain, tiered]) await prepare(server, options);
      return inTurns([plain, tiered], options);
    }),
  );
  const counts = await instructions(options);
  const cpu = median(runs[1].map((one, i) => one / runs[0][i]));
  const ratio = counts[1] / counts[0];
  print(
    `A get of 100 B from memory, 32 deep, 16 connections; medians of ${runs[0].length} pairs`,
    ['', 'without a tier', 'with', 'ratio'],
    [
      ['CPU us', ...runs.map((one) => fixed(3)(median(one))), times(cpu)],
      ['instructions', ...counts.map((one) => (Number.isNaN(one) ? '-' : count(one))), times(ratio)],
    ],
    markdown,
  );
  return { cpu, instructions: ratio };
}
