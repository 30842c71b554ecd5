// What of an item a part of a request or reply speaks of: parts with the same partner light up together.

import { dateOf, duration } from '../base/words.js';

/** By the letter of a meta flag, in requests and replies alike. */
const OF_FLAG: Readonly<Record<string, string>> = {
  c: 'item:cas',
  C: 'item:cas',
  E: 'item:cas',
  f: 'item:clientFlags',
  F: 'item:clientFlags',
  h: 'item:fetched',
  u: 'item:fetched',
  I: 'item:stale',
  X: 'item:stale',
  l: 'item:lastAccess',
  s: 'item:length',
  t: 'item:ttl',
  T: 'item:ttl',
  v: 'item:value',
  x: 'item:value',
  D: 'item:value',
  J: 'item:value',
  N: 'item:won',
  R: 'item:won',
  W: 'item:won',
  Z: 'item:won',
};

/** 'item:...' where the flag is about a field of the item, otherwise 'flag:' and its letter. */
export function partnerOfFlag(letter: string, command: string): string {
  // Only mg hands out a lease; ma and ms create the item with that TTL.
  if (letter === 'N' && command !== 'mg') return 'item:ttl';
  return OF_FLAG[letter] ?? `flag:${letter}`;
}

const MONTH_SECONDS = 30 * 86_400;
const LAST_DATE_SECONDS = 0xffffffff;

/** What an exptime means; empty: it is no number. */
export function exptimeInWords(word: string): string {
  if (!/^-?\d{1,12}$/.test(word)) return '';
  const seconds = Number(word);
  if (seconds === 0) return 'Here: it never expires.';
  if (seconds < 0) return 'Here: it expires at once.';
  if (seconds <= MONTH_SECONDS) return `Here: it expires in ${duration(seconds)}.`;
  if (seconds > LAST_DATE_SECONDS) return '';
  return `Here: more than 30 days is a date, in seconds since 1970. It expires at ${dateOf(seconds * 1000)} UTC.`;
}
