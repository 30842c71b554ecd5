// What replies tell, as objects.

import { replyFlags } from './meta.js';
import { decodeText } from '../base/text.js';
import type { Item, ItemOptions, Stats } from '../base/types.js';

const NEWLINE = 10;

/**
 * An empty item in place of one that somebody is loading: nothing to all who take no part in that. An empty value that is
 * loaded anew looks the same, and is nothing meanwhile.
 */
export function isLease({ size, stale, won, lost }: Item): boolean {
  return size === 0 && (stale || won || lost);
}

/** Whether a reader takes part in loading. */
export function asksToLoad({ lease, refreshBelow, win }: ItemOptions): boolean {
  return lease !== undefined || refreshBelow !== undefined || win === true;
}

/**
 * By the line of a reply to `mg`: somebody loads the item, or is to. The flags that say so, Z X W, are the last ones, and
 * what comes before ends in a digit.
 */
export function isMarked(line: string): boolean {
  return line.charCodeAt(line.length - 1) > 0x39;
}

/**
 * Reads a whole reply to `mg` with the flags v c f s l h t. `now` is what the engine was told. Who does not ask is told
 * neither that he won nor that he lost.
 */
export function itemOf(reply: Uint8Array, now: number, asks: boolean): Item {
  const lineEnd = reply.indexOf(NEWLINE);
  const item = readItem(decodeText(reply.subarray(0, lineEnd - 1)), reply.slice(lineEnd + 1, -2), now);
  if (!asks) item.won = item.lost = false;
  return item;
}

/** The same from the reply's line, without its end, and the value. */
export function readItem(line: string, value: Uint8Array, now: number): Item {
  const item: Item = {
    value,
    text: () => decodeText(value),
    cas: 0n,
    flags: 0,
    ttl: undefined,
    size: value.length,
    idle: 0,
    hit: false,
    stale: false,
    won: false,
    lost: false,
  };
  for (const flag of replyFlags(line)) {
    const argument = flag.slice(1);
    switch (flag[0]) {
      case 'c':
        item.cas = BigInt(argument);
        break;
      case 'f':
        item.flags = Number(argument);
        break;
      case 't':
        if (argument !== '-1') item.ttl = (Number(argument) + Math.floor(now / 1000)) * 1000 - now;
        break;
      case 'l':
        item.idle = Number(argument) * 1000;
        break;
      case 'h':
        item.hit = argument === '1';
        break;
      case 'X':
        item.stale = true;
        break;
      case 'W':
        item.won = true;
        break;
      case 'Z':
        item.lost = true;
        break;
    }
  }
  return item;
}

/** Reads a whole reply to `stats`. */
export function parseStats(reply: Uint8Array): Record<string, string> {
  const lines = decodeText(reply)
    .split('\r\n')
    .filter((line) => line.startsWith('STAT '));
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, ...words] = line.split(' ');
      return [name!, words.join(' ')];
    }),
  );
}

export function statsOf(all: Record<string, string>, items: number, bytes: number): Stats {
  const number = (name: string) => Number(all[name] ?? 0);
  return {
    items,
    bytes,
    maxBytes: number('limit_maxbytes'),
    hits: number('get_hits'),
    misses: number('get_misses'),
    sets: number('cmd_set'),
    evictions: number('evictions'),
    all,
  };
}
