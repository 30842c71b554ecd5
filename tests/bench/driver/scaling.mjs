// What threads give: the same load on servers with 1, 2, 4 ... threads, which may use every core. With
// fewer cores than threads of both sides the load competes with the server, so that requests a second
// cannot grow; CPU time a request tells then whether threads are in each other's way.
import os from 'node:os';

import { fill, measureInTurns, middle, middleRatio } from './measure.mjs';
import { run } from './programs.mjs';
import { withServers } from './servers.mjs';
import { count, fixed, median, print, times } from './table.mjs';

const cores = os.availableParallelism();
const threadCounts = [1, 2, 4, 8, 16].filter((threads) => threads <= Math.max(2, cores));

const cases = ['get', 'set'].flatMap((workload) =>
  [
    ['uniform', 100_000],
    ['one', 1],
  ].flatMap(([name, keys]) =>
    [1, 32].map((depth) => ({
      title: `${workload} ${name}, ${depth} deep`,
      options: { workload, keys, depth, connections: 64, threads: threadCounts.at(-1), pin: undefined },
    })),
  ),
);

const short = [cases[1]];

const titleOf = (load, threads) => `${load}, ${threads} thread${threads === 1 ? '' : 's'}`;

async function overTheWire({ rounds, seconds, quick, markdown, match }) {
  const wanted = (quick ? short : cases).filter(({ title }) => match.test(title));
  if (wanted.length === 0) return {};
  const names = ['memcached', 'isocached'];
  const wantedServers = threadCounts.flatMap((threads) =>
    names.map((name) => [name, { threads, memoryMb: 256, pinned: false }]),
  );
  const results = await withServers(wantedServers, async (servers) => {
    for (const server of servers) await fill(server, {});
    return measureInTurns(servers, wanted, { rounds, seconds });
  });
  const growth = {};
  const rows = [];
  for (const [i, { title }] of wanted.entries()) {
    for (const [step, threads] of threadCounts.entries()) {
      const pair = results[i].slice(2 * step, 2 * step + 2);
      const ratio = (figure) => pair.map((runs, at) => middleRatio(runs, results[i][at], figure));
      const row = titleOf(title, threads);
      growth[row] = { requests: ratio('requests')[1], cpu: ratio('cpu')[1] };
      rows.push([
        row,
        ...pair.map((runs) => count(middle(runs, 'requests'))),
        ...ratio('requests').map(times),
        ...pair.map((runs) => fixed(2)(middle(runs, 'cpu'))),
        ...ratio('cpu').map(times),
      ]);
    }
  }
  const both = (what) => names.map((name) => `${name} ${what}`);
  const shared = 2 * threadCounts.at(-1) > cores ? `; ${cores} cores for server and load: trust the CPU time` : '';
  print(
    `Threads over the wire, 64 connections: requests a second, CPU us a request, each beside one thread's${shared}`,
    ['', ...both('req/s'), ...both('x1'), ...both('CPU'), ...both('x1')],
    rows,
    markdown,
  );
  return growth;
}

async function inProcess({ rounds, seconds, quick, markdown }) {
  const runs = [];
  for (let round = 0; round < rounds; ++round) {
    runs.push(await run('isocache_scaling', { seconds: seconds / 4, items: quick ? 1000 : undefined }));
  }
  const speedUps = {};
  const rows = runs[0].map(({ title: load, threads }, i) => {
    const title = titleOf(load, threads);
    const middleOf = (name) => median(runs.map((lines) => lines[i][name]));
    speedUps[title] = middleOf('speed_up');
    const ceiling = middleOf('ceiling');
    return [
      title,
      count(middleOf('requests_per_s')),
      times(speedUps[title]),
      times(ceiling),
      fixed(0)(middleOf('cpu_ns')),
      fixed(0)(middleOf('apart_cpu_ns')),
    ];
  });
  print(
    `Threads in process, no sockets: beside one thread, and so threads that share nothing (apart); medians of ${rounds}`,
    ['', 'requests/s', 'x1', 'apart x1', 'CPU ns', 'apart CPU ns'],
    rows,
    markdown,
  );
  return speedUps;
}

// { wire: { title: { requests, cpu } }, process: { title: speed-up } }, each beside one thread.
export async function scaling(options) {
  return { wire: await overTheWire(options), process: await inProcess(options) };
}
