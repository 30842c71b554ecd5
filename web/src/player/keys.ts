// Keys as map keys, and which keys a client's bytes speak of. The latter only says where to look: what happened is
// found by looking.

import { type FoundRequest, findRequests, keysOf, latin1 } from '../base/requests.js';
import { IGNORED_FLAGS, type MetaCommand } from 'isocache/protocol';

/** More than anybody looks at: see MOST_LOOKED_AT. */
const MOST_KEYS = 512;
const MOST_REQUESTS = 2000;
const MOST_WORDS = 2000;

/** One character a byte. */
export function keyText(key: Uint8Array): string {
  return latin1(key, { from: 0, to: key.length });
}

export interface Spoken {
  readonly keys: readonly Uint8Array[];
  /** Of the last command, if it is not finished. */
  readonly carry: Uint8Array;
  /** How many bytes are missing of its value and line end; 0 if its line has no end. */
  readonly missing: number;
  /** By command, the flags that it accepts and ignores. */
  readonly ignored: ReadonlyMap<string, readonly string[]>;
}

/** `bytes` begin where a command does. */
export function spokenOf(bytes: Uint8Array): Spoken {
  const keys: Uint8Array[] = [];
  const ignored = new Map<string, readonly string[]>();
  let last: FoundRequest | undefined;
  let count = 0;
  for (const request of findRequests(bytes, MOST_WORDS)) {
    last = request;
    if (++count > MOST_REQUESTS || keys.length >= MOST_KEYS) continue;
    keys.push(...keysOf(bytes, request).slice(0, MOST_KEYS));
    addIgnored(bytes, request, ignored);
  }
  const open = last !== undefined && (last.missing > 0 || last.lineEnd.from === last.lineEnd.to);
  const carry = open && last ? bytes.slice(last.line.from) : NONE;
  return { keys, carry, missing: open && last ? last.missing : 0, ignored };
}

const NONE = new Uint8Array(0);

function addIgnored(bytes: Uint8Array, { words }: FoundRequest, ignored: Map<string, readonly string[]>): void {
  const name = words[0] ? latin1(bytes, words[0]) : '';
  // `me` always tells the same: none of its flags was meant to do anything.
  if (!Object.hasOwn(IGNORED_FLAGS, name) || name === 'me') return;
  const letters = words.slice(name === 'ms' ? 3 : 2).map(({ from }) => String.fromCharCode(bytes[from]!));
  const useless = letters.filter((letter) => IGNORED_FLAGS[name as MetaCommand].includes(letter));
  if (useless.length > 0) ignored.set(name, [...new Set([...(ignored.get(name) ?? []), ...useless])]);
}
