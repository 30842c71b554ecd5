// Throughput, latency and CPU time over loopback: both servers up at once, loaded in turns.
import { load } from './programs.mjs';
import { withBoth } from './servers.mjs';
import { count, fixed, median, medianRatio, print, times } from './table.mjs';

const base = { connections: 16, keys: 100_000, keySize: 20, valueSize: 100 };

function both(workload) {
  return [1, 32].map((depth) => ({ title: `${workload}, ${depth} deep`, options: { workload, depth } }));
}

const large = { keys: 1000, valueSize: 10_000 };
const huge = { keys: 60, valueSize: 500_000 };

// Each group has servers of its own, and begins by storing its keys.
const groups = [
  { quick: true, cases: [...both('get'), ...both('set')] },
  {
    cases: [
      { title: 'get, 1 connection', options: { workload: 'get', connections: 1 } },
      { title: 'get, 64 connections', options: { workload: 'get', connections: 64 } },
      { title: 'get miss, 32 deep', options: { workload: 'getmiss', depth: 32 } },
      ...both('mg'),
      ...both('ms'),
      { title: 'ma, 32 deep', options: { workload: 'ma', depth: 32 } },
      { title: 'multiget of 100', options: { workload: 'multiget' } },
      { title: 'overwrite, 32 deep', options: { workload: 'overwrite', depth: 32 } },
    ],
  },
  {
    sizes: large,
    cases: ['get', 'set'].map((workload) => ({ title: `${workload} 10 KB`, options: { workload, ...large } })),
  },
  {
    sizes: huge,
    cases: ['get', 'set'].map((workload) => ({ title: `${workload} 500 KB`, options: { workload, ...huge, connections: 4 } })),
  },
  {
    // More keys than fit: every set evicts.
    evicts: true,
    sizes: { keys: 1_500_000 },
    cases: [1, 32].map((depth) => ({
      title: `set evicting, ${depth} deep`,
      options: { workload: 'set', depth, keys: 1_500_000 },
    })),
  },
];

async function fill(server, sizes) {
  const keys = sizes.keys ?? base.keys;
  await load(server, { ...base, ...sizes, workload: 'set', sequential: true, requests: keys, connections: 1, depth: 32 });
}

// A get that finds nothing is cheap, and must not pass for a fast one.
function checkFound(server, { workload, keys, values }) {
  if (workload !== 'getmiss' && values < 0.999 * keys) {
    throw new Error(`${server.name}, ${workload}: found only ${values} of ${keys} keys`);
  }
}

// Every case `rounds` times on each server, the order turned round each time.
async function measure(servers, cases, { rounds, seconds }) {
  const results = cases.map(() => servers.map(() => []));
  for (let round = 0; round < rounds; ++round) {
    for (const [i, { options }] of cases.entries()) {
      const order = [...servers.keys()];
      if (round % 2 === 1) order.reverse();
      for (const at of order) {
        const run = { ...base, ...options, seconds, warmup: seconds / 5 };
        const result = await load(servers[at], run);
        checkFound(servers[at], result);
        results[i][at].push(result);
      }
    }
  }
  return results;
}

const figures = {
  requests: (run) => run.requests / run.seconds,
  cpu: (run) => run.server_cpu_us,
  p50: (run) => run.p50_us,
  p99: (run) => run.p99_us,
  p999: (run) => run.p999_us,
};

function speedRow(title, [theirs, ours]) {
  const of = (runs, figure) => runs.map(figures[figure]);
  const middle = (runs, figure) => median(of(runs, figure));
  // User and system are sampled: their shares are right over all rounds, the sum is exact in each.
  const split = (runs) => {
    const user = runs.reduce((sum, run) => sum + run.server_user_us, 0);
    const all = user + runs.reduce((sum, run) => sum + run.server_system_us, 0);
    const cpu = middle(runs, 'cpu');
    return `${cpu.toFixed(2)} (${((cpu * user) / all).toFixed(2)})`;
  };
  return [
    title,
    split(theirs),
    split(ours),
    times(medianRatio(of(ours, 'cpu'), of(theirs, 'cpu'))),
    count(middle(theirs, 'requests')),
    count(middle(ours, 'requests')),
    times(medianRatio(of(ours, 'requests'), of(theirs, 'requests'))),
  ];
}

function latencyRow(title, [theirs, ours]) {
  const show = (runs) =>
    ['p50', 'p99', 'p999'].map((figure) => fixed(0)(median(runs.map(figures[figure])))).join(' / ');
  const ratio = (figure) => times(medianRatio(ours.map(figures[figure]), theirs.map(figures[figure])));
  return [title, show(theirs), show(ours), ratio('p50'), ratio('p99'), ratio('p999')];
}

export async function wire({ rounds, seconds, quick, markdown, threads, match }) {
  const speed = [];
  const latency = [];
  for (const group of groups) {
    const cases = group.cases.filter(({ title }) => match.test(title));
    if ((quick && !group.quick) || cases.length === 0) continue;
    const results = await withBoth({ threads, memoryMb: group.evicts ? 64 : 1024 }, async (servers) => {
      for (const server of servers) await fill(server, group.sizes ?? {});
      return measure(servers, cases, { rounds, seconds });
    });
    for (const [i, { title }] of cases.entries()) {
      speed.push(speedRow(title, results[i]));
      latency.push(latencyRow(title, results[i]));
    }
  }
  const pair = (what) => [`memcached ${what}`, `isocached ${what}`];
  print(
    `Server CPU time a request, us (of it in user mode), and requests a second; medians of ${rounds}`,
    ['', ...pair('CPU'), 'ratio', ...pair('req/s'), 'ratio'],
    speed,
    markdown,
  );
  print(
    `Latency, us: p50 / p99 / p99.9; medians of ${rounds}`,
    ['', 'memcached', 'isocached', 'p50', 'p99', 'p99.9'],
    latency,
    markdown,
  );
}
