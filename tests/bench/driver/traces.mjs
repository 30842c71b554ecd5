// Miss ratios of request traces on both servers; every byte that comes back is checked.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { replay } from './programs.mjs';
import { withServer } from './servers.mjs';
import { count, fixed, print } from './table.mjs';

const shared = process.env.ISOCACHE_SHARED ?? '../shared';

// Recorded traces are read where they lie, if they do.
const recorded = [
  { trace: 'oltp', options: { file: join(shared, 'traces/OLTP.lis.zst') } },
  { trace: 'cloudphysics', options: { file: join(shared, 'traces/cloudPhysicsIO.csv.gz') } },
]
  .filter(({ options }) => existsSync(options.file))
  .map((one) => ({ ...one, memoriesMb: [16, 64, 256] }));

const madeUp = ['zipf', 'scan', 'shift', 'loop', 'overwrite', 'recent', 'mixed', 'tiny', 'ttl'].map((trace) => ({
  trace,
  options: { requests: { tiny: 5_000_000, ttl: 600_000 }[trace] ?? 1_000_000 },
  memoriesMb: [64],
}));

const short = ({ trace, options }) => ({
  trace,
  options: { ...options, requests: 10_000 },
  memoriesMb: [8],
});

function run(name, memoryMb, threads, { trace, options }) {
  return withServer(name, { memoryMb, threads }, async (server) => {
    const result = await replay(server, trace, options);
    return { ...result, rssMb: server.rssMb() };
  });
}

// { 'oltp, 64 MB': { theirs, ours } }, miss ratios
export async function traces({ memoriesMb, quick, markdown, threads, match }) {
  const wanted = [...recorded, ...madeUp].map((one) => (quick ? short(one) : one));
  const missRatios = {};
  const rows = [];
  for (const one of wanted) {
    for (const memoryMb of memoriesMb ?? one.memoriesMb) {
      const title = `${one.trace}, ${memoryMb} MB`;
      if (!match.test(title)) continue;
      const theirs = await run('memcached', memoryMb, threads, one);
      const ours = await run('isocached', memoryMb, threads, one);
      const difference = ours.miss_ratio - theirs.miss_ratio;
      missRatios[title] = { theirs: theirs.miss_ratio, ours: ours.miss_ratio };
      rows.push([
        title,
        count(ours.requests),
        fixed(4)(theirs.miss_ratio),
        fixed(4)(ours.miss_ratio),
        `${difference > 0 ? '+' : ''}${difference.toFixed(4)}`,
        fixed(4)(theirs.byte_miss_ratio),
        fixed(4)(ours.byte_miss_ratio),
        fixed(1)(theirs.rssMb),
        fixed(1)(ours.rssMb),
      ]);
    }
  }
  print(
    'Miss ratio of replayed traces (get, set on a miss), by objects and by bytes, and RSS; no wrong byte',
    [
      '',
      'requests',
      'memcached',
      'isocached',
      'difference',
      'memcached bytes',
      'isocached bytes',
      'memcached MB',
      'isocached MB',
    ],
    rows,
    markdown,
  );
  return missRatios;
}
