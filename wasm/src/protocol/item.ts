// What a reply to `mg` tells of an item.

import { decodeText } from '../base/text.js';
import type { Item, ItemOptions } from '../base/types.js';
import { freshTtl, ttlOf } from './exptime.js';
import { replyFlags, replyNumber, stray } from './reply.js';

/**
 * An empty item in place of one that somebody is loading. It is nothing to all who take no part in that. An empty value
 * that is loaded anew looks the same, and is nothing meanwhile.
 */
export function isLease({ size, stale, won, lost }: Item): boolean {
  return size === 0 && (stale || won || lost);
}

/** Whether a reader takes part in loading. */
export function asksToLoad({ lease, refreshBelow, win }: ItemOptions): boolean {
  return lease !== undefined || refreshBelow !== undefined || win === true;
}

/**
 * By the line of a reply to `mg`: somebody loads the item, or is to. The flags that say so, Z X W, are the last ones,
 * and what comes before them ends in a digit.
 */
export function isMarked(line: string): boolean {
  return line.charCodeAt(line.length - 1) > 0x39;
}

/**
 * The item of a reply to `mg` with itemFlags(options): its line, and its value, which the item keeps. `phaseMs`: see
 * ttlOf().
 */
export function readItem(line: string, value: Uint8Array, { lease }: ItemOptions, phaseMs = 0): Item {
  const [, c = 0, f = 0, h, l = 0, t = 0, marks] = ITEM.exec(line) ?? [];
  if (marks === undefined) throw stray(line);
  const stale = marks.includes('X');
  const won = marks.includes('W');
  const expires = t !== '-1';
  return {
    value,
    text: () => decodeText(value),
    cas: BigInt(c),
    flags: +f,
    // A lease that was made just now: `t` was read before it got its TTL, see itemFlags().
    ttl: expires ? ttlOf(+t, phaseMs) : won && !stale && lease !== undefined ? freshTtl(lease, phaseMs) : undefined,
    size: value.length,
    idle: +l * 1000,
    hit: h === '1',
    stale,
    won,
    lost: marks.includes('Z'),
  };
}
// Servers answer flags in the order in which they were asked for, and then say who loads.
const ITEM = /^VA \d+(?: c(\d{1,20}))?(?: f(\d+))?(?: h(\d+))?(?: l(\d+))?(?: t(-1|\d+))?((?: [WXZ])*)$/;

/** The item as a reader sees it who takes no part in loading: nothing, or one that nobody has won or lost. */
export function seenPlainly(item: Item): Item | undefined {
  if (isLease(item)) return undefined;
  item.won = item.lost = false;
  return item;
}

/** What a reply tells a command that is to find no lease. Who wins by it writes, or passes the right to load on. */
export interface Found {
  cas: bigint;
  isLease: boolean;
  won: boolean;
}

/** Of the line of a reply to `mg` with FOUND_FLAGS. */
export function readFound(line: string): Found {
  const flags = replyFlags(line);
  return { cas: casOf(flags), isLease: isMarked(line) && flags.includes('s0'), won: flags.includes('W') };
}
export const FOUND_FLAGS = ' s c';

/** A line's cas id, where `c` was asked for. */
export function casOf(flags: readonly string[]): bigint {
  return replyNumber(flags.find((flag) => flag.startsWith('c'))?.slice(1) ?? '0');
}
