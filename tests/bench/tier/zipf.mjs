// A working set of four times the memory, asked for by Zipf's law: hit ratio, CPU time a get, latency, and what is
// written. A get that finds nothing is followed by a set, as a program with a database does.
import { load } from '../driver/programs.mjs';
import { count, fixed, median, print, times } from '../driver/table.mjs';
import {
  contestants,
  cpuOfGet,
  fill,
  keyBytes,
  readBytes,
  withoutPageCache,
  withTiers,
  writtenBytes,
} from './servers.mjs';

const RATE = 4000;
const WORKING_SET = 4; // x memory
const SECTOR_BYTES = 4096; // what a read through the page cache reads at least

const cases = [
  { title: '500 B', valueSize: 500, flash: 16 },
  { title: '4 KB', valueSize: 4096, flash: 16 },
  // Too small for the working set: regions are recycled.
  { title: '500 B, small flash', valueSize: 500, flash: 2.5, pageMb: 8, recycles: true },
];

function casesOf({ memoryMb, match }) {
  return cases
    .filter(({ title }) => match.test(title))
    .map((one) => ({
      ...one,
      flashMb: Math.max(64, one.flash * memoryMb),
      pageMb: one.pageMb ?? (one.flash * memoryMb < 512 ? 8 : 0),
      keys: Math.floor((WORKING_SET * memoryMb * 2 ** 20) / (one.valueSize + keyBytes)),
    }));
}

const phases = {
  // CPU time and latency are of this one.
  paced: { workload: 'get', fillMisses: true, rate: RATE, connections: 16 },
  flatOut: { workload: 'get', fillMisses: true, connections: 16 },
  // A tenth are sets, so that there is always something new to write.
  written: { workload: 'mixed', fillMisses: true, connections: 16 },
};

// One phase on one server, with what it read and wrote.
async function measure(server, phase, { keys, valueSize }, { seconds, seed }) {
  const before = { written: writtenBytes(server), read: readBytes(server), stats: await server.stats() };
  const run = await withoutPageCache(server, () =>
    load(server, { ...phases[phase], keys, keySize: keyBytes, valueSize, zipf: 0.99, seconds, warmup: 0, seed }),
  );
  const stats = await server.stats();
  return {
    ...run,
    hitRatio: run.values / run.keys,
    cpu: cpuOfGet(run),
    written: writtenBytes(server) - before.written,
    fromFlash: (stats.get_extstore - before.stats.get_extstore) / run.keys,
    // Of reads of flash, how many the disk saw.
    fromDisk:
      (readBytes(server) - before.read) / SECTOR_BYTES / Math.max(1, stats.get_extstore - before.stats.get_extstore),
  };
}

// [phase][server][round]
async function inTurns(servers, one, { rounds, seconds }) {
  const results = Object.fromEntries(Object.keys(phases).map((phase) => [phase, servers.map(() => [])]));
  for (let round = 0; round < rounds; ++round) {
    for (const [n, phase] of Object.keys(phases).entries()) {
      const seed = 100 * (round + 1) + n; // keys drawn anew, but the same for every server
      for (let turn = 0; turn < servers.length; ++turn) {
        const at = (turn + round) % servers.length;
        results[phase][at].push(await measure(servers[at], phase, one, { seconds, seed }));
      }
    }
  }
  return results;
}

async function measureCase(one, options) {
  return withTiers(contestants, { ...options, flashMb: one.flashMb, pageMb: one.pageMb }, async (servers) => {
    await Promise.all(servers.map((server) => fill(server, { ...one, fillRate: options.fillRate })));
    // What is asked for most finds its way to memory.
    for (const server of servers) await measure(server, 'flatOut', one, { seconds: 2 * options.seconds, seed: 1 });
    return inTurns(servers, one, options);
  });
}

// Over all phases and rounds: flash is written now and then, much at once.
function writtenARequest(results, at) {
  const runs = Object.values(results).flatMap((phase) => phase[at]);
  const sum = (figure) => runs.reduce((total, run) => total + run[figure], 0);
  return sum('written') / sum('requests');
}

const middle = (runs, figure) => median(runs.map((run) => run[figure]));
const ratios = (runs, others, figure) => median(runs.map((run, i) => run[figure] / others[i][figure]));

function printCase({ title, flashMb, keys }, results, { rounds, markdown }) {
  const rows = contestants.map(({ title: name }, at) => {
    const { paced, flatOut, written } = results;
    return [
      name,
      fixed(4)(middle(paced[at], 'hitRatio')),
      fixed(2)(middle(paced[at], 'fromFlash')),
      fixed(2)(middle(paced[at], 'fromDisk')),
      fixed(1)(middle(paced[at], 'cpu')),
      ['p50_us', 'p99_us', 'p999_us'].map((figure) => count(middle(paced[at], figure))).join(' / '),
      fixed(1)(middle(flatOut[at], 'cpu')),
      count(middle(flatOut[at], 'keys') / middle(flatOut[at], 'seconds')),
      fixed(4)(middle(written[at], 'hitRatio')),
      count(writtenARequest(results, at)),
    ];
  });
  print(
    `${title}: ${count(keys)} keys, flash of ${flashMb} MB, zipf .99; medians of ${rounds}. At ${RATE}/s, as fast as it goes, ` +
      'and with a tenth of sets',
    [
      '',
      'hit ratio',
      'of flash',
      'disk reads each',
      'CPU us a get',
      'p50 / p99 / p99.9 us',
      'CPU us',
      'gets/s',
      'hit ratio, sets',
      'bytes written a request',
    ],
    rows,
    markdown,
  );
}

function figuresOf(results) {
  const { paced, flatOut, written } = results;
  const [plain, tuned, ours] = [0, 1, 2];
  const against = (phase, figure) => [plain, tuned].map((at) => ratios(phase[ours], phase[at], figure));
  return {
    hitRatios: [plain, tuned, ours].map((at) => middle(paced[at], 'hitRatio')),
    cpu: against(paced, 'cpu'),
    cpuFlatOut: against(flatOut, 'cpu'),
    p99: against(paced, 'p99_us'),
    written: [plain, tuned].map((at) => writtenARequest(results, ours) / writtenARequest(results, at)),
    errors: [paced, flatOut, written].flatMap((phase) => phase[ours]).reduce((sum, run) => sum + run.errors, 0),
  };
}

// { title: { hitRatios: [default, tuned, ours], cpu, p99, ...: [ours / default, ours / tuned], errors } }
export async function zipf(options) {
  const figures = {};
  for (const one of casesOf(options)) {
    const results = await measureCase(one, options);
    printCase(one, results, options);
    figures[one.title] = { ...figuresOf(results), recycles: one.recycles ?? false };
    const { cpu, cpuFlatOut } = figures[one.title];
    const pair = (ratios) => ratios.map(times).join(' and ');
    console.log(`CPU a get, ours / default and tuned: ${pair(cpu)}; as fast as it goes: ${pair(cpuFlatOut)}`);
  }
  return figures;
}
