// Servers with a tier, what they count, and a page cache that does not help.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { load } from '../driver/programs.mjs';
import { withServer } from '../driver/servers.mjs';

export const keyBytes = 20;

const TUNED = ['ext_recache_rate=1', 'ext_threads=4'];
export const contestants = [
  { title: 'memcached', name: 'memcached', words: [] },
  { title: 'memcached tuned', name: 'memcached', words: TUNED },
  { title: 'isocached', name: 'isocached', words: [] },
];

// Starts, calls, stops. `pageMb`: of a region (0: each server's own). Not pinned: a tier has threads.
export async function withTier({ title, name, words }, { folder, memoryMb, threads, flashMb, pageMb = 0 }, use) {
  const file = join(folder, title.replaceAll(' ', '-'));
  // memcached has ext_wbuf_size set before ext_path, or not at all.
  const pages = pageMb === 0 ? [] : [`ext_page_size=${pageMb}`, `ext_wbuf_size=${Math.min(pageMb, 4)}`];
  const args = ['-o', [...pages, `ext_path=${file}:${flashMb}m`, ...words].join(',')];
  return withServer(name, { memoryMb, threads, args, pinned: false }, (server) => use({ ...server, title, file }));
}

// All at once: `wanted` of the above.
export function withTiers([first, ...rest], options, use, started = []) {
  if (first === undefined) return use(started);
  return withTier(first, options, (server) => withTiers(rest, options, use, [...started, server]));
}

// Bytes that the process had the system write to files.
export function writtenBytes(server) {
  return Number(/^write_bytes: (\d+)/m.exec(readFileSync(`/proc/${server.pid}/io`, 'latin1'))[1]);
}

export function readBytes(server) {
  return Number(/^read_bytes: (\d+)/m.exec(readFileSync(`/proc/${server.pid}/io`, 'latin1'))[1]);
}

// CPU time a get: the process's own, user and system. Not the sum over its threads, because the kernel's threads
// for writes come and go.
export const cpuOfGet = (run) => ((run.server_user_us + run.server_system_us) * run.requests) / run.keys;

// Writes what is dirty, and drops the file's pages from the page cache.
const forget = (file) =>
  new Promise((resolve, reject) => {
    const args = [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0', 'status=none'];
    execFile('dd', args, (error) => (error ? reject(error) : resolve()));
  });

const FORGET_EVERY_MS = 100;

// Calls, and keeps the server's file out of the page cache meanwhile. memcached reads through the cache, so on a
// machine with free memory its flash would be memory. A memory cgroup would do it, too, but reclaims within
// memcached's reads and on its account. isocached reads with O_DIRECT; it gets the same, so that both have the
// same neighbour.
export async function withoutPageCache(server, use) {
  let stopped = false;
  const dropping = (async () => {
    while (!stopped) {
      await forget(server.file);
      await sleep(FORGET_EVERY_MS);
    }
  })();
  try {
    return await use();
  } finally {
    stopped = true;
    await dropping;
  }
}

// Stores every key once. memcached has given all its memory to values by the time its first item goes to flash, and
// moves a page at a time to where headers go: filled faster, it drops most.
export async function fill(server, { keys, valueSize, fillRate }) {
  await load(server, {
    workload: 'set',
    sequential: true,
    requests: keys,
    keys,
    keySize: keyBytes,
    valueSize,
    connections: 1,
    depth: 50, // seldom enough that the load sleeps in between
    pin: false,
    rate: fillRate,
  });
}
