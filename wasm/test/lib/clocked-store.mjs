import { open } from '../../dist/esm/entry/index.js';

export const START_MS = 1_800_000_000_250;
export const DAY_MS = 86_400_000;
export const wasmPath = new URL('../../dist/isocache.wasm', import.meta.url);
export const tierWasmPath = new URL('../../dist/isocache-tier.wasm', import.meta.url);

/** A store and its clock. */
export async function withClock(options) {
  const clock = { now: START_MS };
  return { clock, store: await open({ now: () => clock.now, ...options }) };
}

export const fails = (code) => ({ name: 'IsocacheError', code });
