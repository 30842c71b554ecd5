// Times of the page: what an item has left, and the tape's clock.

import { duration, number } from '../base/words.js';

const SECOND_MS = 1000;
const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** What an item has left at `now`, in two units at most: "29 s", "1 h 5 min", and a sign for never. */
export function ttl(expires: number, now: number): string {
  if (expires === 0) return '∞';
  const left = Math.max(0, Math.ceil((expires - now) / SECOND_MS));
  return duration(left).split(' ').slice(0, 2).join('\u00a0');
}

/** The tape's clock: "01:02:03" since its beginning, days in front. */
export function elapsed(ms: number): string {
  const total = Math.floor(ms / SECOND_MS);
  const parts = [Math.floor((total % DAY_S) / HOUR_S), Math.floor((total % HOUR_S) / MINUTE_S), total % MINUTE_S];
  const clock = parts.map((value) => String(value).padStart(2, '0')).join(':');
  const days = Math.floor(total / DAY_S);
  return days > 0 ? `${number(days)}\u00a0d\u00a0${clock}` : clock;
}
