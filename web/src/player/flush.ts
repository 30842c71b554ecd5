// flush_all: when it takes effect, and how many items it took.

import type { Inspector } from 'isocache/inspect';
import { duration } from '../base/words.js';
import { keyText } from './keys.js';
import { livingOf } from './look.js';
import type { Context, Ran } from './run.js';

/** A larger delay is a date, as with a TTL. */
const MOST_DELAY_S = 30 * 86_400;
const MOST_DATE_S = 0x7fffffff;
const NEVER = Number.POSITIVE_INFINITY;

/** What a step took at once, without naming the keys. */
export interface Lost {
  /** Items that are gone, though they have not expired and were not evicted. */
  readonly count: number;
  /** Items that requests find now. */
  readonly left: number;
}

/** `living`: keys of all items before the step, without those that expire in it. */
export function lostOf(store: Inspector, living: readonly string[], ran: Ran): Lost {
  const now = new Set(livingOf(store).map(({ key }) => keyText(key)));
  const told = new Set(ran.evicted.map(keyText));
  return { count: living.filter((text) => !now.has(text) && !told.has(text)).length, left: now.size };
}

/** When the flush that is to come takes effect. `now` is the time after the step. */
export function flushAfter({ context, spoken }: Ran, now: number): number {
  const pending = context.flushAt > now ? context.flushAt : NEVER;
  if (spoken?.flush === undefined || !/^-?\d{1,10}$/.test(spoken.flush)) return pending;
  const seconds = Number(spoken.flush);
  if (seconds > MOST_DATE_S) return pending;
  const at = seconds > MOST_DELAY_S ? seconds * 1000 : now + seconds * 1000;
  return at > now ? at : NEVER;
}

/** "everything will be flushed in 10 s"; nothing if that is as it was. */
export function flushClause(before: Context, flushAt: number, now: number): string[] {
  if (before.flushAt === flushAt) return [];
  if (flushAt === NEVER) return ['the flush that was to come is called off'];
  return [`everything will be flushed in ${duration((flushAt - now) / 1000)}`];
}
