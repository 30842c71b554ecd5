// Loads that a test holds and lets go, and the caches to try them on.

import { setTimeout as sleep } from 'node:timers/promises';

import { open } from 'isocache';
import { createClient } from 'isocache/client';

import { servers } from './servers.mjs';

/** A loader that counts, and that the test lets go on. */
export function heldLoader(value = 'loaded') {
  const loads = [];
  const load = (key, { signal }) =>
    new Promise((resolve, reject) => {
      loads.push({ key, signal, succeed: () => resolve(`${value}${loads.length}`), fail: (error) => reject(error) });
    });
  return { load, loads };
}

/** Until the load has begun, or for a while. */
export async function begun(loads, count = 1) {
  for (let i = 0; i < 200 && loads.length < count; ++i) await sleep(2);
}

export const places = [
  [
    'in process',
    async () => {
      const cache = await open();
      return { cache, other: cache };
    },
  ],
  ...servers.map(([name, start, skip]) => [
    `over ${name}`,
    async (t) => {
      const server = await start();
      t.after(() => server.stop());
      return connect(t, { port: server.port });
    },
    skip,
  ]),
];

export function connect(t, address) {
  const [cache, other] = [createClient(address), createClient(address)];
  t.after(() => Promise.all([cache.close(), other.close()]));
  return { cache, other };
}
