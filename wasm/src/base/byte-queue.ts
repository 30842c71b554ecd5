// A byte stream on its way into a parser: chunks go in at the end, whole pieces are taken from the front.

import { LF, NO_BYTES } from './text.js';

const MIN_CAPACITY = 256;
const MAX_AHEAD_BYTES = 64 << 10;

/**
 * A byte is copied at most a constant number of times, however small the chunks, and a byte once handed out is
 * never written again: views of `bytes` stay good for as long as their user likes.
 */
export class ByteQueue {
  /** The unread bytes are bytes[begin, end). */
  bytes: Uint8Array = NO_BYTES;
  begin = 0;
  end = 0;
  /** `bytes` is ours to write up to here; 0 while it is the chunk that the caller gave. */
  #capacity = 0;
  /** Unread bytes known to hold no newline. */
  #scanned = 0;

  get length(): number {
    return this.end - this.begin;
  }

  /** Takes a chunk, which the caller must not change any more. `expected`: how long the unread part will become. */
  push(chunk: Uint8Array, expected = 0): void {
    if (chunk.length === 0) return;
    if (this.length === 0 && expected <= chunk.length) {
      this.clear();
      this.bytes = chunk;
      this.end = chunk.length;
      return;
    }
    if (this.#capacity - this.end < chunk.length) this.#grow(chunk.length, expected);
    this.bytes.set(chunk, this.end);
    this.end += chunk.length;
  }

  /** Where the first unread newline is, as an index of `bytes`; -1 if there is none yet. */
  newline(): number {
    const { bytes, end } = this;
    for (let at = this.begin + this.#scanned; at < end; ++at) {
      if (bytes[at] === LF) return at;
    }
    this.#scanned = this.length;
    return -1;
  }

  /** Takes `count` bytes off the front. The view of them stays good. */
  take(count: number): Uint8Array {
    const taken = this.bytes.subarray(this.begin, this.begin + count);
    this.skip(count);
    return taken;
  }

  skip(count: number): void {
    this.begin += count;
    this.#scanned = 0;
    if (this.begin === this.end) this.clear();
  }

  clear(): void {
    this.bytes = NO_BYTES;
    this.begin = this.end = this.#capacity = this.#scanned = 0;
  }

  #grow(more: number, expected: number): void {
    const kept = this.length;
    // A peer that only announces a large piece does not get the memory for it.
    const ahead = Math.min(expected + more, Math.max(MAX_AHEAD_BYTES, 4 * kept));
    const grown = new Uint8Array(Math.max(MIN_CAPACITY, 2 * kept, kept + more, ahead));
    grown.set(this.bytes.subarray(this.begin, this.end));
    this.bytes = grown;
    this.#capacity = grown.length;
    this.begin = 0;
    this.end = kept;
  }
}
