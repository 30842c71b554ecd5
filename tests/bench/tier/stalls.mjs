// How long a request waits while another connection's sets recycle regions. A probe asks for one item in memory at a
// fixed rate; the same load without a tier says what of it is the machine's.
import { load } from '../driver/programs.mjs';
import { withServer } from '../driver/servers.mjs';
import { count, median, print } from '../driver/table.mjs';
import { contestants, keyBytes, withTier } from './servers.mjs';

const PROBE = { keys: 1, keySize: keyBytes + 1, valueSize: 100 };
const PROBE_RATE = 2000;
const ITEM_BYTES = 500;
const FLASH_MB = 128;
const PAGE_MB = 4;

// Half as much again as there is on flash, so that each set evicts, and each region has live records.
const items = {
  keys: Math.floor((1.5 * FLASH_MB * 2 ** 20) / ITEM_BYTES),
  keySize: keyBytes,
  valueSize: ITEM_BYTES,
};

// Only the probe has a core of its own: it does not sleep.
async function measure(server, { seconds, seed }) {
  const shared = { ...items, pin: false, seconds: seconds + 1, warmup: 0, seed };
  const before = await server.stats();
  const [probe, sets] = await Promise.all([
    load(server, { ...PROBE, workload: 'get', rate: PROBE_RATE, seconds, warmup: 0.5, seed }),
    load(server, { ...shared, workload: 'set', connections: 1, depth: 4 }),
    // So that some records are worth being written again.
    load(server, { ...shared, workload: 'get', zipf: 0.99, connections: 1 }),
  ]);
  const after = await server.stats();
  return {
    p999: probe.p999_us,
    max: probe.max_us,
    setsPerS: sets.requests / sets.seconds,
    regions: (after.extstore_page_reclaims ?? 0) - (before.extstore_page_reclaims ?? 0),
    kept: (after.extstore_compact_rescues ?? 0) - (before.extstore_compact_rescues ?? 0),
  };
}

async function prepare(server) {
  const set = { workload: 'set', sequential: true, depth: 8 };
  await load(server, { ...items, ...set, requests: items.keys, connections: 4 });
  await load(server, { ...PROBE, ...set, requests: 1 });
}

// { p999: [without, with], max: [without, with] }, us
export async function stalls(options) {
  const { memoryMb, threads, rounds, seconds, markdown } = options;
  const runs = [[], []];
  await withServer('isocached', { memoryMb, threads, pinned: false }, (plain) =>
    withTier(contestants[2], { ...options, flashMb: FLASH_MB, pageMb: PAGE_MB }, async (tiered) => {
      for (const server of [plain, tiered]) await prepare(server);
      for (let round = 0; round < rounds; ++round) {
        for (const turn of [0, 1]) {
          const at = (turn + round) % 2;
          runs[at].push(await measure([plain, tiered][at], { seconds, seed: 1 + round }));
        }
      }
    }),
  );
  const of = (figure, reduce) => runs.map((one) => reduce(one.map((run) => run[figure])));
  const least = (numbers) => Math.min(...numbers);
  print(
    `A get from memory at ${count(PROBE_RATE)}/s while sets of ${ITEM_BYTES} B recycle regions, us; ${rounds} rounds`,
    ['', 'p99.9', 'longest: median', 'longest: least', 'sets/s', 'regions recycled', 'records kept'],
    ['without a tier', 'with'].map((title, at) => [
      title,
      count(of('p999', median)[at]),
      count(of('max', median)[at]),
      count(of('max', least)[at]),
      count(of('setsPerS', median)[at]),
      count(of('regions', median)[at]),
      count(of('kept', median)[at]),
    ]),
    markdown,
  );
  return { p999: of('p999', median), max: of('max', least) };
}
