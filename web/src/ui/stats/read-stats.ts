import type { Inspector } from 'isocache/inspect';

const REQUEST = new TextEncoder().encode('stats\r\n');

/** Names and values of `stats`. */
export function readStats(inspector: Inspector): (readonly [string, string])[] {
  const copy = inspector.fork();
  try {
    const text = new TextDecoder().decode(copy.connect().feed(REQUEST));
    return [...text.matchAll(/^STAT (\S+) (.*?)\r?$/gm)].map(({ 1: name, 2: value }) => [name!, value!] as const);
  } finally {
    copy.release();
  }
}
