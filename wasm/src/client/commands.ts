// What the client says and how it reads the answers: each method of Client is one of these commands.

import { checkType, clientFlags, unsigned } from '../base/arguments.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { asksToLoad, isLease, isMarked } from '../protocol/item.js';
import { misread, owned, type Reply, replyError, replyFlags, replyNumber, wireKey } from '../protocol/meta.js';
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
import { type Command, MORE, NEXT } from './pipeline.js';

/** A TTL in milliseconds to an exptime. */
export type Exptime = (ttl: number, name?: string) => number;

const MAX_STATS_BYTES = 1 << 20;

// ---------------------------------------------------------------- wording

/** "verb key flags" */
function line<T>(verb: string, key: Key, flags: string, read: (reply: Reply) => T | Promise<T>): Command<T> {
  const { text, flag } = wireKey(key);
  return { write: (writer) => writer.text(`${verb} ${text}${flag}${flags}\r\n`), read };
}

/** A line of its own, without a key. */
export function bare<T>(text: string, read: Command<T>['read']): Command<T> {
  return { write: (writer) => writer.text(`${text}\r\n`), read };
}

/** What a reply's code stands for. Errors are thrown, and so is anything else. `toValue`: of a request with a value. */
function outcome<T>(reply: Reply, meanings: Record<string, T>, toValue = false): T {
  const end = reply.line.indexOf(' ');
  const code = end < 0 ? reply.line : reply.line.slice(0, end);
  if (Object.hasOwn(meanings, code)) return meanings[code] as T;
  if (toValue && misread(reply.line)) throw new IsocacheError('PROTOCOL', `a value that was not taken: ${reply.line}`);
  throw replyError(reply.line) ?? new IsocacheError('PROTOCOL', `an answer to another question: ${reply.line}`);
}

function optional(letter: string, argument: number | bigint | undefined): string {
  return argument === undefined ? '' : ` ${letter}${argument}`;
}

/** A flag for the duration that the argument `name` gives, if it does. */
function lasting(letter: string, name: string, milliseconds: number | undefined, exptime: Exptime): string {
  return milliseconds === undefined ? '' : ` ${letter}${exptime(milliseconds, name)}`;
}

/** As `?.`, for a function. */
function map<A, B>(value: A | undefined, to: (value: A) => B): B | undefined {
  return value === undefined ? undefined : to(value);
}

// ---------------------------------------------------------------- reading items

// Plain reads take no part in loading: a lease is a miss to them. A stale item's first reader is chosen to load it
// anew all the same, so that they ask for the `cas` by which to pass that on.

/** Passes the right to load on to the next reader: done when that may win. */
export type PassOn = (key: Key, cas: bigint) => Promise<unknown>;

export function get(key: Key, passOn: PassOn): Command<string | undefined> {
  return line('mg', key, ' v c', (reply) => plain(reply, key, passOn, map(valueOf(reply), decodeText)));
}

export function getBytes(key: Key, passOn: PassOn): Command<Uint8Array | undefined> {
  return line('mg', key, ' v c', (reply) => plain(reply, key, passOn, map(valueOf(reply), owned)));
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

function casOf(flags: readonly string[]): bigint {
  return replyNumber(flags.find((flag) => flag.startsWith('c'))?.slice(1) ?? '0');
}

function valueOf(reply: Reply): Uint8Array | undefined {
  return reply.value ?? outcome(reply, { EN: undefined });
}

export function getItem(key: Key, options: ItemOptions, exptime: Exptime, passOn: PassOn): Command<Item | undefined> {
  const { peek, touch, lease, refreshBelow, win } = options;
  checkType('peek', peek, 'boolean');
  checkType('win', win, 'boolean');
  const flags =
    ' v c f t h l' +
    (peek === true ? ' u' : '') +
    lasting('T', 'touch', touch, exptime) +
    lasting('N', 'lease', lease, exptime) +
    lasting('R', 'refreshBelow', refreshBelow, exptime);
  const asks = asksToLoad(options);
  return line('mg', key, flags, (reply) => {
    const item = map(valueOf(reply), (value) => readItem(reply.line, owned(value)));
    if (item === undefined || asks) return item;
    const { won } = item;
    const seen = isLease(item) ? undefined : Object.assign(item, { won: false, lost: false });
    return won ? passOn(key, item.cas).then(() => seen) : seen;
  });
}

function readItem(replyLine: string, value: Uint8Array): Item {
  const facts = new Map(replyFlags(replyLine).map((flag) => [flag[0], flag.slice(1)]));
  const number = (flag: string) => replyNumber(facts.get(flag) ?? '0');
  const expires = facts.has('t') && facts.get('t') !== '-1';
  return {
    value,
    text: () => decodeText(value),
    cas: number('c'),
    flags: Number(number('f')),
    ttl: expires ? Number(number('t')) * 1000 : undefined,
    size: value.length,
    idle: Number(number('l')) * 1000,
    hit: facts.get('h') === '1',
    stale: facts.has('X'),
    won: facts.has('W'),
    lost: facts.has('Z'),
  };
}

export function has(key: Key, passOn: PassOn): Command<boolean> {
  return line('mg', key, ' u s c', (reply) => isThere(reply, key, passOn));
}

export function touch(key: Key, ttl: number, exptime: Exptime, passOn: PassOn): Command<boolean> {
  return line('mg', key, ` s c T${exptime(ttl)}`, (reply) => isThere(reply, key, passOn));
}

function isThere(reply: Reply, key: Key, passOn: PassOn): boolean | Promise<boolean> {
  const found = look(reply);
  const is = found?.isLease === false;
  return found?.won ? passOn(key, found.cas).then(() => is) : is;
}

/** What is there, for a command that is to find no lease. Who wins with it writes, or passes that on. */
export interface Found {
  cas: bigint;
  isLease: boolean;
  won: boolean;
}

export function find(key: Key): Command<Found | undefined> {
  return line('mg', key, ' u s c', look);
}

function look(reply: Reply): Found | undefined {
  if (!outcome(reply, { HD: true, EN: false })) return undefined;
  const flags = replyFlags(reply.line);
  return { cas: casOf(flags), isLease: isMarked(reply.line) && flags.includes('s0'), won: flags.includes('W') };
}

// ---------------------------------------------------------------- storing

function store<T>(
  key: Key,
  value: Value,
  options: SetOptions,
  exptime: Exptime,
  more: string,
  meanings: Record<string, T>,
): Command<T> {
  const { text, flag } = wireKey(key);
  const bytes = plainBytesOf(value);
  const what = lasting('T', 'ttl', options.ttl, exptime) + optional('F', map(options.flags, clientFlags)) + more;
  return {
    write: (writer) => {
      writer.text(`ms ${text} ${bytes.length}${flag}${what}\r\n`);
      writer.bytes(bytes);
      writer.text('\r\n');
    },
    read: (reply) => outcome(reply, meanings, true),
  };
}

export function set(key: Key, value: Value, options: SetOptions, exptime: Exptime): Command<undefined> {
  return store(key, value, options, exptime, '', { HD: undefined });
}

export function add(key: Key, value: Value, options: SetOptions, exptime: Exptime): Command<boolean> {
  return store(key, value, options, exptime, ' ME', { HD: true, NS: false });
}

export function cas(key: Key, value: Value, unique: bigint, options: SetOptions, exptime: Exptime): Command<CasResult> {
  return store(key, value, options, exptime, ` C${unsigned('cas', unique)}`, CAS_RESULTS);
}
const CAS_RESULTS: Record<string, CasResult> = { HD: 'stored', EX: 'exists', NF: 'notFound' };

/** `mode` A appends, P prepends, if the item is still the one with this cas. */
export function join(mode: 'A' | 'P', key: Key, value: Value, unique: bigint): Command<CasResult> {
  return store(key, value, {}, Number, ` M${mode} C${unique}`, { ...CAS_RESULTS, NS: 'notFound' });
}

// ---------------------------------------------------------------- one key, otherwise

export function count(
  mode: 'I' | 'D',
  key: Key,
  delta: bigint | number,
  options: CounterOptions,
  exptime: Exptime,
): Command<bigint | undefined> {
  const { initial, ttl } = options;
  const create =
    initial === undefined ? '' : ` J${unsigned('initial', initial)} N${ttl === undefined ? 0 : exptime(ttl)}`;
  return line('ma', key, ` v M${mode} D${unsigned('delta', delta)}${create}`, (reply) => {
    // What is shorter than before may have spaces after it.
    if (reply.value !== undefined) return replyNumber(decodeText(reply.value).trimEnd());
    return outcome(reply, { NF: undefined });
  });
}

export function remove(key: Key): Command<boolean> {
  return line('md', key, '', (reply) => outcome(reply, { HD: true, NF: false }));
}

/** Removes an item, or marks it stale, if nobody has changed it since. */
export function giveUp(key: Key, unique: bigint, how: 'remove' | 'markStale'): Command<boolean> {
  const stale = how === 'markStale' ? ' I' : '';
  return line('md', key, ` C${unique}${stale}`, (reply) => outcome(reply, { HD: true, NF: false, EX: false }));
}

export function markStale(key: Key, ttl: number | undefined, exptime: Exptime): Command<boolean> {
  return line('md', key, ` I${lasting('T', 'ttl', ttl, exptime)}`, (reply) => outcome(reply, { HD: true, NF: false }));
}

// ---------------------------------------------------------------- the whole cache

export function clear(): Command<undefined> {
  return bare('flush_all', (reply) => outcome(reply, { OK: undefined }));
}

export function version(): Command<string> {
  return bare('version', (reply) => outcome(reply, { VERSION: reply.line.slice('VERSION '.length) }));
}

export function stats(): Command<Stats> {
  const all: Record<string, string> = {};
  let room = MAX_STATS_BYTES;
  return bare('stats', (reply) => {
    const [, name, value] = /^STAT (\S+) ?(.*)$/.exec(reply.line) ?? [];
    if (name === undefined) return outcome(reply, { END: () => summarize(all) })();
    all[name] = value ?? '';
    room -= reply.line.length;
    if (room < 0) throw new IsocacheError('PROTOCOL', 'statistics without end');
    return MORE;
  });
}

function summarize(all: Record<string, string>): Stats {
  const number = (name: string) => Number(replyNumber(all[name] ?? '0'));
  return {
    items: number('curr_items'),
    bytes: number('bytes'),
    maxBytes: number('limit_maxbytes'),
    hits: number('get_hits'),
    misses: number('get_misses'),
    sets: number('cmd_set'),
    evictions: number('evictions'),
    all,
  };
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
