// How an order of one's own race has ended: whole items, to be compared and to be told in a few words.

import type { Inspector, ItemState } from 'isocache/inspect';
import { escapeBytes } from '../base/escape.js';
import { latin1 } from '../base/text.js';
import { counted, duration } from '../base/words.js';

/** In a store with more items only those are looked at that the race speaks of, and all are counted. */
const FEW = 64;
const MOST_SHOWN = 40;
const BEFORE_THE_DIFFERENCE = 10;
const MOST_NAMED = 8;
const MOST_OTHERS = 3;
/** No item has a longer key. */
const MAX_KEY_BYTES = 250;

interface EndItem {
  readonly value: Uint8Array;
  readonly facts: readonly string[];
}

export interface StoreEnd {
  /** By the key in escapes. */
  readonly items: ReadonlyMap<string, EndItem>;
  readonly count: number;
  /** The same for two ends if and only if they are the same. A cas is none of it: it counts stores, in any order. */
  readonly identity: string;
}

/** `spoken` are the keys that the race speaks of. */
export function storeEndOf(store: Inspector, spoken: readonly Uint8Array[]): StoreEnd {
  const count = store.itemCount;
  const keys = spoken.filter(({ length }) => length >= 1 && length <= MAX_KEY_BYTES);
  const states = keys.map((key) => store.item(key)).filter((item) => item !== undefined);
  if (count <= FEW) states.push(...store.items());
  const items = new Map<string, EndItem>();
  for (const state of states) {
    const value = state.gone ? undefined : store.value(state.key);
    if (value !== undefined) items.set(escapeBytes(state.key), { value, facts: factsOf(state, store.now) });
  }
  const parts = [...items].map(([key, { value, facts }]) => [key, latin1(value), ...facts]);
  parts.sort(([a], [b]) => (a! < b! ? -1 : 1));
  return { items, count, identity: JSON.stringify([count <= FEW ? 0 : count, parts]) };
}

function factsOf({ expires, stale, won, clientFlags }: ItemState, now: number): string[] {
  return [
    ...(expires === 0 ? [] : [`${duration((expires - now) / 1000)} left`]),
    ...(stale ? ['marked stale'] : []),
    ...(won ? ['won by somebody'] : []),
    ...(clientFlags === 0 ? [] : [`client flags ${clientFlags}`]),
  ];
}

/** "page: hello (10 s left), n: nothing". `usual` is the end that it is compared with. */
export function wordingOf(end: StoreEnd, spoken: readonly string[], usual: StoreEnd): string {
  const say = (key: string) => `${key}: ${itemInWords(end.items.get(key), usual.items.get(key))}`;
  const named = spoken.slice(0, MOST_NAMED);
  const keys = new Set([...end.items.keys(), ...usual.items.keys()]);
  const others = [...keys].filter((key) => !named.includes(key) && !isSame(end.items.get(key), usual.items.get(key)));
  const more = others.length - MOST_OTHERS;
  const parts = [
    ...[...named, ...others.slice(0, MOST_OTHERS)].map(say),
    ...(more > 0 ? [`${more} more that are otherwise`] : []),
    ...(end.count > FEW && end.count !== usual.count ? [`${counted(end.count, 'item')} in all`] : []),
  ];
  return parts.join(', ') || 'as on the tape';
}

function isSame(one: EndItem | undefined, other: EndItem | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.facts.join() === other.facts.join() && latin1(one.value) === latin1(other.value);
}

function itemInWords(item: EndItem | undefined, usual: EndItem | undefined): string {
  if (item === undefined) return 'nothing';
  const value = valueInWords(item.value, usual?.value);
  return item.facts.length === 0 ? value : `${value} (${item.facts.join(', ')})`;
}

/** Of a long value the part that is not as usual, or both its ends. */
function valueInWords(value: Uint8Array, usual: Uint8Array | undefined): string {
  if (value.length === 0) return 'an empty value';
  if (value.length <= MOST_SHOWN) {
    const shown = escapeBytes(value);
    return value[0] === SPACE || value.at(-1) === SPACE ? `"${shown}"` : shown;
  }
  const differs = usual === undefined ? -1 : value.findIndex((byte, at) => byte !== usual[at]);
  const half = MOST_SHOWN / 2;
  if (differs < 0) return `${escapeBytes(value.subarray(0, half))}…${escapeBytes(value.subarray(-half))}`;
  const from = Math.min(Math.max(0, differs - BEFORE_THE_DIFFERENCE), value.length - MOST_SHOWN);
  const to = from + MOST_SHOWN;
  return `${from > 0 ? '…' : ''}${escapeBytes(value.subarray(from, to))}${to < value.length ? '…' : ''}`;
}

const SPACE = 32;
