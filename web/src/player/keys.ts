// Keys as map keys, and which keys a client's bytes speak of. The latter only says where to look: what happened is
// found by looking.

import { type FoundRequest, findRequests, keysOf, latin1 } from '../base/requests.js';
import { IGNORED_FLAGS, type MetaCommand } from 'isocache/protocol';

/** Of all commands together. */
export const MOST_KEYS = 512;
/** Of one command, its name among them. */
const MOST_ARGUMENTS = 32;
export const MOST_REQUESTS = 2000;
const MOST_WORDS = 2000;

/** One character a byte. */
export function keyText(key: Uint8Array): string {
  return latin1(key, { from: 0, to: key.length });
}

export interface Spoken {
  readonly keys: readonly Uint8Array[];
  /** There are further keys or commands, which nobody looked at. */
  readonly more: boolean;
  /** Of the last command, if it is not finished. */
  readonly carry: Uint8Array;
  /** How many bytes are missing of its value and line end; 0 if its line has no end. */
  readonly missing: number;
  /** By command, the flags that it accepts and ignores. */
  readonly ignored: ReadonlyMap<string, readonly string[]>;
  /** The argument of the last flush_all, "0" if it has none. Left out: there is no flush_all. */
  readonly flush?: string;
  /** The commands that are finished, each with its words. */
  readonly commands: readonly Command[];
}

export interface Command {
  readonly name: string;
  /** By keyText(), the first one. */
  readonly key: string | undefined;
  /** What stands behind the name. */
  readonly words: readonly string[];
}

/** `bytes` begin where a command does. */
export function spokenOf(bytes: Uint8Array): Spoken {
  const keys: Uint8Array[] = [];
  const ignored = new Map<string, readonly string[]>();
  const commands: Command[] = [];
  let last: FoundRequest | undefined;
  let more = false;
  let ended = false;
  for (const request of findRequests(bytes, MOST_WORDS)) {
    last = request;
    more ||= commands.length >= MOST_REQUESTS || keys.length > MOST_KEYS;
    // Nothing that comes behind it is read.
    ended ||= commands.at(-1)?.name === 'quit';
    if (more || ended) continue;
    const own = keysOf(bytes, request);
    keys.push(...own.slice(0, MOST_KEYS + 1));
    addIgnored(bytes, request, ignored);
    if (!isOpen(request)) commands.push(commandOf(bytes, request, own[0]));
  }
  const open = last !== undefined && isOpen(last);
  const carry = open && last ? bytes.slice(last.line.from) : NONE;
  const flush = commands.filter(({ name }) => name === 'flush_all').at(-1)?.words;
  return {
    keys: keys.slice(0, MOST_KEYS),
    more: more || keys.length > MOST_KEYS,
    carry,
    missing: open && last ? last.missing : 0,
    ignored,
    ...(flush && { flush: flush[0] === undefined || flush[0] === 'noreply' ? '0' : flush[0] }),
    commands,
  };
}

function isOpen({ missing, lineEnd }: FoundRequest): boolean {
  return missing > 0 || lineEnd.from === lineEnd.to;
}

function commandOf(bytes: Uint8Array, { words }: FoundRequest, key: Uint8Array | undefined): Command {
  const [name = '', ...others] = words.slice(0, MOST_ARGUMENTS).map((word) => latin1(bytes, word));
  return { name, key: key && keyText(key), words: others };
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
