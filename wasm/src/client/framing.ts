// Requests worded by others that may share a connection, because the number and form of their replies is known. A
// request that a server reads otherwise than this client would give its neighbours each other's replies. So only what
// every server reads alike counts: the canonical form, and numbers well within their range. Everything else gets a
// connection of its own, see raw.ts.

import { fromLatin1 } from '../base/bytes.js';
import { concat, LINE_END_BYTES, latin1 } from '../base/text.js';
import type { ParsedRequest } from '../protocol/parsed-request.js';
import { codeOf, misread, type Reply, replyError, stray } from '../protocol/reply.js';
import { placesOf, quietCodesOf, repliesOf, takesFlags } from '../protocol/vocabulary.js';
import { type Command, NEXT } from './pipeline.js';

const KEY = /^[^\0- \x7f]{1,250}$/;
const UINT_32 = /^\d{1,9}$/;
const UINT_64 = /^\d{1,19}$/;
const EXPTIME = /^(-?\d{1,9}|1\d{9})$/;
const META_FLAG = /^[a-zA-Z][!-~]{0,99}$/;
// The flags of `ms` that every server knows. A server that refuses a flag may take the value for requests.
const STORE_FLAG = /^([bkI]|C\d{1,19}|F\d{1,9}|T(-?\d{1,9}|1\d{9})|M[AEPRS]|O[!-~]{1,31})$/;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

/** What the words after a command look like in a request that every server reads alike. */
interface Words {
  readonly args: readonly RegExp[];
  /** What may follow them, any number of times. */
  readonly more?: RegExp;
}

const STORAGE: Words = { args: [KEY, UINT_32, EXPTIME, UINT_32] };
const ARITHMETIC: Words = { args: [KEY, UINT_64] };
const GET: Words = { args: [KEY], more: KEY };
const GAT: Words = { args: [EXPTIME, KEY], more: KEY };
const META: Words = { args: [KEY], more: META_FLAG };
const NOTHING: Words = { args: [] };

const SURE = new Map<string, Words>([
  ['get', GET],
  ['gets', GET],
  ['gat', GAT],
  ['gats', GAT],
  ['set', STORAGE],
  ['add', STORAGE],
  ['replace', STORAGE],
  ['append', STORAGE],
  ['prepend', STORAGE],
  ['cas', { args: [...STORAGE.args, UINT_64] }],
  ['incr', ARITHMETIC],
  ['decr', ARITHMETIC],
  ['touch', { args: [KEY, EXPTIME] }],
  ['delete', { args: [KEY] }],
  ['mg', META],
  ['md', META],
  ['ma', META],
  ['ms', { args: [KEY, UINT_32], more: STORE_FLAG }],
  ['flush_all', NOTHING],
  ['version', NOTHING],
  ['mn', NOTHING],
]);

// Words follow the code of their replies.
const WORDY = new Set(['version', 'mg', 'ms', 'md', 'ma']);

// memcached hangs up on a longer line, except for get and gets.
const MAX_LINE_BYTES = 2000;

/** A reply that the sender asked to be kept back. */
type IsKept = (line: string) => boolean;

/**
 * The request as a command whose read() takes its replies and no others; undefined: nobody can tell which those
 * are.
 */
export function framed({ bytes, command, value }: ParsedRequest): Command<Uint8Array> | undefined {
  const sure = SURE.get(command);
  const lineBytes = bytes.length - (value === undefined ? 0 : value.length + LINE_END_BYTES);
  if (sure === undefined) return undefined;
  if (lineBytes > MAX_LINE_BYTES && !command.startsWith('get')) return undefined;
  const words = latin1(bytes.subarray(0, lineBytes))
    .replace(/\r?\n$/, '')
    .split(' ')
    .slice(1);
  const quiet = quietCodesOf(command);
  const asked = takesFlags(command) ? withoutQ(words, command, quiet) : withoutNoreply(words, command);
  if (asked === undefined || !fits(asked, sure) || !storesSurely(command, asked)) return undefined;
  const isSilenced = asked.length !== words.length;
  const isKept: IsKept = (line) => isSilenced && (quiet?.includes(codeOf(line)) ?? true);
  return {
    // Every request asks for a reply: nobody can wait for one that may or may not come.
    write: (writer) => {
      writer.line([command, ...asked].join(' '));
      if (value !== undefined) writer.value(value);
    },
    read:
      repliesOf(command) === 'values' ? valuesReader(asked, sure) : lineReader(command, isKept, value !== undefined),
  };
}

function withoutNoreply(words: readonly string[], command: string): readonly string[] {
  const [, , , noreply] = placesOf(command);
  return noreply !== 0 && words.length >= noreply && words.at(-1) === 'noreply' ? words.slice(0, -1) : words;
}

/** Undefined: nobody knows what the server makes of the flag. */
function withoutQ(
  words: readonly string[],
  command: string,
  quiet: readonly string[] | undefined,
): readonly string[] | undefined {
  const [key, , length] = placesOf(command);
  const flagsAt = length || key;
  const rest = words.filter((word, at) => at < flagsAt || word !== 'q');
  const times = words.length - rest.length;
  if (times > 1 || (times === 1 && quiet === undefined)) return undefined;
  return rest.some((word, at) => at >= flagsAt && word.startsWith('q')) ? undefined : rest;
}

function fits(words: readonly string[], { args, more }: Words): boolean {
  return words.length >= args.length && words.every((word, at) => (args[at] ?? more)?.test(word));
}

/** If a server refuses a flag or the key of `ms` that we accept, it must not take the value for requests. */
function storesSurely(command: string, words: readonly string[]): boolean {
  if (command !== 'ms') return true;
  const flags = words.slice(2);
  const letters = new Set(flags.map((flag) => flag[0]));
  return letters.size === flags.length && (!letters.has('b') || BASE64.test(words[0] ?? ''));
}

/** VALUE lines for keys in the order in which they were asked for, then END. */
function valuesReader(words: readonly string[], { args }: Words): Command<Uint8Array>['read'] {
  const parts: Uint8Array[] = [];
  let next = args.length - 1; // the first key's place
  return (reply) => {
    const { line, value } = reply;
    addReply(parts, reply);
    if (value === undefined) {
      if (line !== 'END' && replyError(line) === undefined) throw stray(line);
      return concat(parts);
    }
    next = words.indexOf(line.split(' ', 2)[1] ?? '', next) + 1;
    if (next === 0) throw stray(line);
    return NEXT;
  };
}

function lineReader(command: string, isKept: IsKept, hasValue: boolean): Command<Uint8Array>['read'] {
  return (reply) => {
    const { line, value } = reply;
    if (hasValue && misread(line)) throw stray(line);
    const isError = replyError(line) !== undefined;
    if (!isError && !answers(line, command)) throw stray(line);
    if ((value !== undefined) !== line.startsWith('VA ')) throw stray(line);
    const parts: Uint8Array[] = [];
    if (isError || !isKept(line)) addReply(parts, reply);
    return concat(parts);
  };
}

function answers(line: string, command: string): boolean {
  const heads = repliesOf(command);
  const code = codeOf(line);
  if (heads?.includes(code)) return line === code || WORDY.has(command);
  return heads?.includes('<number>') === true && /^\d{1,20} *$/.test(line);
}

export function addReply(parts: Uint8Array[], { line, value, lineEnd }: Reply): void {
  parts.push(fromLatin1(line + lineEnd));
  if (value !== undefined) parts.push(value, fromLatin1('\r\n'));
}
