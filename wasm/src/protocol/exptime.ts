// What a time to live becomes in the protocol. An exptime of up to 30 days counts from now; a larger one is a date, in
// seconds since 1970. Everything is rounded up, so that a value lives at least as long as its owner asked.

import { checkDuration } from '../base/arguments.js';

const MAX_RELATIVE_S = 60 * 60 * 24 * 30;
// memcached's dates have 31 bits: they end in 2038.
const MAX_WIRE_DATE_S = 0x7fffffff;
// The engine's have 32 bits: they end in 2106, and its time stands still then.
const MAX_ENGINE_DATE_S = 0xffffffff;
// `J` and `N` of a counter: it never expires.
export const NO_EXPTIME = 0;

/** A TTL in milliseconds, which is the argument `name`, to an exptime. */
export type Exptime = (ttl: number, name?: string) => number;

/** The engine's seconds at this time of its clock. */
export function engineSeconds(nowMs: number): number {
  return Math.min(nowMs / 1000, MAX_ENGINE_DATE_S) >>> 0;
}

/** For the engine in this process, whose clock is known to the millisecond: `now` is what it goes by. */
export function engineExptime(now: () => number): Exptime {
  return (ttl, name = 'ttl') => {
    checkDuration(name, ttl);
    const nowMs = now();
    const date = Math.min(Math.ceil((nowMs + ttl) / 1000), MAX_ENGINE_DATE_S);
    return date > MAX_RELATIVE_S ? date : date - engineSeconds(nowMs);
  };
}

/**
 * For a server, whose clock may differ from ours: TTLs count from when it reads them. Only what is longer than 30 days
 * goes as a date of our clock, `now`. A TTL that ends after 2038 is cut to what can be said: a date until then, or 30
 * days.
 */
export function wireExptime(now: () => number): Exptime {
  return (ttl, name = 'ttl') => {
    checkDuration(name, ttl);
    const seconds = Math.ceil(ttl / 1000);
    if (seconds <= MAX_RELATIVE_S) return seconds;
    const nowMs = now();
    if (nowMs + MAX_RELATIVE_S * 1000 >= MAX_WIRE_DATE_S * 1000) return MAX_RELATIVE_S;
    return Math.min(Math.ceil((nowMs + ttl) / 1000), MAX_WIRE_DATE_S);
  };
}

/**
 * What is left to live, in milliseconds, by the seconds that a reply tells. `phaseMs` is how much of the current second
 * is over, where that is known.
 */
export function ttlOf(seconds: number, phaseMs: number): number {
  return seconds * 1000 - phaseMs;
}

/** What ttlOf() gives right after an item got this TTL. */
export function freshTtl(ttl: number, phaseMs: number): number {
  return ttlOf(Math.ceil((phaseMs + ttl) / 1000), phaseMs);
}
