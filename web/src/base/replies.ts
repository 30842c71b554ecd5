// Replies, line by line.

import { latin1, textOf } from './text.js';

/** One line of a reply, and its value. */
export interface Reply {
  readonly line: string;
  /** The first word. */
  readonly code: string;
  /** A meta reply's flags, in order. */
  readonly flags: readonly string[];
  readonly value: string | undefined;
}

/** No reply has more. What somebody else answers may. */
const MOST_WORDS = 64;
const LINE_END_BYTES = 2;
const META = /^(HD|VA|EN|NS|EX|NF)( |$)/;

/** The length of the value that follows a line with these words; undefined: none does. */
export function valueLengthOf(words: readonly string[]): number | undefined {
  const length = words[0] === 'VA' ? words[1] : words[0] === 'VALUE' ? words[3] : undefined;
  return length !== undefined && /^\d{1,10}$/.test(length) ? Number(length) : undefined;
}

/** The replies in these bytes, the first `most` of them. */
export function readReplies(bytes: Uint8Array, most = Number.POSITIVE_INFINITY): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < bytes.length && replies.length < most; ) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = latin1(bytes.subarray(at, end)).replace(/\r$/, '');
    at = end + 1;
    const words = line.split(' ', MOST_WORDS);
    const code = words[0]!;
    const length = valueLengthOf(words);
    let value: string | undefined;
    if (length !== undefined) {
      value = textOf(bytes.subarray(at, at + length));
      at += length + LINE_END_BYTES;
    }
    replies.push({ line, code, flags: META.test(line) ? words.slice(code === 'VA' ? 2 : 1) : [], value });
  }
  return replies;
}
