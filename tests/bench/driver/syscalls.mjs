// System calls a request, counted by strace. It slows the server down, so that more requests wait when it
// looks: with several connections the calls that serve many at once (epoll_wait) come out a little low.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { exitOf, spawnBound } from '../../lib/server.mjs';
import { groups } from './cases.mjs';
import { base, fill } from './measure.mjs';
import { load } from './programs.mjs';
import { withBoth } from './servers.mjs';
import { fixed, print, times } from './table.mjs';

const attachLimitMs = 10_000;

// Enough requests that the calls of the start and of timers do not show.
function requestsOf({ workload, valueSize = base.valueSize }, quick) {
  const requestBytes = valueSize * (workload === 'multiget' ? 100 : 1);
  return quick ? 640 : Math.ceil(Math.min(16_000, 800e6 / requestBytes));
}

// What the timers of idle threads do has nothing to do with requests.
const unrelated = new Set(['clock_nanosleep', 'restart_syscall', 'total']);

// A line is: % time, seconds, microseconds a call, calls, perhaps errors, name.
function callsIn(summary) {
  const rows = summary
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((row) => /^[\d.]+$/.test(row[0]));
  return rows.map((row) => ({ name: row.at(-1), calls: Number(row[3]) })).filter(({ name }) => !unrelated.has(name));
}

async function untilTraced(pid) {
  const traced = (thread) => !/TracerPid:\t0/.test(readFileSync(`/proc/${pid}/task/${thread}/status`, 'latin1'));
  for (const end = Date.now() + attachLimitMs; !readdirSync(`/proc/${pid}/task`).every(traced); await sleep(5)) {
    if (Date.now() > end) throw new Error('strace may not look at the server');
  }
}

async function trace(server, folder, options, requests) {
  const file = join(folder, server.name);
  const strace = spawnBound('strace', ['-f', '-c', '-p', `${server.pid}`, '-o', file], { stdio: 'ignore' });
  await untilTraced(server.pid);
  await load(server, { ...base, ...options, requests });
  strace.kill('SIGINT');
  await exitOf(strace, 10_000);
  const calls = callsIn(readFileSync(file, 'latin1')).map(({ name, calls }) => ({ name, each: calls / requests }));
  const each = calls.reduce((sum, one) => sum + one.each, 0);
  const named = calls.filter((one) => one.each >= each / 20).map((one) => `${one.name} ${one.each.toFixed(2)}`);
  return { each, names: named.join(', ') };
}

// { title: ours / theirs }
export async function syscalls({ markdown, match, quick, threads }) {
  const folder = mkdtempSync(join(tmpdir(), 'isocache-bench-'));
  const ratios = {};
  const rows = [];
  try {
    for (const { memoryMb, sizes, cases } of quick ? groups.slice(0, 1) : groups) {
      const wanted = cases.filter(
        ({ title, quick: short, options }) =>
          match.test(title) && (quick ? short : !options.rate && [undefined, 1, 16].includes(options.connections)),
      );
      if (wanted.length === 0) continue;
      await withBoth({ threads, memoryMb }, async (servers) => {
        for (const server of servers) await fill(server, sizes);
        for (const { title, options } of wanted) {
          const requests = requestsOf(options, quick);
          const theirs = await trace(servers[0], folder, options, requests);
          const ours = await trace(servers[1], folder, options, requests);
          ratios[title] = ours.each / theirs.each;
          rows.push([
            title,
            fixed(2)(theirs.each),
            fixed(2)(ours.each),
            times(ratios[title]),
            theirs.names,
            ours.names,
          ]);
        }
      });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  print('System calls a request', ['', 'memcached', 'isocached', 'ratio', 'memcached', 'isocached'], rows, markdown);
  return ratios;
}
