// User-mode instructions a request, counted by callgrind: unlike times they repeat, whatever else the
// machine does. Two runs that differ in nothing but the number of requests, so that start and end cancel.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { load } from './programs.mjs';
import { withServer } from './servers.mjs';
import { count, print, times } from './table.mjs';

const base = { connections: 1, keys: 1000, keySize: 20, valueSize: 100, depth: 32 };
const few = 2_000;
const many = 12_000;

const cases = [
  { title: 'get, 1 deep', options: { workload: 'get', depth: 1 } },
  { title: 'get, 32 deep', options: { workload: 'get' } },
  { title: 'mg, 32 deep', options: { workload: 'mg' } },
  { title: 'set, 32 deep', options: { workload: 'set' } },
  { title: 'ms, 32 deep', options: { workload: 'ms' } },
  { title: 'ma, 32 deep', options: { workload: 'ma' } },
  { title: 'get miss, 32 deep', options: { workload: 'getmiss' } },
  { title: 'multiget of 100, a key', options: { workload: 'multiget', depth: 1 }, perRequest: 100 },
];

async function instructions(name, folder, options, requests) {
  const file = join(folder, `${name}-${requests}`);
  const wrapper = ['prlimit', '--nofile=1024:2048', 'valgrind', '--tool=callgrind', `--callgrind-out-file=${file}`];
  // Under valgrind the limit of open files cannot be raised: memcached sets it to just -c, isocached
  // needs some more than -c.
  const args = ['-c', name === 'memcached' ? 1024 : 512];
  await withServer(name, { wrapper, args }, async (server) => {
    await load(server, { ...base, workload: 'set', sequential: true, requests: base.keys });
    await load(server, { ...base, ...options, requests });
  });
  return Number(/^(?:totals|summary): (\d+)/m.exec(readFileSync(file, 'latin1'))[1]);
}

async function perRequest(name, folder, { options, perRequest: parts = 1 }) {
  const scale = parts === 1 ? 1 : 1 / 20; // a large request needs fewer repetitions
  const [a, b] = [few * scale, many * scale];
  const [less, more] = [await instructions(name, folder, options, a), await instructions(name, folder, options, b)];
  return (more - less) / (b - a) / parts;
}

// { title: ours / theirs }
export async function instructionCounts({ markdown, match, quick }) {
  const folder = mkdtempSync(join(tmpdir(), 'isocache-bench-'));
  const ratios = {};
  const rows = [];
  try {
    for (const one of cases.slice(0, quick ? 1 : undefined).filter(({ title }) => match.test(title))) {
      const theirs = await perRequest('memcached', folder, one);
      const ours = await perRequest('isocached', folder, one);
      ratios[one.title] = ours / theirs;
      rows.push([one.title, count(theirs), count(ours), times(ratios[one.title])]);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  print('User-mode instructions a request', ['', 'memcached', 'isocached', 'ratio'], rows, markdown);
  return ratios;
}
