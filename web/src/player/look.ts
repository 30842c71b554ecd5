// What can be seen of a store before and after a step: all items if they are few, otherwise those of some keys.

import type { Inspector, ItemState } from 'isocache/inspect';
import { keyText, MOST_KEYS } from './keys.js';

/** With so many items all are looked at. */
const FEW = 64;
/** A longer value is compared by its cas alone. */
const VALUE_BYTES = 256;
/** No item has a longer key. */
const MAX_KEY_BYTES = 250;

export interface Seen {
  readonly item: ItemState;
  /** Undefined: it is too long to be looked at. */
  readonly value: Uint8Array | undefined;
}

export interface Look {
  /** By keyText(). */
  readonly seen: ReadonlyMap<string, Seen>;
  /** Items that expired or were flushed, and whose memory was not taken back yet. */
  readonly gone: ReadonlyMap<string, ItemState>;
  /** All keys that were looked for, there or not. */
  readonly keys: ReadonlyMap<string, Uint8Array>;
  /** Every item of the store is among them. */
  readonly all: boolean;
  /** Of all items. */
  readonly count: number;
  readonly now: number;
}

/** `wanted` are the keys that may matter, `before` is an earlier look, whose keys matter. */
export function lookAt(store: Inspector, wanted: readonly Uint8Array[], before?: Look): Look {
  // An earlier look that has not seen all does not know which items are new.
  const all = store.itemCount <= FEW && (before?.all ?? true);
  const seen = new Map<string, Seen>();
  const gone = new Map<string, ItemState>();
  const keys = new Map<string, Uint8Array>(before?.keys);
  const most = keys.size + MOST_KEYS;
  for (const key of wanted) {
    if (keys.size >= most) break;
    if (key.length >= 1 && key.length <= MAX_KEY_BYTES) keys.set(keyText(key), key);
  }
  const see = (item: ItemState) => {
    const text = keyText(item.key);
    if (item.gone) gone.set(text, item);
    else seen.set(text, { item, value: item.valueLength <= VALUE_BYTES ? store.value(item.key) : undefined });
  };
  for (const item of all ? store.items() : []) {
    keys.set(keyText(item.key), item.key);
    see(item);
  }
  for (const [text, key] of keys) {
    const item = all || seen.has(text) || gone.has(text) ? undefined : store.item(key);
    if (item) see(item);
  }
  return { seen, gone, keys, all, count: store.itemCount, now: store.now };
}

/** The items that requests find. */
export function livingOf(store: Inspector): ItemState[] {
  return store.items().filter(({ gone }) => !gone);
}
