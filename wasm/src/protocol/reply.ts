// What the lines of replies say.

import { utf8Of } from '../base/bytes.js';
import { LF, LINE_END_BYTES, latin1 } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import { ERRORS, MISREAD_LINE, VALUE_LENGTH_AT } from './vocabulary.js';

/** One line, with the value that follows it if it announces one. */
export interface Reply {
  /** Without its end; one character a byte. */
  readonly line: string;
  /** A view, perhaps of much more: copy what you keep, see owned(). */
  readonly value: Uint8Array | undefined;
  /** How the line ended; metadump's lines lack the "\r". */
  readonly lineEnd: '\r\n' | '\n';
}

/** The first word. */
export function codeOf(line: string): string {
  const end = line.indexOf(' ');
  return end < 0 ? line : line.slice(0, end);
}

/** The first two letters as a number, to compare with HD and its like (tables.ts). */
export function codeAt(reply: Uint8Array, at: number): number {
  return (reply[at]! << 8) | reply[at + 1]!;
}

/** The length of the value after this line; undefined if none follows. Throws PROTOCOL if the length is no number. */
export function valueLength(line: string): number | undefined {
  if (!line.startsWith('VA')) return undefined; // most lines
  const code = codeOf(line);
  const lengthAt = code === line || !Object.hasOwn(VALUE_LENGTH_AT, code) ? undefined : VALUE_LENGTH_AT[code];
  if (lengthAt === undefined) return undefined;
  let begin = 0;
  for (let word = 0; word < lengthAt; ++word) begin = line.indexOf(' ', begin) + 1 || line.length;
  const end = line.indexOf(' ', begin);
  return replyCount(line.slice(begin, end < 0 ? undefined : end));
}

/** The flags of a meta reply, without its code and a value's length. */
export function replyFlags(line: string): string[] {
  const words = line.split(' ');
  return words.slice(line.startsWith('VA ') ? 2 : 1);
}

/**
 * A number of a reply that is never larger than a number of JavaScript holds exactly. Throws PROTOCOL if it
 * is none.
 */
export function replyCount(text: string): number {
  if (/^\d{1,20}$/.test(text)) return Number(text);
  throw new IsocacheError('PROTOCOL', `no number: ${text.slice(0, 99)}`);
}

/** The same for a number of up to 64 bits. */
export function replyNumber(text: string): bigint {
  replyCount(text);
  return BigInt(text);
}

/** A counter's value: memcached puts spaces after one that is shorter than the one before. */
export function counterOf(value: string): bigint {
  return replyNumber(value.trimEnd());
}

/**
 * After a request with a value: the server read its line otherwise than it was meant, and may have taken the value for
 * requests.
 */
export function misread(line: string): boolean {
  return MISREAD_LINE.test(line);
}

/** The error that a reply line states, if it states one. */
export function replyError(line: string): IsocacheError | undefined {
  const found = ERRORS.find(([pattern]) => pattern.test(line));
  return found && new IsocacheError(found[1], utf8Of(line));
}

/** A reply that does not belong to the request. Nobody can tell what the next one belongs to. */
export function stray(line: string): IsocacheError {
  return new IsocacheError('PROTOCOL', `an answer to another question: ${line}`);
}

/** What to throw for a line that is none of those that were expected: the error that it states, or that it is stray. */
export function unexpected(line: string): IsocacheError {
  return replyError(line) ?? stray(line);
}

/**
 * Bytes for the caller to keep, change and transfer. This is always a copy: the piece of memory that a value comes in
 * may hold other callers' replies, and the beginning of the next one.
 */
export function owned(value: Uint8Array): Uint8Array {
  return new Uint8Array(value);
}

/** A reply that is whole, and in one piece. REQUIRES: it has a value. */
export function splitReply(reply: Uint8Array): { line: string; value: Uint8Array } {
  const newline = reply.indexOf(LF);
  return { line: latin1(reply, 0, newline - 1), value: reply.subarray(newline + 1, -LINE_END_BYTES) };
}
