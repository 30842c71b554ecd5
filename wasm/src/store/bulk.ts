// Many keys in one call: they cross into the module together, and so do their values back.

import { listOf, pairsOf } from '../base/arguments.js';
import { type Engine, MD, MS } from '../engine/engine.js';
import { HD } from '../protocol/tables.js';
import { codeAt, replyError, stray } from '../protocol/reply.js';
import { decodeText, latin1 } from '../base/text.js';
import type { Key, Value } from '../base/types.js';

const REPLY_BYTES = 'HD\r\n'.length; // of every reply that is no error

/** Writes records until the scratch area is full; calls `execute` for each such batch. */
function inBatches(engine: Engine, keys: readonly Key[], from: number, execute: (from: number, to: number) => void) {
  while (from < keys.length) {
    let at = engine.scratch;
    let to = from;
    for (; to < keys.length; ++to) {
      const written = engine.writeRecord(keys[to]!, '', at);
      if (written < 0) break;
      at += written;
    }
    execute(from, to);
    from = to;
  }
}

export function bulkGet(engine: Engine, keys: Iterable<Key>, nowS: number): (string | undefined)[] {
  const list = listOf('keys', keys);
  const values = new Array<string | undefined>(list.length).fill(undefined);
  const inPieces: number[] = [];
  inBatches(engine, list, 0, (from, to) => {
    engine.calls.get_many(to - from, nowS);
    engine.readSpans(values, from, to, inPieces);
  });
  for (const i of inPieces) {
    const length = engine.calls.get(engine.writeKey(list[i]!), nowS);
    values[i] = length < 0 ? undefined : engine.resultText(length);
  }
  return values;
}

export function bulkDelete(engine: Engine, keys: Iterable<Key>, nowS: number): number {
  let deleted = 0;
  inBatches(engine, listOf('keys', keys), 0, (from, to) => {
    const reply = engine.resultView(engine.calls.command_many(MD, 0, to - from, nowS));
    for (let at = 0; at < reply.length; at += REPLY_BYTES) deleted += codeAt(reply, at) === HD ? 1 : 0;
  });
  return deleted;
}

/** `setOne` stores a value that is too large to go with others. Throws the first error, at the end. */
export function bulkSet(
  engine: Engine,
  entries: Iterable<readonly [Key, Value]>,
  flags: string,
  nowS: number,
  setOne: (key: Key, value: Value) => void,
): void {
  const list = pairsOf('entries', entries);
  const errors: unknown[] = [];
  let flagsLength = 0;
  let at = 0;
  let count = 0;
  const begin = () => {
    flagsLength = flags === '' ? 0 : engine.writeValue(flags, engine.scratch);
    at = engine.scratch + flagsLength;
    count = 0;
  };
  const store = () => {
    if (count > 0) {
      const length = engine.calls.command_many(MS, flagsLength, count, nowS);
      if (length !== count * REPLY_BYTES) errors.push(firstError(latin1(engine.resultView(length))));
    }
    begin();
  };
  begin();
  for (const [key, value] of list) {
    try {
      let written = engine.writeRecord(key, value, at);
      if (written < 0) {
        store();
        written = engine.writeRecord(key, value, at);
      }
      if (written >= 0) {
        at += written;
        ++count;
      } else {
        try {
          setOne(key, value);
        } finally {
          begin();
        }
      }
    } catch (error) {
      errors.push(error);
    }
  }
  store();
  if (errors.length > 0) throw errors[0];
}

function firstError(replies: string): unknown {
  return replies.split('\r\n').map(replyError).find(Boolean) ?? stray(replies);
}

/** All keys as of this call. */
export function listKeys(engine: Engine, nowS: number): IterableIterator<string> {
  const parts: Uint8Array[] = [];
  engine.calls.scan_begin(nowS);
  for (let size = engine.calls.scan_keys(); size > 0; size = engine.calls.scan_keys()) {
    parts.push(engine.bytes.slice(engine.scratch, engine.scratch + size));
  }
  return readKeys(parts);
}

function* readKeys(parts: Uint8Array[]): IterableIterator<string> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += 1 + part[at]!) yield decodeText(part.subarray(at + 1, at + 1 + part[at]!));
  }
}
