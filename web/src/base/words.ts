// Numbers, times, sizes and keys for people. A number and its unit do not come apart at a line's end.

import { escapeBytes } from './escape.js';

const NO_BREAK = '\u00a0';
const UNITS = [
  ['day', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** 4,096 */
export function number(value: number | bigint): string {
  return value.toLocaleString('en');
}

/** "1 item", "2 items" */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${number(value)}${NO_BREAK}${value === 1 ? one : many}`;
}

/** "5 bytes" */
export function bytesOf(value: number): string {
  return counted(value, 'byte');
}

/** "5 bytes are missing" */
export function areMissing(value: number): string {
  return `${bytesOf(value)} ${value === 1 ? 'is' : 'are'} missing`;
}

/** Whole seconds, exactly: "30 s", "1 h 30 min", "31 days". */
export function duration(seconds: number): string {
  if (seconds < 1) return `0${NO_BREAK}s`;
  const parts: string[] = [];
  let left = Math.floor(seconds);
  for (const [unit, size] of UNITS) {
    const amount = Math.floor(left / size);
    left -= amount * size;
    if (amount > 0) parts.push(unit === 'day' ? counted(amount, unit) : `${number(amount)}${NO_BREAK}${unit}`);
  }
  return parts.join(' ');
}

/** A key in backticks, whole, with what cannot be seen as \xNN. */
export function quoteKey(key: Uint8Array): string {
  return `\`${escapeBytes(key).replaceAll('`', '\\x60')}\``;
}

/** "a, b and c" */
export function listOf(parts: readonly string[]): string {
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

/** A client's name as people write it: "Alice". */
export function nameOf(client: string): string {
  return client.slice(0, 1).toUpperCase() + client.slice(1);
}

/** "2026-01-01 00:00:30" (UTC). */
export function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
