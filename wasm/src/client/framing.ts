// Requests worded by others whose reply is known in number and form, so that they may share a connection: one that a
// server reads otherwise than this client would give its neighbours each other's replies. Only what every server
// reads alike counts: the canonical form, and numbers well within their range. All else gets a connection of its own,
// see raw.ts.

import { fromLatin1 } from '../base/bytes.js';
import { misread, type Reply, replyError } from '../protocol/meta.js';
import type { ParsedRequest } from '../protocol/request.js';
import { concat, latin1 } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import { type Command, NEXT } from './pipeline.js';

// eslint-disable-next-line no-control-regex
const KEY = /^[^\0- \x7f]{1,250}$/;
const UINT_32 = /^\d{1,9}$/;
const UINT_64 = /^\d{1,19}$/;
const EXPTIME = /^(-?\d{1,9}|1\d{9})$/;
const META_FLAG = /^[a-zA-Z][!-~]{0,99}$/;
// Of `ms`, those that every server knows: one that does not like a flag may take the value for requests.
const STORE_FLAG = /^([bkI]|C\d{1,19}|F\d{1,9}|T(-?\d{1,9}|1\d{9})|M[AEPRS]|O[!-~]{1,31})$/;
const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/;

interface Form {
  readonly args: readonly RegExp[];
  /** What may follow them, any number of times. */
  readonly more?: RegExp;
  /** The lines it may answer, besides errors. */
  readonly replies: RegExp;
  /** Those that the flag q keeps back; without it: `noreply` keeps back all. */
  readonly quiet?: RegExp;
}

const STORAGE: Form = { args: [KEY, UINT_32, EXPTIME, UINT_32], replies: /^(NOT_)?STORED$/ };
const ARITHMETIC: Form = { args: [KEY, UINT_64], replies: /^(\d{1,20} *|NOT_FOUND)$/ };
const GET: Form = { args: [KEY], more: KEY, replies: /^END$/ };
const GAT: Form = { args: [EXPTIME, KEY], more: KEY, replies: /^END$/ };
const meta = (replies: RegExp, quiet: RegExp): Form => ({ args: [KEY], more: META_FLAG, replies, quiet });
const NONE = /^$/;

const FORMS = new Map<string, Form>([
  ['get', GET],
  ['gets', GET],
  ['gat', GAT],
  ['gats', GAT],
  ['set', STORAGE],
  ['add', STORAGE],
  ['replace', STORAGE],
  ['append', STORAGE],
  ['prepend', STORAGE],
  ['cas', { args: [...STORAGE.args, UINT_64], replies: /^(STORED|EXISTS|NOT_FOUND)$/ }],
  ['incr', ARITHMETIC],
  ['decr', ARITHMETIC],
  ['touch', { args: [KEY, EXPTIME], replies: /^(TOUCHED|NOT_FOUND)$/ }],
  ['delete', { args: [KEY], replies: /^(DELETED|NOT_FOUND)$/ }],
  ['mg', meta(/^(HD|VA|EN)\b/, /^EN/)],
  ['md', meta(/^(HD|NF|EX)\b/, /^(HD|NF)/)],
  ['ma', meta(/^(HD|VA|NF|NS|EX)\b/, NONE)],
  ['ms', { args: [KEY, UINT_32], more: STORE_FLAG, replies: /^(HD|NS|EX|NF)\b/, quiet: /^HD/ }],
  ['flush_all', { args: [], replies: /^OK$/ }],
  ['version', { args: [], replies: /^VERSION [ -~]+$/, quiet: NONE }],
  ['mn', { args: [], replies: /^MN$/, quiet: NONE }],
]);

// memcached hangs up on a longer line, except for get and gets.
const MAX_LINE_BYTES = 2000;
const LINE_END_BYTES = 2;

/** The request as a command whose read() takes its replies and no others; undefined: nobody can tell which those are. */
export function framed({ bytes, command, value }: ParsedRequest): Command<Uint8Array> | undefined {
  const form = FORMS.get(command);
  const lineBytes = bytes.length - (value === undefined ? 0 : value.length + LINE_END_BYTES);
  if (form === undefined || (lineBytes > MAX_LINE_BYTES && !command.startsWith('get'))) return undefined;
  const words = latin1(bytes.subarray(0, lineBytes))
    .replace(/\r?\n$/, '')
    .split(' ')
    .slice(1);
  const asked = loud(words, form);
  if (asked === undefined || !fits(asked, form) || !storesSurely(command, asked)) return undefined;
  const kept = asked.length === words.length ? NONE : (form.quiet ?? form.replies);
  return {
    // All are asked for a reply: one that may or may not come cannot be waited for.
    write: (writer) => {
      writer.text(`${[command, ...asked].join(' ')}\r\n`);
      if (value === undefined) return;
      writer.bytes(value);
      writer.text('\r\n');
    },
    read: reader(form, asked, kept, value !== undefined),
  };
}

/** Without the word that asks for silence; undefined: it cannot be known what it does. */
function loud(words: readonly string[], form: Form): string[] | undefined {
  if (form.quiet === undefined)
    return words.at(-1) === 'noreply' && form.more === undefined ? words.slice(0, -1) : [...words];
  const from = form.args.length;
  const rest = words.filter((word, at) => at < from || word !== 'q');
  const isSure = rest.length >= words.length - 1 && (rest.length === words.length || form.quiet !== NONE);
  return isSure && !rest.some((word, at) => at >= from && word.startsWith('q')) ? rest : undefined;
}

function fits(words: readonly string[], { args, more }: Form): boolean {
  return words.length >= args.length && words.every((word, at) => (args[at] ?? more)?.test(word));
}

/** A server that likes a flag or the key of `ms` less than we do must not be led to take its value for requests. */
function storesSurely(command: string, words: readonly string[]): boolean {
  if (command !== 'ms') return true;
  const flags = words.slice(2);
  const letters = new Set(flags.map((flag) => flag[0]));
  return letters.size === flags.length && (!letters.has('b') || BASE64.test(words[0]!));
}

function reader(form: Form, words: readonly string[], kept: RegExp, hasValue: boolean): Command<Uint8Array>['read'] {
  const parts: Uint8Array[] = [];
  let next = form.args.length - 1; // the first key's place
  return (reply) => {
    const { line } = reply;
    if (reply.value !== undefined && (form === GET || form === GAT)) {
      next = words.indexOf(line.split(' ', 2)[1]!, next) + 1;
      if (next === 0) throw stray(line);
      addReply(parts, reply);
      return NEXT;
    }
    if (hasValue && misread(line)) throw stray(line);
    const isError = replyError(line) !== undefined;
    if (!isError && (!form.replies.test(line) || (reply.value !== undefined) !== line.startsWith('VA ')))
      throw stray(line);
    if (isError || kept === NONE || !kept.test(line)) addReply(parts, reply);
    return concat(parts);
  };
}

function stray(line: string): IsocacheError {
  return new IsocacheError('PROTOCOL', `an answer to another question: ${line}`);
}

export function addReply(parts: Uint8Array[], { line, value, lineEnd }: Reply): void {
  parts.push(fromLatin1(line + lineEnd));
  if (value !== undefined) parts.push(value, Uint8Array.of(13, 10));
}
