// What the client says and how it reads the answers: each method of Client is one of these commands.

import { checkType, clientFlags, unsigned } from '../arguments.js';
import { bytesOf } from '../bytes.js';
import { misread, owned, type Reply, replyError, replyFlags, replyNumber, wireKey } from '../meta.js';
import { decodeText } from '../text.js';
import {
  type CasResult, type CounterOptions, IsocacheError, type Item, type ItemOptions, type Key, type SetOptions,
  type Value,
} from '../types.js';
import { type Command, MORE, NEXT } from './pipeline.js';

/** A TTL in milliseconds to an exptime. */
export type Exptime = (ttl: number, name?: string) => number;


const MAX_STATS_BYTES = 1 << 20;

// ---------------------------------------------------------------- wording

/** "verb key flags" */
function line<T>(verb: string, key: Key, flags: string, read: (reply: Reply) => T): Command<T> {
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

export function get(key: Key): Command<string | undefined> {
  return line('mg', key, ' v', (reply) => map(valueOf(reply), decodeText));
}

export function getBytes(key: Key): Command<Uint8Array | undefined> {
  return line('mg', key, ' v', (reply) => map(valueOf(reply), owned));
}

function valueOf(reply: Reply): Uint8Array | undefined {
  return reply.value ?? outcome(reply, { EN: undefined });
}

export function getItem(key: Key, options: ItemOptions, exptime: Exptime): Command<Item | undefined> {
  const { peek, touch, lease, refreshBelow } = options;
  checkType('peek', peek, 'boolean');
  const flags = ' v c f t h l'
    + (peek === true ? ' u' : '')
    + lasting('T', 'touch', touch, exptime)
    + lasting('N', 'lease', lease, exptime)
    + lasting('R', 'refreshBelow', refreshBelow, exptime);
  return line('mg', key, flags, (reply) => map(valueOf(reply), (value) => readItem(reply.line, owned(value))));
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

export function has(key: Key): Command<boolean> {
  return line('mg', key, ' u', (reply) => outcome(reply, { HD: true, EN: false }));
}

export function touch(key: Key, ttl: number, exptime: Exptime): Command<boolean> {
  return line('mg', key, ` T${exptime(ttl)}`, (reply) => outcome(reply, { HD: true, EN: false }));
}

// ---------------------------------------------------------------- storing

function store<T>(key: Key, value: Value, options: SetOptions, exptime: Exptime, more: string,
                  meanings: Record<string, T>): Command<T> {
  const { text, flag } = wireKey(key);
  const bytes = bytesOf(value);
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

/** `mode` is memcached's: E adds, R replaces, A appends, P prepends. */
export function storeIf(mode: 'E' | 'R' | 'A' | 'P', key: Key, value: Value, options: SetOptions,
                        exptime: Exptime): Command<boolean> {
  return store(key, value, options, exptime, ` M${mode}`, { HD: true, NS: false });
}

export function cas(key: Key, value: Value, unique: bigint, options: SetOptions,
                    exptime: Exptime): Command<CasResult> {
  return store(key, value, options, exptime, ` C${unsigned('cas', unique)}`, CAS_RESULTS);
}
const CAS_RESULTS: Record<string, CasResult> = { HD: 'stored', EX: 'exists', NF: 'notFound' };

/** As cas(); but over an item that was only marked stale since, it stores a stale one. */
export function fill(key: Key, value: Value, unique: bigint, options: SetOptions,
                     exptime: Exptime): Command<CasResult> {
  return store(key, value, options, exptime, ` C${unique} I`, CAS_RESULTS);
}

// ---------------------------------------------------------------- one key, otherwise

export function count(mode: 'I' | 'D', key: Key, delta: bigint | number, options: CounterOptions,
                      exptime: Exptime): Command<bigint | undefined> {
  const { initial, ttl } = options;
  const create = initial === undefined ? '' : ` J${unsigned('initial', initial)} N${ttl === undefined ? 0 : exptime(ttl)}`;
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

/** `stats`, or one of its families. */
export function stats(family = ''): Command<Record<string, string>> {
  const all: Record<string, string> = {};
  let room = MAX_STATS_BYTES;
  return bare(`stats ${family}`.trimEnd(), (reply) => {
    const [, name, value] = /^STAT (\S+) ?(.*)$/.exec(reply.line) ?? [];
    if (name === undefined) return outcome(reply, { END: all, RESET: all });
    all[name] = value ?? '';
    room -= reply.line.length;
    if (room < 0) throw new IsocacheError('PROTOCOL', 'statistics without end');
    return MORE;
  });
}

// ---------------------------------------------------------------- many at once

/** Several commands as one: all are sent, then the first error counts. */
export function all<T>(commands: readonly Command<T>[]): Command<T[]> {
  const results: T[] = [];
  let answered = 0;
  let failure: unknown;
  return {
    write: (writer) => { for (const command of commands) command.write(writer); },
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
      return results;
    },
  };
}
