// All items as bytes.
//
//   0            8          12         16
//   +------------+----------+----------+---------+---------+--
//   | "isocache" | version  | checksum | record  | record  | ...
//   +------------+----------+----------+---------+---------+--
//
// Little-endian. The records are snapshot.cc's: key, value, flags, cas id, expiry, and whether an item is
// stale, won or was read. The checksum is over all of them, in pieces of the scratch area's size.

import type { Engine } from './engine.js';
import { concat, encodeText } from './text.js';
import { IsocacheError } from './types.js';

const MAGIC = encodeText('isocache');
const VERSION = 1;
const HEADER_BYTES = 16;
const RECORD_HEADER_BYTES = 22;
const KEY_LENGTH_AT = 20;

export function snapshot(engine: Engine, nowS: number): Uint8Array {
  const parts: Uint8Array[] = [new Uint8Array(HEADER_BYTES)];
  const { calls, scratch } = engine;
  const take = (bytes: number) => { if (bytes > 0) parts.push(engine.bytes.slice(scratch, scratch + bytes)); };
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

export function restore(engine: Engine, bytes: Uint8Array, nowS: number): number {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER_BYTES || MAGIC.some((byte, i) => byte !== bytes[i])) throw bad('this is none');
  const version = header.getUint32(8, true);
  if (version !== VERSION) throw bad(`its version is ${version}, not ${VERSION}`);
  if (header.getUint32(12, true) !== checksum(engine, bytes.subarray(HEADER_BYTES))) throw bad('it is damaged');
  let stored = 0;
  for (let at = HEADER_BYTES; at < bytes.length;) {
    const part = bytes.subarray(at, at + engine.scratchEnd - engine.scratch);
    engine.bytes.set(part, engine.scratch);
    const used = engine.calls.restore(part.length, nowS);
    if (used < 0) throw bad('a record makes no sense');
    if (used > 0) {
      stored += engine.resultCount;
      at += used;
    } else {
      const end = largeRecordEnd(header, at);
      stored += restoreLarge(engine, bytes, at, end, nowS) ? 1 : 0;
      at = end;
    }
  }
  return stored;
}

function largeRecordEnd(header: DataView, at: number): number {
  if (at + RECORD_HEADER_BYTES > header.byteLength) throw bad('its end is missing');
  const end = at + RECORD_HEADER_BYTES + header.getUint8(at + KEY_LENGTH_AT) + header.getUint32(at, true);
  if (end > header.byteLength) throw bad('its end is missing');
  return end;
}

/** The head of the record lies in the scratch area. */
function restoreLarge(engine: Engine, bytes: Uint8Array, at: number, end: number, nowS: number): boolean {
  const room = engine.calls.restore_large(nowS);
  if (room === 0) return false;
  engine.fillWindows(bytes.subarray(at + RECORD_HEADER_BYTES + bytes[at + KEY_LENGTH_AT]!, end), room);
  return engine.calls.restore_large_done() !== 0;
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

function bad(why: string): IsocacheError { return new IsocacheError('BAD_SNAPSHOT', `not a snapshot of isocache: ${why}`); }
