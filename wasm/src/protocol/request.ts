// Splits the byte stream of a memcached connection into requests, text and meta commands alike, for code that
// wants to see them before the engine does. It knows just enough to find where a request ends; whatever is wrong
// with one is left to the engine, whose errors are memcached's own.

import { ByteQueue } from '../base/byte-queue.js';
import { fromLatin1 } from '../base/bytes.js';
import { decodeText, latin1 } from '../base/text.js';

/** What the tokens of a command line mean. Positions count from the command, which is 0. */
interface CommandShape {
  readonly meta: boolean;
  /** Of the first key; 0: it has none. */
  readonly keyAt: number;
  readonly manyKeys: boolean;
  /** Of the value's length; 0: no value follows the line. */
  readonly lengthAt: number;
  /** Where "noreply" may stand at the earliest; 0: nowhere. */
  readonly noreplyAt: number;
}

const shape = (keyAt: number, more: Partial<CommandShape> = {}): CommandShape => ({
  meta: false,
  keyAt,
  manyKeys: false,
  lengthAt: 0,
  noreplyAt: 0,
  ...more,
});

const STORAGE = shape(1, { lengthAt: 4, noreplyAt: 5 });
const ARITHMETIC = shape(1, { noreplyAt: 3 });
const META = shape(1, { meta: true });
const WITHOUT_KEY = shape(0);

const COMMANDS = new Map<string, CommandShape>([
  ['get', shape(1, { manyKeys: true })],
  ['gets', shape(1, { manyKeys: true })],
  ['gat', shape(2, { manyKeys: true })],
  ['gats', shape(2, { manyKeys: true })],
  ['set', STORAGE],
  ['add', STORAGE],
  ['replace', STORAGE],
  ['append', STORAGE],
  ['prepend', STORAGE],
  ['cas', shape(1, { lengthAt: 4, noreplyAt: 6 })],
  ['incr', ARITHMETIC],
  ['decr', ARITHMETIC],
  ['touch', ARITHMETIC],
  ['delete', shape(1, { noreplyAt: 2 })],
  ['mg', META],
  ['ms', shape(1, { meta: true, lengthAt: 2 })],
  ['md', META],
  ['ma', META],
  ['me', META],
  ['flush_all', shape(0, { noreplyAt: 1 })],
  ['verbosity', shape(0, { noreplyAt: 1 })],
]);

// Of a line that does not end: memcached's limit (core/base/limits.h), except for get and gets, whose lines the engine
// reads however long they are; then memcached's limit of a length.
const MAX_LINE_BYTES = 2048;
const MAX_RETRIEVAL_LINE_BYTES = 1 << 20;
const MAX_LENGTH = 0x7fffffff - 2;
const LINE_END_BYTES = 2;
const CR = 13;
const LF = 10;
const SPACE = 32;

/** One request as it came. A view: nothing is copied until it is asked for. */
export class ParsedRequest {
  /** The request exactly as sent, line ends and value included: what to forward. Of one that is too large: the line. */
  readonly bytes: Uint8Array;
  /** The first word of the line, such as `get` or `mg`. Unknown commands come here, too. */
  readonly command: string;
  /** The line's other words, in order. */
  readonly args: readonly string[];
  /** What a storage command stores. */
  readonly value: Uint8Array | undefined;
  /** The value is larger than the cache takes, and was not read. */
  readonly tooLarge: boolean;
  readonly #shape: CommandShape;

  /** @internal */
  constructor(bytes: Uint8Array, words: string[], value?: Uint8Array, tooLarge = false) {
    this.bytes = bytes;
    this.command = words[0] ?? '';
    this.args = words.slice(1);
    this.value = value;
    this.tooLarge = tooLarge;
    this.#shape = COMMANDS.get(this.command) ?? WITHOUT_KEY;
  }

  /** The first key as text (of a meta command with the flag `b`: decoded); undefined if the command has none. */
  get key(): string | undefined {
    return this.#hasBinaryKey() ? decodeText(this.keyBytes!) : this.#sentKeys()[0];
  }

  /** The same as bytes, exactly as the engine takes them. */
  get keyBytes(): Uint8Array | undefined {
    if (this.#sentKeys().length === 0) return undefined;
    const sent = wordOf(this.bytes, this.#shape.keyAt);
    return this.#hasBinaryKey() ? decodeBase64(sent) : sent;
  }

  /** All keys: get, gets, gat and gats may have many. */
  get keys(): readonly string[] {
    if (this.#shape.manyKeys) return this.#sentKeys();
    const key = this.key;
    return key === undefined ? [] : [key];
  }

  /** A meta command's flags as sent: `['v', 'T60']`. */
  get flags(): readonly string[] {
    return this.#shape.meta ? this.args.slice(Math.max(1, this.#shape.lengthAt)) : [];
  }

  /** The client expects no answer: a text command with "noreply" at its end. A meta command's `q` is in `flags`. */
  get noreply(): boolean {
    const { noreplyAt } = this.#shape;
    return noreplyAt !== 0 && this.args.length >= noreplyAt && this.args[this.args.length - 1] === 'noreply';
  }

  #sentKeys(): readonly string[] {
    const { keyAt, manyKeys } = this.#shape;
    if (keyAt === 0) return [];
    return this.args.slice(keyAt - 1, manyKeys ? undefined : keyAt);
  }

  #hasBinaryKey(): boolean {
    return this.args.length > 0 && this.#shape.meta && hasFlagB(this.command, this.flags);
  }
}

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
  /** Of a value that is too large, bytes to come. */
  #passing = 0;
  #overlong = false;

  constructor(options: RequestReaderOptions = {}) {
    this.#maxValueBytes = options.maxValueBytes ?? 1 << 20;
  }

  /** Bytes held: of an unfinished request, or not asked for yet. */
  get buffered(): number {
    return this.#queue.length;
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
   * The next request; or bytes that are for the engine alone: a malformed line, and, after a request that is
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

  /** Reads a line. Gives a piece if that ends with the line; otherwise sets `unfinished`, if the line is there. */
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
    const shape = COMMANDS.get(words[0] ?? '');
    if (words[0] === undefined || queue.bytes[queue.begin] === SPACE) return queue.take(lineBytes);
    if (shape === undefined || shape.lengthAt === 0) return new ParsedRequest(queue.take(lineBytes), words);

    const valueBytes = parseLength(words[shape.lengthAt]);
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
    const start = decodeText(bytes.subarray(begin, begin + 5));
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

/** As the engine: what follows the letter is ignored, but `me` knows the flag only alone and as the first. */
function hasFlagB(command: string, flags: readonly string[]): boolean {
  return command === 'me' ? flags[0] === 'b' : flags.some((flag) => flag[0] === 'b');
}

function wholeLength(request: Unfinished): number {
  return request.lineBytes + request.valueBytes + LINE_END_BYTES;
}

function parseLength(word: string | undefined): number | undefined {
  if (word === undefined || !/^\d+$/.test(word)) return undefined;
  const length = Number(word);
  return length <= MAX_LENGTH ? length : undefined;
}

/** The word at this position of the request's line, whose words spaces part. REQUIRES: there is one. */
function wordOf(request: Uint8Array, position: number): Uint8Array {
  const newline = request.indexOf(LF);
  const line = request.subarray(0, request[newline - 1] === CR ? newline - 1 : newline);
  let begin = 0;
  let end = 0;
  for (let word = 0; word <= position; ++word) {
    for (begin = end; line[begin] === SPACE; ) ++begin;
    for (end = begin; end < line.length && line[end] !== SPACE; ) ++end;
  }
  return new Uint8Array(line.subarray(begin, end));
}

/** What the engine refuses stays as it was sent. */
function decodeBase64(sent: Uint8Array): Uint8Array {
  const text = latin1(sent);
  const good = text.length % 4 === 0 && /^[A-Za-z\d+/]+={0,2}$/.test(text);
  return good ? fromLatin1(atob(text)) : sent;
}
