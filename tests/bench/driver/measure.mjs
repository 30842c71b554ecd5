// Load on servers in turns, and what is made of the runs.
import { load } from './programs.mjs';
import { median } from './table.mjs';

export const base = { connections: 16, keys: 100_000, keySize: 20, valueSize: 100 };

// Stores every key once; of very many keys only as many as `requests`.
export async function fill(server, { keys = base.keys, valueSize = base.valueSize, requests = keys }) {
  await load(server, {
    ...base,
    keys,
    valueSize,
    workload: 'set',
    sequential: true,
    requests,
    connections: 4,
    depth: 32,
  });
}

// A get that finds nothing is cheap, and must not pass for a fast one.
function checkFound(server, { workload, keys, values }) {
  if (workload !== 'getmiss' && values < 0.999 * keys) {
    throw new Error(`${server.name}, ${workload}: found only ${values} of ${keys} keys`);
  }
}

// `transport` of a server: further options of a load on it, if there are any.
// Every case `rounds` times on each server, the order turned round each time: [case][server][round].
export async function measureInTurns(servers, cases, { rounds, seconds }) {
  const results = cases.map(() => servers.map(() => []));
  for (let round = 0; round < rounds; ++round) {
    for (const [i, { options }] of cases.entries()) {
      const order = [...servers.keys()];
      if (round % 2 === 1) order.reverse();
      const seed = 1 + round * cases.length + i; // keys drawn anew, but the same for every server
      for (const at of order) {
        const result = await load(servers[at], {
          ...base,
          ...options,
          ...servers[at].transport,
          seed,
          seconds,
          warmup: seconds / 5,
        });
        checkFound(servers[at], result);
        results[i][at].push(result);
      }
    }
  }
  return results;
}

export const figures = {
  requests: (run) => run.requests / run.seconds,
  cpu: (run) => run.server_cpu_us,
  p50: (run) => run.p50_us,
  p99: (run) => run.p99_us,
  p999: (run) => run.p999_us,
};

export const middle = (runs, figure) => median(runs.map(figures[figure]));

// Of pairs measured one after the other: whatever slows the machine slows both.
export const middleRatio = (runs, others, figure) =>
  median(runs.map((run, i) => figures[figure](run) / figures[figure](others[i])));
