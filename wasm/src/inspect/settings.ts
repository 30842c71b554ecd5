// What an inspector is opened with.

import { checkType, within } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import type { MachineOptions } from './machine.js';
import type { InspectorOptions, StoreSettings } from './types.js';

const SETTINGS = ['maxBytes', 'maxItemSize', 'hashSeed', 'now'] as const satisfies readonly (keyof StoreSettings)[];
const OPTIONS = [...SETTINGS, 'wasm'] as const satisfies readonly (keyof InspectorOptions)[];

const MIN_BYTES = 1 << 20;
// Whoever looks into a store of more than this sees no segment any more.
const MAX_BYTES = 1 << 30;
const MIN_ITEM_BYTES = 1 << 10;
const DEFAULT_ITEM_BYTES = 1 << 20;
const DEFAULT_NOW_MS = Date.UTC(2026, 0, 1);
/** The engine's dates have 32 bits. */
export const MAX_NOW_MS = 0xffffffff * 1000;
const DEFAULT_HASH_SEED = 0x69736f6361636865n;

export function checkInspectorOptions(options: InspectorOptions): void {
  checkKnown(options, OPTIONS);
}

/** Throws if one of them makes no sense. */
export function settingsOf(given: StoreSettings): MachineOptions & { now: number } {
  const { hashSeed = DEFAULT_HASH_SEED } = given;
  checkType('hashSeed', hashSeed, 'bigint');
  const maxBytes = within('maxBytes', given.maxBytes ?? MIN_BYTES, MIN_BYTES, MAX_BYTES);
  const most = maxBytes / 2;
  const asked = given.maxItemSize ?? Math.min(most, DEFAULT_ITEM_BYTES);
  const maxItemSize = within('maxItemSize', asked, MIN_ITEM_BYTES, most);
  const now = within('now', given.now ?? DEFAULT_NOW_MS, 0, MAX_NOW_MS);
  return { maxBytes, maxItemSize, hashSeed, now, nowS: secondsOf(now) };
}

export function checkSettings(settings: StoreSettings): void {
  checkKnown(settings, SETTINGS);
}

export function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
