// Bytes of the protocol as lines for people.

import { escapeBytes } from '../base/escape.js';
import { number } from '../base/words.js';

const LF = 0x0a;
const CR = 0x0d;

export interface Room {
  readonly mostLines: number;
  /** Of a line. */
  readonly mostBytes: number;
}

/** Lines without their ends, long ones cut where that is said; `more`: how many lines follow. */
export function readable(bytes: Uint8Array, { mostLines, mostBytes }: Room): { lines: string[]; more: number } {
  const lines: string[] = [];
  let more = 0;
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(LF, from);
    const to = end < 0 ? bytes.length : end;
    if (lines.length < mostLines)
      lines.push(lineOf(bytes.subarray(from, to > from && bytes[to - 1] === CR ? to - 1 : to), mostBytes));
    else more += 1;
    from = to + 1;
  }
  return { lines, more };
}

function lineOf(bytes: Uint8Array, mostBytes: number): string {
  const rest = bytes.length - mostBytes;
  if (rest <= 0) return escapeBytes(bytes);
  return `${escapeBytes(bytes.subarray(0, mostBytes))}… ${number(rest)} more bytes`;
}
