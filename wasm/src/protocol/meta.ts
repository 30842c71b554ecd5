// The meta protocol from a client's side: words requests into bytes, and reads replies from a stream that may be
// cut anywhere. Lines are strings with one character a byte, so that nothing is lost either way.

import { checkDuration, isWellFormed } from '../base/arguments.js';
import { ByteQueue } from '../base/byte-queue.js';
import { fromLatin1 } from '../base/bytes.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { decodeText, latin1 } from '../base/text.js';
import { IsocacheError, type Key } from '../base/types.js';

const MAX_KEY_BYTES = 250;
const MAX_REPLY_LINE_BYTES = 8192;
export const DEFAULT_MAX_VALUE_BYTES = 64 << 20;
// A value's room is made at once up to this size; a larger one's grows as its bytes come.
const MAX_EXPECTED_BYTES = 16 << 20;
const MAX_RELATIVE_S = 60 * 60 * 24 * 30;
const MAX_DATE_S = 0x7fffffff;
const SLAB_BYTES = 32 << 10;
const CR = 13;
const LF = 10;

// ---------------------------------------------------------------- requests

/**
 * A key as it goes over the wire, with " b" after it if it had to be base64: for keys with spaces and control
 * bytes. Those may have 186 bytes at most, since memcached counts the 250 on the wire.
 */
export interface WireKey {
  readonly text: string;
  readonly flag: '' | ' b';
}

export function wireKey(key: Key): WireKey {
  if (typeof key === 'string' && /^[!-~]{1,250}$/.test(key)) return { text: key, flag: '' };
  const text = latin1(plainBytesOf(key, 'key', 'BAD_KEY'));
  if (typeof key === 'string' && !isWellFormed(key)) throw new IsocacheError('BAD_KEY', 'key must be well-formed text');
  // eslint-disable-next-line no-control-regex
  const binary = /[\0- \x7f]/.test(text);
  const sent = binary ? btoa(text) : text;
  if (sent.length === 0 || sent.length > MAX_KEY_BYTES) {
    const how = binary ? `${text.length} bytes, ${sent.length} in base64` : `${text.length} bytes`;
    throw new IsocacheError('BAD_KEY', `key must have 1 to ${MAX_KEY_BYTES} bytes; this one has ${how}`);
  }
  return { text: sent, flag: binary ? ' b' : '' };
}

/** Milliseconds, the argument `name`, as the protocol's seconds, rounded up. */
export function wireSeconds(milliseconds: number, name = 'ttl'): number {
  checkDuration(name, milliseconds);
  return Math.ceil(milliseconds / 1000);
}

/**
 * A TTL as an exptime: memcached reads up to 30 days as relative, more as a date, of which it has 31 bits. A TTL that
 * ends after 2038 is cut to what can be said: a date until then, or 30 days.
 */
export function wireExptime(ttl: number, now: () => number, name?: string): number {
  const seconds = wireSeconds(ttl, name);
  if (seconds <= MAX_RELATIVE_S) return seconds;
  const nowMs = now();
  if (nowMs + MAX_RELATIVE_S * 1000 >= MAX_DATE_S * 1000) return MAX_RELATIVE_S;
  return Math.min(wireSeconds(nowMs + ttl), MAX_DATE_S);
}

/** Gathers requests into one piece of bytes. */
export class RequestWriter {
  #slab = new Uint8Array(0);
  #begin = 0;
  #end = 0;

  /** Bytes that take() would give. */
  get length(): number {
    return this.#end - this.#begin;
  }

  /** One character a byte: throws, and writes nothing, at one that is more. */
  text(text: string): void {
    this.#reserve(text.length);
    const slab = this.#slab;
    let to = this.#end;
    let all = 0;
    for (let at = 0; at < text.length; ++at) all |= slab[to++] = text.charCodeAt(at);
    if (all > 0xff) throw new IsocacheError('BAD_ARGUMENT', 'a request has characters of more than a byte');
    this.#end = to;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Takes back what was written after there were `length` bytes. */
  cutTo(length: number): void {
    this.#end = this.#begin + length;
  }

  /** What was written since the last call. It will not be written to again. */
  take(): Uint8Array {
    const taken = this.#slab.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
    return taken;
  }

  #reserve(more: number): void {
    if (this.#slab.length - this.#end >= more) return;
    const kept = this.length;
    const grown = new Uint8Array(Math.max(SLAB_BYTES, 2 * kept, kept + more));
    grown.set(this.#slab.subarray(this.#begin, this.#end));
    this.#slab = grown;
    this.#begin = 0;
    this.#end = kept;
  }
}

// ---------------------------------------------------------------- replies

/** One line, with the value that follows it if it begins with VA or VALUE. */
export interface Reply {
  /** Without its end. */
  readonly line: string;
  /** A view, perhaps of much more: copy what you keep, see owned(). */
  readonly value: Uint8Array | undefined;
  /** How the line ended; metadump's lines lack the "\r". */
  readonly lineEnd: '\r\n' | '\n';
}

/** Bytes in, replies out: `onReply` is called for each while feed() runs. Throws PROTOCOL at what is no reply. */
export class ReplyReader {
  readonly #queue = new ByteQueue();
  readonly #onReply: (reply: Reply) => void;
  readonly #maxValueBytes: number;
  /** The line whose value is not all there. */
  #line: string | undefined;
  #valueBytes = 0;

  /** `maxValueBytes`: a larger value is refused when its length comes. */
  constructor(onReply: (reply: Reply) => void, maxValueBytes = DEFAULT_MAX_VALUE_BYTES) {
    this.#onReply = onReply;
    this.#maxValueBytes = maxValueBytes;
  }

  /** Takes a chunk, which the caller must not change any more. */
  feed(chunk: Uint8Array): void {
    const awaited = this.#line === undefined ? 0 : Math.min(this.#valueBytes + 2, MAX_EXPECTED_BYTES);
    this.#queue.push(chunk, awaited);
    while (this.#line === undefined ? this.#readLine() : this.#readValue());
  }

  #readLine(): boolean {
    const queue = this.#queue;
    const newline = queue.newline();
    if (newline < 0) {
      if (queue.length > MAX_REPLY_LINE_BYTES) throw new IsocacheError('PROTOCOL', 'a reply line without end');
      return false;
    }
    const hasReturn = newline > queue.begin && queue.bytes[newline - 1] === CR;
    const line = latin1(queue.bytes, queue.begin, hasReturn ? newline - 1 : newline);
    queue.skip(newline + 1 - queue.begin);
    const valueBytes = valueLength(line);
    if (valueBytes !== undefined && valueBytes > this.#maxValueBytes) {
      throw new IsocacheError('PROTOCOL', `a value of ${valueBytes} bytes, more than maxItemSize`);
    }
    if (valueBytes === undefined) {
      this.#onReply({ line, value: undefined, lineEnd: hasReturn ? '\r\n' : '\n' });
    } else {
      this.#line = line;
      this.#valueBytes = valueBytes;
    }
    return true;
  }

  #readValue(): boolean {
    const queue = this.#queue;
    const line = this.#line;
    if (line === undefined || queue.length < this.#valueBytes + 2) return false;
    const value = queue.take(this.#valueBytes);
    const end = queue.take(2);
    if (end[0] !== CR || end[1] !== LF) throw new IsocacheError('PROTOCOL', `a value without end after ${line}`);
    this.#line = undefined;
    this.#onReply({ line, value, lineEnd: '\r\n' });
    return true;
  }
}

/** The length of the value after this line; undefined if none follows. */
function valueLength(line: string): number | undefined {
  const word = line.startsWith('VA ') ? 1 : line.startsWith('VALUE ') ? 3 : 0;
  if (word === 0) return undefined;
  let begin = 0;
  for (let i = 0; i < word; ++i) begin = line.indexOf(' ', begin) + 1 || line.length;
  const end = line.indexOf(' ', begin);
  const length = line.slice(begin, end < 0 ? undefined : end);
  return Number(replyNumber(length));
}

/**
 * Bytes for the caller to keep, change and transfer: always a copy, since the piece of memory that a value comes in may
 * hold other callers' replies, and the beginning of the next one.
 */
export function owned(value: Uint8Array): Uint8Array {
  return new Uint8Array(value);
}

/** The flags of a meta reply, without its code and a value's length. */
export function replyFlags(line: string): string[] {
  const words = line.split(' ');
  return words.slice(line.startsWith('VA ') ? 2 : 1);
}

/**
 * After a request with a value: the server read its line otherwise than it was meant, and may have taken the value for
 * requests.
 */
export function misread(line: string): boolean {
  return /^(ERROR\b|CLIENT_ERROR (bad|invalid|duplicate)\b)/.test(line);
}

/** A number of a reply. Throws PROTOCOL if it is none. */
export function replyNumber(text: string): bigint {
  if (/^\d{1,20}$/.test(text)) return BigInt(text);
  throw new IsocacheError('PROTOCOL', `no number: ${JSON.stringify(text.slice(0, 99))}`);
}

/** The error that a reply line states, if it does. */
export function replyError(line: string): IsocacheError | undefined {
  if (!/^(ERROR|CLIENT_ERROR|SERVER_ERROR)\b/.test(line)) return undefined;
  const message = decodeText(fromLatin1(line));
  if (line.startsWith('SERVER_ERROR object too large')) return new IsocacheError('TOO_LARGE', message);
  if (line.startsWith('SERVER_ERROR out of memory')) return new IsocacheError('NO_MEMORY', message);
  if (line.includes('non-numeric')) return new IsocacheError('NON_NUMERIC', message);
  return new IsocacheError(line.startsWith('SERVER_ERROR') ? 'SERVER_ERROR' : 'CLIENT_ERROR', message);
}
