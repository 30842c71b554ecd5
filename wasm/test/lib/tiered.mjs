// Small stores whose items lie on a tier.

import { open } from '../../dist/esm/entry/index.js';

const MIB = 2 ** 20;
export const FILL = 3000;
const FILL_SMALL = 30_000;

/** 4 MiB of memory, 32 MiB behind it. */
export function openTiered(options) {
  return open({ maxBytes: 4 * MIB, tier: { bytes: 32 * MIB }, ...options });
}

/** Fills memory anew, so that all that was stored before lies on the tier: items of each size push out their like. */
export function fill(store, name = 'fill') {
  const items = (count, what, value) => Array.from({ length: count }, (_, i) => [`${name}:${what}${i}`, value]);
  store.setMany(items(20, 'large:', 'l'.repeat(200_000)));
  store.setMany(items(FILL_SMALL, 'small:', 's'));
  store.setMany(items(FILL, '', 'f'.repeat(1200)));
  store.setMany(items(FILL_SMALL, 'again:', 's'));
}
export const FILLED = FILL + 2 * FILL_SMALL + 20;

/** Whether the next read asks the tier. */
export function isCold(store, key) {
  const before = stat(store, 'get_extstore');
  store.execute(`mg ${key} u\r\n`);
  return stat(store, 'get_extstore') > before;
}

/** A device in memory. Its functions can be replaced. */
export function memoryDevice(size = 32 * MIB) {
  const memory = new Uint8Array(size);
  return {
    size,
    memory,
    closed: 0,
    read(bytes, at) {
      bytes.set(memory.subarray(at, at + bytes.length));
      return bytes.length;
    },
    write(bytes, at) {
      memory.set(bytes, at);
      return bytes.length;
    },
    close() {
      ++this.closed;
    },
  };
}

/** A number of the command `stats`. */
export const stat = (store, name) => Number(store.stats().all[name]);
