// One instance of isocache-inspect.wasm: the calls on its memory, and copies of what it holds.

import { concat } from '../base/text.js';
import { IsocacheError } from '../base/types.js';

/** The other side of abi/, whose comments say what each call does. */
interface Calls {
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
  connect(): number;
  disconnect(session: number): void;
  feed(session: number, length: number, nowS: number): number;
  sent(session: number): number;
  advance(nowS: number): void;
  inspect_memory(): void;
  inspect_segments(from: number): number;
  inspect_items(from: number, count: number): number;
  inspect_item(keyLength: number): boolean;
  inspect_value(keyLength: number): number;
  inspect_item_count(): number;
  inspect_ghost(): void;
  inspect_ghost_knows(keyLength: number): boolean;
  evict_segment(): void;
  evicted_items(from: number): number;
  evicted_items_end(): void;
  state_begin(): number;
  state_count(): number;
  state_end(): void;
}

export interface MachineOptions {
  maxBytes: number;
  maxItemSize: number;
  hashSeed: bigint;
  nowS: number;
}

/** A copy of the parts of memory that hold an instance's state. */
export interface Image {
  readonly bytes: Uint8Array;
  /** Where each part begins and ends in memory. */
  readonly parts: Uint32Array;
  readonly memoryBytes: number;
  readonly result: number;
}

const PAGE_BYTES = 64 << 10;
const WORD_BYTES = Uint32Array.BYTES_PER_ELEMENT;
// The result of a call: address and length of its first span, number of spans, where they are listed.
const RESULT_WORDS = 4;

export class Machine {
  readonly calls: Calls;
  /** A call has ended midway, for want of memory for instance: what is in memory means nothing any more. */
  broken = false;
  /** All of memory. It is a new object whenever that grows: take it after each call. */
  bytes!: Uint8Array;
  #words!: Uint32Array;
  readonly scratch: number;
  readonly scratchBytes: number;
  #result = 0;
  /** Told of the key of each item that is evicted. */
  onEvict: (key: Uint8Array) => void = () => {};

  constructor(module: WebAssembly.Module) {
    this.calls = this.#guarded(withMemory(() => new WebAssembly.Instance(module, this.#imports())).exports);
    this.#look();
    this.calls._initialize();
    this.scratch = this.calls.scratch() >>> 0;
    this.scratchBytes = this.calls.scratch_size();
  }

  /** The calls, which say so if they end midway. */
  #guarded(exports: WebAssembly.Exports): Calls {
    const guard =
      (call: (...args: unknown[]) => unknown) =>
      (...args: unknown[]) => {
        try {
          return call(...args);
        } catch (error) {
          this.broken = true;
          throw error;
        }
      };
    const calls = Object.entries(exports).map(([name, each]) => [
      name,
      typeof each === 'function' ? guard(each as (...args: unknown[]) => unknown) : each,
    ]);
    return Object.fromEntries(calls) as Calls;
  }

  #imports(): WebAssembly.Imports {
    return {
      env: {
        emscripten_notify_memory_growth: () => this.#look(),
        isocache_evicting: evictionReader((at, length) => this.onEvict(this.bytes.slice(at, at + length))),
      },
      wasi_snapshot_preview1: {
        proc_exit: () => {
          throw new IsocacheError('NO_MEMORY', 'out of memory');
        },
      },
    };
  }

  #look(): void {
    const { buffer } = this.calls.memory;
    this.bytes = new Uint8Array(buffer);
    this.#words = new Uint32Array(buffer);
  }

  open({ maxBytes, maxItemSize, hashSeed, nowS }: MachineOptions): void {
    const word = (n: number): number => Number(BigInt.asUintN(32, hashSeed >> BigInt(32 * n)));
    const result = this.calls.open(maxBytes, maxItemSize, word(0), word(1), word(2), word(3), true, nowS);
    if (result === 0) throw new IsocacheError('NO_MEMORY', 'no memory for a store');
    this.#result = result >>> 2;
  }

  /** Of the bytes that the last call handed back, the first `length`. */
  reply(length: number): Uint8Array {
    const [address = 0, , count = 0, spans = 0] = this.#words.subarray(this.#result, this.#result + RESULT_WORDS);
    if (count <= 1) return this.bytes.slice(address, address + length);
    const whole = new Uint8Array(length);
    for (let to = 0, span = spans >>> 2; to < length; span += 2) {
      const from = this.#words[span]!;
      const size = Math.min(this.#words[span + 1]!, length - to);
      whole.set(this.bytes.subarray(from, from + size), to);
      to += size;
    }
    return whole;
  }

  /** Words of 32 bits that the last call wrote to the scratch area. */
  scratchWords(count: number): Uint32Array {
    return new Uint32Array(this.bytes.slice(this.scratch, this.scratch + WORD_BYTES * count).buffer);
  }

  // --- copies -------------------------------------------------------------------------------------

  /** Becomes what the other one is. */
  copyFrom(other: Machine): void {
    const parts = other.#beginParts();
    try {
      this.#fit(other.bytes.length);
      for (let i = 0; i < parts.length; i += 2) {
        this.bytes.set(other.bytes.subarray(parts[i]!, parts[i + 1]!), parts[i]!);
      }
    } finally {
      other.calls.state_end();
    }
    this.#result = other.#result;
    this.calls.state_end();
  }

  save(): Image {
    const parts = this.#beginParts().slice();
    try {
      const slices: Uint8Array[] = [];
      for (let i = 0; i < parts.length; i += 2) slices.push(this.bytes.subarray(parts[i]!, parts[i + 1]!));
      return { bytes: withMemory(() => concat(slices)), parts, memoryBytes: this.bytes.length, result: this.#result };
    } finally {
      this.calls.state_end();
    }
  }

  /** All of memory. For an instance that was just made: state_begin() is for what was opened. */
  whole(): Image {
    const { length } = this.bytes;
    const bytes = withMemory(() => this.bytes.slice());
    return { bytes, parts: Uint32Array.of(0, length), memoryBytes: length, result: 0 };
  }

  /** Becomes what was saved. */
  restore({ bytes, parts, memoryBytes, result }: Image): void {
    this.#fit(memoryBytes);
    for (let i = 0, from = 0; i < parts.length; i += 2) {
      const size = parts[i + 1]! - parts[i]!;
      this.bytes.set(bytes.subarray(from, from + size), parts[i]!);
      from += size;
    }
    this.#result = result;
    this.calls.state_end();
  }

  #beginParts(): Uint32Array {
    const at = this.calls.state_begin() >>> 2;
    return this.#words.subarray(at, at + 2 * this.calls.state_count());
  }

  #fit(memoryBytes: number): void {
    const lacking = memoryBytes - this.bytes.length;
    if (lacking <= 0) return;
    withMemory(() => this.calls.memory.grow(lacking / PAGE_BYTES));
    this.#look();
  }
}

/** The platform says in its own way that it has no memory. */
function withMemory<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new IsocacheError('NO_MEMORY', 'no memory for an inspector', { cause });
  }
}

/** Calls `onKey` once for each item, whose value comes in pieces. */
function evictionReader(onKey: (at: number, length: number) => void) {
  let filled = 0;
  return (
    keyAt: number,
    keyLength: number,
    _flags: number,
    _exptime: number,
    length: number,
    _pieceAt: number,
    pieceLength: number,
  ): void => {
    if (filled === 0) onKey(keyAt >>> 0, keyLength);
    filled += pieceLength;
    if (filled >= length) filled = 0;
  };
}
