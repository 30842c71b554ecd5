// What the client says and how it reads the answers: each method of Client is one of these commands.

import { plainBytesOf } from '../base/plain-bytes.js';
import { decodeText } from '../base/text.js';
import {
  type CasResult,
  type CounterOptions,
  IsocacheError,
  type Item,
  type ItemOptions,
  type Key,
  type SetOptions,
  type Stats,
  type Value,
} from '../base/types.js';
import type { Exptime } from '../protocol/exptime.js';
import {
  casFlag,
  countFlags,
  giveUpFlags,
  itemFlags,
  staleFlags,
  storeFlags,
  touchFlags,
} from '../protocol/method-flags.js';
import {
  asksToLoad,
  casOf,
  FOUND_FLAGS,
  type Found,
  isMarked,
  readFound,
  readItem,
  seenPlainly,
} from '../protocol/item.js';
import { wireKey } from '../protocol/key.js';
import { codeOf, counterOf, misread, owned, type Reply, replyFlags, unexpected } from '../protocol/reply.js';
import { addStat, type NamedStats, summarize } from '../protocol/stats.js';
import { type Command, MORE, NEXT } from './pipeline.js';

const MAX_STATS_BYTES = 1 << 20;

// ---------------------------------------------------------------- wording

/** A meta command without a value. */
function line<T>(name: string, key: Key, flags: string, read: (reply: Reply) => T | Promise<T>): Command<T> {
  const sent = wireKey(key);
  return { write: (writer) => writer.meta(name, sent, flags), read };
}

/** A line of its own, without a key. */
export function bare<T>(text: string, read: Command<T>['read']): Command<T> {
  return { write: (writer) => writer.line(text), read };
}

/** What a reply's code stands for. Errors are thrown, and so is anything else. `toValue`: of a request with a value. */
function outcome<T>(reply: Reply, meanings: Record<string, T>, toValue = false): T {
  const code = codeOf(reply.line);
  if (Object.hasOwn(meanings, code)) return meanings[code] as T;
  if (toValue && misread(reply.line)) throw new IsocacheError('PROTOCOL', `a value that was not taken: ${reply.line}`);
  throw unexpected(reply.line);
}

/** As `?.`, for a function. */
function map<A, B>(value: A | undefined, to: (value: A) => B): B | undefined {
  return value === undefined ? undefined : to(value);
}

// ---------------------------------------------------------------- reading items

// Plain reads take no part in loading: a lease is a miss to them. The first reader of a stale item is chosen to load it
// anew all the same. So plain reads ask for the `cas` by which they pass that on.

/** Passes the right to load on to the next reader. Resolves when that reader may win. */
export type PassOn = (key: Key, cas: bigint) => Promise<unknown>;

export function get(key: Key, passOn: PassOn): Command<string | undefined> {
  return line('mg', key, ' v c', (reply) => plain(reply, key, passOn, map(valueIn(reply), decodeText)));
}

export function getBytes(key: Key, passOn: PassOn): Command<Uint8Array | undefined> {
  return line('mg', key, ' v c', (reply) => plain(reply, key, passOn, map(valueIn(reply), owned)));
}

/** What a plain read makes of `read`, which is what its reply says. */
function plain<T extends { length: number }>(
  reply: Reply,
  key: Key,
  passOn: PassOn,
  read: T | undefined,
): T | undefined | Promise<T | undefined> {
  if (read === undefined || !isMarked(reply.line)) return read;
  const value = read.length === 0 ? undefined : read;
  const flags = replyFlags(reply.line);
  return flags.includes('W') ? passOn(key, casOf(flags)).then(() => value) : value;
}

function valueIn(reply: Reply): Uint8Array | undefined {
  return reply.value ?? outcome(reply, { EN: undefined });
}

export function getItem(key: Key, options: ItemOptions, exptime: Exptime, passOn: PassOn): Command<Item | undefined> {
  const asks = asksToLoad(options);
  return line('mg', key, itemFlags(options, exptime), (reply) => {
    const item = map(valueIn(reply), (value) => readItem(reply.line, owned(value), options));
    if (item === undefined || asks) return item;
    const { won } = item;
    const seen = seenPlainly(item);
    return won ? passOn(key, item.cas).then(() => seen) : seen;
  });
}

export function has(key: Key, passOn: PassOn): Command<boolean> {
  return line('mg', key, ` u${FOUND_FLAGS}`, (reply) => isThere(reply, key, passOn));
}

export function touch(key: Key, ttl: number, exptime: Exptime, passOn: PassOn): Command<boolean> {
  return line('mg', key, FOUND_FLAGS + touchFlags(ttl, exptime), (reply) => isThere(reply, key, passOn));
}

function isThere(reply: Reply, key: Key, passOn: PassOn): boolean | Promise<boolean> {
  const found = look(reply);
  const is = found?.isLease === false;
  return found?.won ? passOn(key, found.cas).then(() => is) : is;
}

export function find(key: Key): Command<Found | undefined> {
  return line('mg', key, ` u${FOUND_FLAGS}`, look);
}

function look(reply: Reply): Found | undefined {
  return outcome(reply, { HD: true, EN: false }) ? readFound(reply.line) : undefined;
}

// ---------------------------------------------------------------- storing

function store<T>(key: Key, value: Value, flags: string, meanings: Record<string, T>): Command<T> {
  const sent = wireKey(key);
  const bytes = plainBytesOf(value);
  return {
    write: (writer) => writer.metaSet(sent, bytes, flags),
    read: (reply) => outcome(reply, meanings, true),
  };
}

export function set(key: Key, value: Value, options: SetOptions, exptime: Exptime): Command<undefined> {
  return store(key, value, storeFlags(options, exptime), { HD: undefined });
}

export function add(key: Key, value: Value, options: SetOptions, exptime: Exptime): Command<boolean> {
  return store(key, value, `${storeFlags(options, exptime)} ME`, { HD: true, NS: false });
}

export function cas(key: Key, value: Value, unique: bigint, options: SetOptions, exptime: Exptime): Command<CasResult> {
  return store(key, value, storeFlags(options, exptime) + casFlag(unique), CAS_RESULTS);
}
const CAS_RESULTS: Record<string, CasResult> = { HD: 'stored', EX: 'exists', NF: 'notFound' };

/** `mode` A appends, P prepends, if the item is still the one with this cas. */
export function join(mode: 'A' | 'P', key: Key, value: Value, unique: bigint): Command<CasResult> {
  return store(key, value, ` M${mode}${casFlag(unique)}`, { ...CAS_RESULTS, NS: 'notFound' });
}

// ---------------------------------------------------------------- one key, otherwise

export function count(
  mode: 'I' | 'D',
  key: Key,
  delta: bigint | number,
  options: CounterOptions,
  exptime: Exptime,
): Command<bigint | undefined> {
  return line('ma', key, countFlags(mode, delta, options, exptime), (reply) =>
    reply.value === undefined ? outcome(reply, { NF: undefined }) : counterOf(decodeText(reply.value)),
  );
}

export function remove(key: Key): Command<boolean> {
  return line('md', key, '', (reply) => outcome(reply, { HD: true, NF: false }));
}

export function giveUp(key: Key, unique: bigint, how: 'remove' | 'markStale'): Command<boolean> {
  return line('md', key, giveUpFlags(unique, how), (reply) => outcome(reply, { HD: true, NF: false, EX: false }));
}

export function markStale(key: Key, options: { ttl?: number | undefined }, exptime: Exptime): Command<boolean> {
  return line('md', key, staleFlags(options, exptime), (reply) => outcome(reply, { HD: true, NF: false }));
}

// ---------------------------------------------------------------- the whole cache

export function clear(): Command<undefined> {
  return bare('flush_all', (reply) => outcome(reply, { OK: undefined }));
}

export function stats(): Command<Stats> {
  const all: NamedStats = new Map();
  let room = MAX_STATS_BYTES;
  return bare('stats', (reply) => {
    if (!addStat(all, reply.line)) return outcome(reply, { END: () => summarize(all) })();
    room -= reply.line.length;
    if (room < 0) throw new IsocacheError('PROTOCOL', 'statistics without end');
    return MORE;
  });
}

// ---------------------------------------------------------------- many at once

/** Several commands as one: all are sent, then the first error counts. */
export function all<T>(commands: readonly Command<T>[]): Command<T[]> {
  const results: (T | Promise<T>)[] = [];
  let answered = 0;
  let failure: unknown;
  return {
    write: (writer) => {
      for (const command of commands) command.write(writer);
    },
    read: (reply) => {
      const command = commands[answered];
      if (command === undefined) throw new IsocacheError('PROTOCOL', 'more answers than questions');
      try {
        const result = command.read(reply);
        if (result === MORE) return MORE;
        if (result === NEXT) return NEXT;
        results.push(result);
      } catch (error) {
        if (error instanceof IsocacheError && error.code === 'PROTOCOL') throw error;
        failure ??= error;
      }
      ++answered;
      if (answered < commands.length) return NEXT;
      if (failure !== undefined) throw failure;
      return results.some((result) => result instanceof Promise) ? Promise.all(results) : (results as T[]);
    },
  };
}
