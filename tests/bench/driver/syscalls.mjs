// System calls a request, counted by strace. It slows the server down, so that more requests wait when it
// looks: with several connections the calls that serve many at once (epoll_wait) come out a little low.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { exitOf, spawnBound } from '../../lib/server.mjs';
import { load } from './programs.mjs';
import { withBoth } from './servers.mjs';
import { fixed, print, times } from './table.mjs';

const base = { keys: 1000, keySize: 20, valueSize: 100 };
const requests = 16_000;

const cases = [
  { title: 'get, 1 connection', options: { workload: 'get', connections: 1 } },
  { title: 'get, 16 connections', options: { workload: 'get', connections: 16 } },
  { title: 'get, 32 deep', options: { workload: 'get', connections: 16, depth: 32 } },
  { title: 'mg, 32 deep', options: { workload: 'mg', connections: 16, depth: 32 } },
  { title: 'set, 16 connections', options: { workload: 'set', connections: 16 } },
  { title: 'set, 32 deep', options: { workload: 'set', connections: 16, depth: 32 } },
];

// What the timers of idle threads do has nothing to do with requests.
const unrelated = new Set(['clock_nanosleep', 'restart_syscall', 'total']);

// A line is: % time, seconds, microseconds a call, calls, perhaps errors, name.
function callsIn(summary) {
  const rows = summary.split('\n').map((line) => line.trim().split(/\s+/)).filter((row) => /^[\d.]+$/.test(row[0]));
  return rows.map((row) => ({ name: row.at(-1), calls: Number(row[3]) })).filter(({ name }) => !unrelated.has(name));
}

async function trace(server, folder, options) {
  const file = join(folder, server.name);
  const strace = spawnBound('strace', ['-f', '-c', '-p', `${server.pid}`, '-o', file], { stdio: 'ignore' });
  await sleep(500); // until it is attached
  await load(server, { ...base, ...options, requests });
  strace.kill('SIGINT');
  await exitOf(strace, 10_000);
  const calls = callsIn(readFileSync(file, 'latin1')).map(({ name, calls }) => ({ name, each: calls / requests }));
  return {
    each: calls.reduce((sum, { each }) => sum + each, 0),
    names: calls.filter(({ each }) => each >= 0.01).map(({ name, each }) => `${name} ${each.toFixed(2)}`).join(', '),
  };
}

export async function syscalls({ markdown, match, threads }) {
  const folder = mkdtempSync(join(tmpdir(), 'isocache-bench-'));
  const rows = [];
  try {
    await withBoth({ threads }, async (servers) => {
      for (const server of servers) {
        await load(server, { ...base, workload: 'set', sequential: true, requests: base.keys });
      }
      for (const { title, options } of cases.filter((one) => match.test(one.title))) {
        const [theirs, ours] = [await trace(servers[0], folder, options), await trace(servers[1], folder, options)];
        rows.push([title, fixed(2)(theirs.each), fixed(2)(ours.each), times(ours.each / theirs.each), theirs.names, ours.names]);
      }
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
  print('System calls a request', ['', 'memcached', 'isocached', 'ratio', 'memcached', 'isocached'], rows, markdown);
}
