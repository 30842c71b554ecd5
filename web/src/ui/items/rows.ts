// The items in the order in which they are shown: by key while they are few, as the store has them when they are many.

import type { Inspector, ItemState } from 'isocache/inspect';
import { escapeBytes } from '../../base/escape.js';

/** Sorting more would take longer than a frame. */
const MOST_SORTED = 500;
const SHOWN_BYTES = 60;

export interface Rows {
  readonly count: number;
  readonly sorted: boolean;
  get(from: number, to: number): ItemState[];
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; ++at) if (a[at] !== b[at]) return a[at]! - b[at]!;
  return a.length - b.length;
}

export function rowsOf(inspector: Inspector): Rows {
  const count = inspector.itemCount;
  if (count > MOST_SORTED) {
    return { count, sorted: false, get: (from, to) => inspector.items({ from, count: to - from }) };
  }
  const all = inspector.items({ from: 0, count }).sort((a, b) => compare(a.key, b.key));
  return { count: all.length, sorted: true, get: (from, to) => all.slice(from, to) };
}

/** The beginning of an item's value. */
export function preview(inspector: Inspector, item: ItemState): string {
  const value = inspector.value(item.key, SHOWN_BYTES) ?? new Uint8Array();
  return escapeBytes(value) + (value.length < item.valueLength ? '…' : '');
}
