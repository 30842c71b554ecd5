// Reads replies from a stream that may be cut anywhere. Lines are strings with one character a byte, so that nothing is
// lost either way.

import { ByteQueue } from '../base/byte-queue.js';
import { CR, LF, LINE_END_BYTES, latin1 } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import { type Reply, valueLength } from './reply.js';

const MAX_REPLY_LINE_BYTES = 8192;
export const DEFAULT_MAX_VALUE_BYTES = 64 << 20;
// The room for a value is made at once up to this size; a larger one's grows as its bytes come.
const MAX_EXPECTED_BYTES = 16 << 20;

/** Bytes in, replies out: feed() calls `onReply` for each. It throws PROTOCOL if the bytes are no reply. */
export class ReplyReader {
  readonly #queue = new ByteQueue();
  readonly #onReply: (reply: Reply) => void;
  readonly #maxValueBytes: number;
  /** The line whose value is not all there. */
  #line: string | undefined;
  #valueBytes = 0;

  /** A value of more than `maxValueBytes` is refused as soon as its length comes. */
  constructor(onReply: (reply: Reply) => void, maxValueBytes = DEFAULT_MAX_VALUE_BYTES) {
    this.#onReply = onReply;
    this.#maxValueBytes = maxValueBytes;
  }

  /** A reply was begun whose end has not come. */
  get unfinished(): boolean {
    return this.#line !== undefined || this.#queue.length > 0;
  }

  /** Takes a chunk, which the caller must not change any more. */
  feed(chunk: Uint8Array): void {
    const awaited = this.#line === undefined ? 0 : Math.min(this.#valueBytes + LINE_END_BYTES, MAX_EXPECTED_BYTES);
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
    if (line === undefined || queue.length < this.#valueBytes + LINE_END_BYTES) return false;
    const value = queue.take(this.#valueBytes);
    const end = queue.take(LINE_END_BYTES);
    if (end[0] !== CR || end[1] !== LF) throw new IsocacheError('PROTOCOL', `a value without end after ${line}`);
    this.#line = undefined;
    this.#onReply({ line, value, lineEnd: '\r\n' });
    return true;
  }
}
