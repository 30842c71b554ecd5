// The module's raw calls on wasm memory: the other side of abi/, whose comments say what each call does. One Engine
// is one module instance with one store in it. When it is dropped, its memory goes with it.

import { checkValue, isBytes, isWellFormed, wrong } from '../base/arguments.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import { plainBytesOf, plainLength } from '../base/plain-bytes.js';
import { decodeText, type TextReader, textReader, writeText } from '../base/text.js';
import { type EvictEvent, IsocacheError, type Key, type Value } from '../base/types.js';

export interface EngineOptions {
  maxBytes: number;
  maxItemSize: number;
  hashSeed: bigint;
  nowS: number;
  /** What to do with an eviction, if anything. May not call the engine. */
  onEvict: ((event: EvictEvent) => void) | undefined;
}

/** What isocache-tier.wasm needs besides. */
export interface EngineTier {
  /** Functions that the module calls. They may not call the engine. */
  imports(engine: Engine): Record<string, (at: number, address: number, length: number) => boolean>;
  /** Asks for the tier, before the store is made. */
  open(calls: Exports, maxItemSize: number, key: HashKeyWords): void;
}
type HashKeyWords = [number, number, number, number];

export interface Exports {
  memory: WebAssembly.Memory;
  _initialize(): void;
  scratch(): number;
  scratch_size(): number;
  open(
    maxBytes: number,
    maxItemSize: number,
    key0: number,
    key1: number,
    key2: number,
    key3: number,
    observe: boolean,
    nowS: number,
  ): number;
  /** isocache-tier.wasm alone has it. */
  open_tier?(
    bytes: number,
    maxItemSize: number,
    key0: number,
    key1: number,
    key2: number,
    key3: number,
    random0: number,
    random1: number,
  ): void;
  /** The same. */
  tier_off?(): boolean;
  get(keyLength: number, nowS: number): number;
  get_many(count: number, nowS: number): void;
  command(letter: number, keyLength: number, flagsLength: number, valueLength: number, nowS: number): number;
  command_many(letter: number, flagsLength: number, count: number, nowS: number): number;
  large_begin(keyLength: number, flagsLength: number, valueLength: number, nowS: number): number;
  large_filled(bytes: number): number;
  large_done(nowS: number): number;
  clear(nowS: number): void;
  size(): number;
  bytes(): number;
  scan_begin(nowS: number): void;
  scan_keys(): number;
  scan_records(): number;
  scan_large(): number;
  checksum(length: number, before: number): number;
  restore(length: number, nowS: number, count: boolean): number;
  restore_large(nowS: number): number;
  restore_large_done(): void;
  connect(): number;
  disconnect(session: number): void;
  feed(session: number, length: number, nowS: number): number;
  sent(session: number): number;
}

/** A meta command's second letter, for command() and command_many(). */
export const MG = 0x67;
export const MS = 0x73;
export const MD = 0x64;
/** The same for callers who take no part in loading: a lease is nothing to them. */
export const PLAIN_MG = 0x47;
export const PLAIN_MD = 0x44;
export const PLAIN_MA = 0x41;

/** What sent() tells of a session: the sum of those that are true. */
export const CLOSING = 1;
export const WANTS_TURN = 2;
export const UNFINISHED = 4;

// The bytes of a record in the scratch area before its key.
export const RECORD_HEADER_BYTES = 3;
const MAX_RECORD_VALUE_BYTES = 0xffff;

export class Engine {
  /** The module's calls. The functions below read their results. */
  readonly calls: Exports;
  readonly scratch: number;
  readonly scratchEnd: number;
  /** All of wasm memory. It is a new object whenever that grows: take it after each call. */
  bytes!: Uint8Array;
  readText!: TextReader;
  #words!: Uint32Array;
  readonly #pool = new ReplyPool();
  /** Where the four words of the last call's result are. */
  readonly #result: number;

  constructor(module: WebAssembly.Module, options: EngineOptions, tier: EngineTier | undefined) {
    const { maxBytes, maxItemSize, hashSeed, nowS, onEvict } = options;
    const instance = new WebAssembly.Instance(module, {
      env: {
        emscripten_notify_memory_growth: () => this.#look(),
        isocache_evicting: evictionReader(this, onEvict),
        ...tier?.imports(this),
      },
      wasi_snapshot_preview1: {
        proc_exit: () => {
          throw new IsocacheError('NO_MEMORY', 'out of memory');
        },
      },
    });
    this.calls = instance.exports as unknown as Exports;
    this.#look();
    this.calls._initialize();
    this.scratch = this.calls.scratch() >>> 0;
    this.scratchEnd = this.scratch + this.calls.scratch_size();
    const word = (n: number): number => Number(BigInt.asUintN(32, hashSeed >> BigInt(32 * n)));
    const key: HashKeyWords = [word(0), word(1), word(2), word(3)];
    tier?.open(this.calls, maxItemSize, key);
    const result = this.calls.open(maxBytes, maxItemSize, ...key, onEvict !== undefined, nowS);
    if (result === 0) throw new IsocacheError('NO_MEMORY', 'no memory for a store');
    this.#result = result >>> 2;
  }

  #look(): void {
    const { buffer } = this.calls.memory;
    this.bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
    this.readText = textReader(this.bytes);
  }

  // --- arguments: each returns the bytes it wrote to the scratch area -----------------------------

  writeKey(key: Key, at = this.scratch): number {
    let length = -1;
    if (typeof key === 'string') {
      length = writeText(key, this.bytes, at, MAX_KEY_BYTES);
      // Text that is not ASCII has more bytes than characters.
      if (length > key.length && !isWellFormed(key)) throw badKey();
    } else if (isBytes(key)) {
      length = this.writeValue(key, at, at + MAX_KEY_BYTES);
    }
    if (length < 1) throw badKey();
    return length;
  }

  /** -1: it does not fit. */
  writeValue(value: Value, at: number, end = this.scratchEnd): number {
    if (typeof value === 'string') return writeText(value, this.bytes, at, end - at);
    checkValue('value', value);
    const length = plainLength(value); // set() writes so much, and other data lies past `end`
    if (length > end - at) return -1;
    this.bytes.set(value, at);
    return length;
  }

  /** Key and value, for a call that takes several; -1: they do not both fit. */
  writeRecord(key: Key, value: Value, at: number): number {
    const keyAt = at + RECORD_HEADER_BYTES;
    if (keyAt + MAX_KEY_BYTES > this.scratchEnd) return -1;
    const keyLength = this.writeKey(key, keyAt);
    const valueLength = value === '' ? 0 : this.writeValue(value, keyAt + keyLength);
    if (valueLength < 0 || valueLength > MAX_RECORD_VALUE_BYTES) return -1;
    const { bytes } = this;
    bytes[at] = keyLength;
    bytes[at + 1] = valueLength & 0xff;
    bytes[at + 2] = valueLength >> 8;
    return RECORD_HEADER_BYTES + keyLength + valueLength;
  }

  /** `ms` with a value that has no room in the scratch area, where key and flags are. The reply is the result. */
  putLarge(keyLength: number, flagsLength: number, value: Value, nowS: number): number {
    const bytes = plainBytesOf(value);
    const room = this.calls.large_begin(keyLength, flagsLength, bytes.length, nowS);
    this.fillWindows(bytes, room);
    return this.calls.large_done(nowS);
  }

  /** Writes a value's bytes to where they will stay. The first window has `room` for some of them. */
  fillWindows(bytes: Uint8Array, room: number): void {
    for (let from = 0; room > 0; room = this.calls.large_filled(room)) {
      this.bytes.set(bytes.subarray(from, from + room), this.resultAddress);
      from += room;
    }
  }

  // --- results ------------------------------------------------------------------------------------

  get resultAddress(): number {
    return this.#words[this.#result]!;
  }
  /** The length of its first span. */
  get resultLength(): number {
    return this.#words[this.#result + 1]!;
  }
  get resultCount(): number {
    return this.#words[this.#result + 2]!;
  }

  /** Reads values[from..to) after get_many(), and adds the indexes of those in pieces to `inPieces`. */
  readSpans(values: (string | undefined)[], from: number, to: number, inPieces: number[]): void {
    const words = this.#words;
    let at = words[this.#result + 3]! >>> 2;
    for (let i = from; i < to; ++i, at += 2) {
      const address = words[at]!;
      if (address !== 0) values[i] = this.readText(address, words[at + 1]!);
      else if (words[at + 1] !== 0) inPieces.push(i);
    }
  }

  /** A view of the bytes if they are in one piece, else a copy. Valid until the next call. */
  resultView(length: number): Uint8Array {
    const address = this.resultAddress;
    return this.resultCount <= 1 ? this.bytes.subarray(address, address + length) : this.resultCopy(length);
  }

  resultText(length: number): string {
    return this.resultCount <= 1 ? this.readText(this.resultAddress, length) : decodeText(this.resultCopy(length));
  }

  resultCopy(length: number): Uint8Array {
    const address = this.resultAddress;
    if (this.resultCount <= 1) return this.bytes.slice(address, address + length);
    const whole = new Uint8Array(length);
    const words = this.#words;
    for (let to = 0, span = words[this.#result + 3]! >>> 2; to < length; span += 2) {
      const from = words[span]!;
      const size = words[span + 1]!;
      whole.set(this.bytes.subarray(from, from + size), to);
      to += size;
    }
    return whole;
  }

  /** As resultCopy(), for replies, which do not live long: see ReplyPool. */
  replyCopy(length: number): Uint8Array {
    if (this.resultCount > 1 || length > LARGEST_POOLED) return this.resultCopy(length);
    const at = this.resultAddress;
    return this.#pool.copy(this.bytes.subarray(at, at + length));
  }
}

const POOL_BYTES = 64 << 10;
const LARGEST_POOLED = POOL_BYTES / 2;

/** Room for many copies in one buffer. At a few KB, that costs a third of a buffer for each. */
class ReplyPool {
  #bytes = new Uint8Array(0);
  #used = 0;

  copy(bytes: Uint8Array): Uint8Array {
    if (this.#bytes.length - this.#used < bytes.length) {
      // also when somebody has transferred the buffer
      this.#bytes = new Uint8Array(POOL_BYTES);
      this.#used = 0;
    }
    const copy = this.#bytes.subarray(this.#used, (this.#used += bytes.length));
    copy.set(bytes);
    return copy;
  }
}

/** The same bytes in a buffer of their own: a caller may transfer or change them. */
export function unshared(reply: Uint8Array): Uint8Array {
  return reply.length > 0 && reply.length === reply.buffer.byteLength ? reply : reply.slice();
}

/** Puts together an item whose value comes piece by piece. */
function evictionReader(engine: Engine, onEvict: EngineOptions['onEvict']) {
  let value: Uint8Array;
  let filled = 0;
  return (
    keyAt: number,
    keyLength: number,
    flags: number,
    exptime: number,
    length: number,
    pieceAt: number,
    pieceLength: number,
  ): void => {
    if (filled === 0) value = new Uint8Array(length);
    value.set(engine.bytes.subarray(pieceAt >>> 0, (pieceAt >>> 0) + pieceLength), filled);
    filled += pieceLength;
    if (filled < length) return;
    filled = 0;
    const key = engine.readText(keyAt >>> 0, keyLength);
    const expires = exptime === 0 ? undefined : (exptime >>> 0) * 1000;
    onEvict?.({ key, value, flags: flags >>> 0, expires });
  };
}

export function stillOpen(engine: Engine | undefined): Engine {
  if (engine === undefined) throw new IsocacheError('CLOSED', 'the store is closed');
  return engine;
}

function badKey(): IsocacheError {
  return wrong('key', `well-formed text or a Uint8Array, of 1 to ${MAX_KEY_BYTES} bytes`, 'BAD_KEY');
}
