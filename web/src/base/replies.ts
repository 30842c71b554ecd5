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

const META = /^(HD|VA|EN|NS|EX|NF)( |$)/;

/** All replies in these bytes. */
export function readReplies(bytes: Uint8Array): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const line = latin1(bytes.subarray(at, end)).replace(/\r$/, '');
    at = end + 1;
    const words = line.split(' ');
    const code = words[0]!;
    const length = code === 'VA' ? words[1] : code === 'VALUE' ? words[3] : undefined;
    let value: string | undefined;
    if (length !== undefined) {
      value = textOf(bytes.subarray(at, at + Number(length)));
      at += Number(length) + 2;
    }
    replies.push({ line, code, flags: META.test(line) ? words.slice(code === 'VA' ? 2 : 1) : [], value });
  }
  return replies;
}
