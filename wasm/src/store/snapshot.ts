// All items as bytes.
//
//   0            8          12         16
//   +------------+----------+----------+---------+---------+--
//   | "isocache" | version  | checksum | record  | record  | ...
//   +------------+----------+----------+---------+---------+--
//
// Little-endian. core/snapshot/FORMAT.md describes the records: key, value, flags, cas id, expiry, whether an item is
// stale, won or was read, and (from version 2 on) what eviction knows of it. The checksum is over all of them, in
// pieces of the scratch area's size.

import type { Engine } from '../engine/engine.js';
import { MAX_ITEM_BYTES, MAX_KEY_BYTES } from '../base/limits.js';
import { concat, encodeText } from '../base/text.js';
import { IsocacheError } from '../base/types.js';

const MAGIC = encodeText('isocache');
const VERSION = 2;
const HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 22;
const KEY_LENGTH_AT = 20;
const BITS_AT = 21;
// The bits of a record that each version knows.
const KNOWN_BITS = [0, 0x0f, 0x7f];

export function snapshot(engine: Engine, nowS: number): Uint8Array {
  const parts: Uint8Array[] = [new Uint8Array(HEADER_BYTES)];
  const { calls, scratch } = engine;
  const take = (bytes: number) => {
    if (bytes > 0) parts.push(engine.bytes.slice(scratch, scratch + bytes));
  };
  calls.scan_begin(nowS);
  for (;;) {
    const small = calls.scan_records();
    take(small);
    if (small > 0) continue;
    const large = calls.scan_large();
    if (large === 0) break;
    take(large);
    parts.push(engine.resultCopy(new DataView(parts.at(-1)!.buffer).getUint32(0, true)));
  }
  const whole = concat(parts);
  const header = new DataView(whole.buffer);
  whole.set(MAGIC);
  header.setUint32(8, VERSION, true);
  header.setUint32(12, checksum(engine, whole.subarray(HEADER_BYTES)), true);
  return whole;
}

/** Gives how many of its items are held in the end. Stores nothing before every record is known to make sense. */
export function restore(engine: Engine, bytes: Uint8Array, nowS: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  check(engine, bytes, view);
  pass(engine, bytes, view, nowS, false);
  return pass(engine, bytes, view, nowS, true);
}

function check(engine: Engine, bytes: Uint8Array, view: DataView): void {
  if (bytes.length < HEADER_BYTES || MAGIC.some((byte, i) => byte !== bytes[i])) throw bad('this is none');
  const known = KNOWN_BITS[view.getUint32(8, true)];
  if (!known) throw bad(`its version is ${view.getUint32(8, true)}, not 1 or ${VERSION}`);
  if (view.getUint32(12, true) !== checksum(engine, bytes.subarray(HEADER_BYTES))) throw bad('it is damaged');
  for (let at = HEADER_BYTES; at < bytes.length; at = recordEnd(view, at)) {
    if (at + RECORD_HEADER_BYTES > bytes.length || recordEnd(view, at) > bytes.length) throw bad('its end is missing');
    const keyLength = bytes[at + KEY_LENGTH_AT]!;
    if (
      keyLength === 0 ||
      keyLength > MAX_KEY_BYTES ||
      view.getUint32(at, true) > MAX_ITEM_BYTES ||
      (bytes[at + BITS_AT]! & ~known) !== 0
    )
      throw bad('a record makes no sense');
  }
}

function recordEnd(view: DataView, at: number): number {
  return at + RECORD_HEADER_BYTES + view.getUint8(at + KEY_LENGTH_AT) + view.getUint32(at, true);
}

/** Stores the records, or counts those that are held. */
function pass(engine: Engine, bytes: Uint8Array, view: DataView, nowS: number, count: boolean): number {
  let held = 0;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const part = bytes.subarray(at, at + engine.scratchEnd - engine.scratch);
    engine.bytes.set(part, engine.scratch);
    const used = engine.calls.restore(part.length, nowS, count);
    if (used === 0) restoreLarge(engine, bytes, at, recordEnd(view, at), nowS);
    held += count ? engine.resultCount : 0;
    at = used === 0 ? recordEnd(view, at) : at + used;
  }
  return held;
}

/** The head of the record lies in the scratch area. */
function restoreLarge(engine: Engine, bytes: Uint8Array, at: number, end: number, nowS: number): void {
  const room = engine.calls.restore_large(nowS);
  if (room === 0) return;
  engine.fillWindows(bytes.subarray(at + RECORD_HEADER_BYTES + bytes[at + KEY_LENGTH_AT]!, end), room);
  engine.calls.restore_large_done();
}

function checksum(engine: Engine, payload: Uint8Array): number {
  const size = engine.scratchEnd - engine.scratch;
  let sum = 0;
  for (let at = 0; at < payload.length; at += size) {
    const part = payload.subarray(at, at + size);
    engine.bytes.set(part, engine.scratch);
    sum = engine.calls.checksum(part.length, sum) >>> 0;
  }
  return sum;
}

function bad(why: string): IsocacheError {
  return new IsocacheError('BAD_SNAPSHOT', `not a snapshot of isocache: ${why}`);
}
