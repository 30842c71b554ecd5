// Splits the byte stream of a memcached connection into requests, text and meta commands alike, for code that wants to
// see them before the engine does. It knows just enough to find where a request ends. Whatever is wrong with a
// request is left to the engine, whose errors are memcached's own.

import { ByteQueue } from '../base/byte-queue.js';
import { CR, decodeText, LF, LINE_END_BYTES, latin1, SPACE } from '../base/text.js';
import { ParsedRequest } from './parsed-request.js';
import { placesOf } from './vocabulary.js';

// memcached's limit of a line that does not end (core/base/limits.h). The lines of get and gets are the exception: the
// engine reads them however long they are.
const MAX_LINE_BYTES = 2048;
const MAX_RETRIEVAL_LINE_BYTES = 1 << 20;
// memcached's limit of a length.
const MAX_LENGTH = 0x7fffffff - 2;

/** A line whose value is not all there yet. */
interface Unfinished {
  readonly words: string[];
  readonly lineBytes: number;
  readonly valueBytes: number;
}

export interface RequestReaderOptions {
  /** Larger values are not held, but come out of next() in pieces. 1 MiB if left out. */
  maxValueBytes?: number;
}

/**
 * Bytes in, requests out. Never holds more than one unfinished request, plus what was pushed and not yet asked for.
 *
 *     reader.push(chunk);
 *     for (let piece = reader.next(); piece; piece = reader.next()) ...
 */
export class RequestReader {
  readonly #queue = new ByteQueue();
  readonly #maxValueBytes: number;
  #unfinished: Unfinished | undefined;
  /** Bytes to come of a value that is too large. */
  #passing = 0;
  #overlong = false;

  constructor(options: RequestReaderOptions = {}) {
    this.#maxValueBytes = options.maxValueBytes ?? 1 << 20;
  }

  /** Bytes held: of an unfinished request, or not asked for yet. */
  get buffered(): number {
    return this.#queue.length;
  }

  /** Once next() has given all requests that are whole: another one has begun to arrive. */
  get unfinished(): boolean {
    return this.midway || this.buffered > 0;
  }

  /** A line came that is too long and has no end: nothing is known of what follows, and next() gives nothing more. */
  get overlong(): boolean {
    return this.#overlong;
  }

  /** next() is handing out the value of a request that is too large. */
  get midway(): boolean {
    return this.#passing !== 0;
  }

  /** Takes a chunk, which the caller must not change any more. */
  push(chunk: Uint8Array): void {
    if (this.#overlong) return;
    this.#queue.push(chunk, this.#unfinished === undefined ? 0 : wholeLength(this.#unfinished));
  }

  /**
   * The next request, or bytes that are for the engine alone: a malformed line, or, after a request that is
   * `tooLarge`, its value as it comes. Undefined: push more first.
   */
  next(): ParsedRequest | Uint8Array | undefined {
    if (this.#passing !== 0) return this.#pass();
    if (this.#unfinished === undefined) {
      const begun = this.#beginRequest();
      if (begun !== undefined) return begun;
    }
    return this.#finishRequest();
  }

  /** Reads a line, if it is whole. Gives the request if it ends with the line; otherwise sets `unfinished`. */
  #beginRequest(): ParsedRequest | Uint8Array | undefined {
    const queue = this.#queue;
    const newline = queue.newline();
    if (newline < 0) {
      this.#overlong = this.#lineTooLong();
      return undefined;
    }
    const lineBytes = newline + 1 - queue.begin;
    const lineEnd = newline > queue.begin && queue.bytes[newline - 1] === CR ? newline - 1 : newline;
    const words = decodeText(queue.bytes.subarray(queue.begin, lineEnd))
      .split(' ')
      .filter((word) => word !== '');
    if (words[0] === undefined || queue.bytes[queue.begin] === SPACE) return queue.take(lineBytes);
    const [, , lengthAt] = placesOf(words[0]);
    if (lengthAt === 0) return new ParsedRequest(queue.take(lineBytes), words);

    const valueBytes = parseLength(words[lengthAt]);
    if (valueBytes === undefined) return queue.take(lineBytes);
    if (valueBytes > this.#maxValueBytes) {
      this.#passing = valueBytes + LINE_END_BYTES;
      return new ParsedRequest(queue.take(lineBytes), words, undefined, true);
    }
    this.#unfinished = { words, lineBytes, valueBytes };
    return undefined;
  }

  #finishRequest(): ParsedRequest | Uint8Array | undefined {
    if (this.#unfinished === undefined || this.#queue.length < wholeLength(this.#unfinished)) return undefined;
    const { words, lineBytes, valueBytes } = this.#unfinished;
    const bytes = this.#queue.take(wholeLength(this.#unfinished));
    this.#unfinished = undefined;
    const valueEnd = lineBytes + valueBytes;
    if (bytes[valueEnd] !== CR || bytes[valueEnd + 1] !== LF) return bytes;
    return new ParsedRequest(bytes, words, bytes.subarray(lineBytes, valueEnd));
  }

  #lineTooLong(): boolean {
    const { length, bytes, begin } = this.#queue;
    if (length <= MAX_LINE_BYTES) return false;
    const start = latin1(bytes, begin, begin + 'gets '.length);
    const manyKeys = start.startsWith('get ') || start === 'gets ';
    return !manyKeys || length > MAX_RETRIEVAL_LINE_BYTES;
  }

  #pass(): Uint8Array | undefined {
    const count = Math.min(this.#passing, this.#queue.length);
    if (count === 0) return undefined;
    this.#passing -= count;
    return this.#queue.take(count);
  }
}

function wholeLength(request: Unfinished): number {
  return request.lineBytes + request.valueBytes + LINE_END_BYTES;
}

function parseLength(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d+$/.test(word)) return undefined;
  const length = Number(word);
  return length <= MAX_LENGTH ? length : undefined;
}
