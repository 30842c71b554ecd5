// Snapshots taken apart and put together again, with the checksum that restore() wants.

import { readFileSync } from 'node:fs';

import { Engine } from '../../dist/esm/engine/engine.js';

export const HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 22;
const VERSION_AT = 8;
const CHECKSUM_AT = 12;
const KEY_LENGTH_AT = 20;
const BITS_AT = 21;

const engine = new Engine(new WebAssembly.Module(readFileSync(new URL('../../dist/isocache.wasm', import.meta.url))), {
  maxBytes: 1 << 20,
  maxItemSize: 1024,
  hashSeed: 0n,
  nowS: 0,
  onEvict: undefined,
});

/** Gives the bytes the checksum that belongs to them: the module's own, over pieces of 64 KiB. */
export function resign(bytes) {
  let sum = 0;
  for (let at = HEADER_BYTES; at < bytes.length; at += 65_536) {
    const part = bytes.subarray(at, at + 65_536);
    engine.bytes.set(part, engine.scratch);
    sum = engine.calls.checksum(part.length, sum) >>> 0;
  }
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(CHECKSUM_AT, sum, true);
  return bytes;
}

/** Where each record begins. */
export function* records(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (
    let at = HEADER_BYTES;
    at < bytes.length;
    at += RECORD_HEADER_BYTES + bytes[at + KEY_LENGTH_AT] + view.getUint32(at, true)
  )
    yield at;
}

/** The same items as a snapshot of version 1: without what eviction knows of them. */
export function asVersion1(bytes) {
  const old = bytes.slice();
  old[VERSION_AT] = 1;
  for (const at of records(old)) old[at + BITS_AT] &= 0x0f;
  return resign(old);
}
