// A device in memory, outside of the module's, which has 4 GB at most. It is taken chunk by chunk, as it is written.

import type { Device } from './device.js';

// A multiple of every region's size (abi/with_tier.cc), so that no operation spans two.
const CHUNK_BYTES = 64 << 20;

export class MemoryDevice implements Device {
  readonly size: number;
  #chunks: Uint8Array[] = [];

  constructor(size: number) {
    this.size = size;
  }

  read(bytes: Uint8Array, at: number): void {
    const chunk = this.#chunks[Math.floor(at / CHUNK_BYTES)];
    const from = at % CHUNK_BYTES;
    if (chunk === undefined) throw new Error('nothing was written there');
    bytes.set(chunk.subarray(from, from + bytes.length));
  }

  write(bytes: Uint8Array, at: number): void {
    const number = Math.floor(at / CHUNK_BYTES);
    const size = Math.min(CHUNK_BYTES, this.size - number * CHUNK_BYTES);
    const chunk = (this.#chunks[number] ??= new Uint8Array(size));
    chunk.set(bytes, at % CHUNK_BYTES);
  }

  close(): void {
    this.#chunks = [];
  }
}
