// Tokens of what the server answers. The request says which command a line belongs to; without it a line is explained
// as well as it can be.

import {
  type CommandName,
  COMMANDS,
  ERRORS,
  type ErrorName,
  META_CODES,
  type MetaCommand,
  type MetaFlag,
  REPLIES,
  REPLY_HEADS,
} from 'isocache/protocol';
import { escapeBytes } from '../base/escape.js';
import { decodeBase64, findRequests, latin1, type Span } from '../base/requests.js';
import { bytesOf, duration, quoteKey } from '../base/words.js';
import { partnerOfFlag } from './fields.js';
import { texts } from './texts.js';
import { exampleOf, type Told, Tokens } from './tokens.js';
import type { Token } from './types.js';

const LF = 10;
const CR = 13;
const SPACE = 32;
const PERCENT = 37;
/** Requests that are looked at for what a line answers. */
const MOST_REQUESTS = 600;
/** As many as it takes to find where a command's value ends. */
const FIRST_WORDS = 5;
/** More words of a line than there are tokens. */
const MOST_WORDS = 600;

type Uses = readonly {
  readonly commands: readonly CommandName[];
  readonly meaning: string;
  readonly example: Told['example'];
}[];

export function explainReply(request: Uint8Array, reply: Uint8Array): Token[] {
  const tokens = new Tokens(reply);
  const asked = new Asked(request);
  for (let at = 0; at < reply.length && !tokens.full; ) at = explainLine(reply, at, asked, tokens);
  return tokens.finish();
}

/** Which command a line answers: the next one that has such an answer. Quiet ones before it gave none. */
class Asked {
  readonly #names: CommandName[] = [];
  #at = 0;

  constructor(request: Uint8Array) {
    for (const { words } of findRequests(request, FIRST_WORDS)) {
      const name = words[0] ? latin1(request, words[0]) : '';
      if (Object.hasOwn(COMMANDS, name)) this.#names.push(name as CommandName);
      if (this.#names.length >= MOST_REQUESTS) break;
    }
  }

  /** `last`: no further line belongs to the same answer. */
  answeredBy(head: string, last: boolean): CommandName | undefined {
    const fits = (name: CommandName) => REPLY_HEADS[name].includes(head);
    for (let at = this.#at; at < this.#names.length; ++at) {
      if (!fits(this.#names[at]!)) continue;
      this.#at = last ? at + 1 : at;
      return this.#names[at];
    }
    return this.#names.find(fits);
  }

  /** An error answers any command. */
  skip(): void {
    ++this.#at;
  }
}

/** Explains a line, and the value that follows it; says where the next one begins. */
function explainLine(reply: Uint8Array, from: number, asked: Asked, tokens: Tokens): number {
  const newline = reply.indexOf(LF, from);
  const next = newline < 0 ? reply.length : newline + 1;
  const hasCr = newline > from && reply[newline - 1] === CR;
  const line = { from, to: newline < 0 ? reply.length : hasCr ? newline - 1 : newline };
  const words = wordsOf(reply, line);
  const head = words[0] ? latin1(reply, words[0]) : '';
  const length = explainWords(reply, line, words, head, asked, tokens);
  tokens.add({ from: line.to, to: next }, 'end', { title: 'line end', meaning: 'Ends the line.' });
  if (length === undefined) return next;
  const value = { from: next, to: Math.min(next + length, reply.length) };
  const meaning = `The value: ${bytesOf(value.to - value.from)}, as stored.`;
  tokens.add(value, 'value', { title: 'value', meaning, partner: 'item:value' });
  const end = { from: value.to, to: Math.min(value.to + 2, reply.length) };
  tokens.add(end, 'end', { title: 'line end', meaning: 'Ends the value.' });
  return end.to;
}

function wordsOf(reply: Uint8Array, line: Span): Span[] {
  const words: Span[] = [];
  for (let at = line.from; at < line.to && words.length < MOST_WORDS; ++at) {
    if (reply[at] === SPACE) continue;
    const from = at;
    while (at < line.to && reply[at] !== SPACE) ++at;
    words.push({ from, to: at });
  }
  return words;
}

/** The length of the value that follows the line, if one does. */
function explainWords(
  reply: Uint8Array,
  line: Span,
  words: readonly Span[],
  head: string,
  asked: Asked,
  tokens: Tokens,
): number | undefined {
  const [first, ...rest] = words;
  if (!first) return undefined;
  const error = errorTold(latin1(reply, line));
  if (error) {
    asked.skip();
    tokens.add(line, 'error', error);
    return undefined;
  }
  const code = Object.entries(META_CODES).find(([, text]) => text === head)?.[0] as keyof typeof META_CODES | undefined;
  if (code) return explainMeta(reply, first, rest, code, asked, tokens);
  if (head === 'VALUE') return explainClassicValue(reply, first, rest, asked, tokens);
  if (/^\d+$/.test(head)) {
    const told = ofForm('<number>', asked.answeredBy('<number>', true));
    tokens.add(first, 'number', { ...told, title: 'the new number', partner: 'item:value' });
  } else if (head === 'ME' || head.startsWith('key='))
    explainFacts(reply, head === 'ME' ? first : undefined, words, asked, tokens);
  else explainPlain(reply, line, first, rest, head, asked, tokens);
  return undefined;
}

const CODES: Readonly<Record<(typeof META_CODES)[keyof typeof META_CODES], string>> = {
  HD: 'done',
  VA: 'a value follows',
  EN: 'a miss',
  NF: 'not found',
  NS: 'not stored',
  EX: 'the cas differs',
  MN: 'no-op done',
};

function explainMeta(
  reply: Uint8Array,
  first: Span,
  rest: readonly Span[],
  code: keyof typeof META_CODES,
  asked: Asked,
  tokens: Tokens,
): number | undefined {
  const head = META_CODES[code];
  const command = asked.answeredBy(head, true);
  tokens.add(first, 'code', { title: `${head}: ${CODES[head]}`, ...useOf(texts()?.META_CODE_TEXTS[code], command) });
  let length: number | undefined;
  const flags = [...rest];
  if (head === 'VA') {
    const word = flags.shift();
    length = word && explainLength(reply, word, tokens);
  }
  const binary = flags.some((word) => word.to - word.from === 1 && reply[word.from] === 0x62);
  for (const word of flags) explainMark(reply, word, command ?? 'mg', binary, tokens);
  return length;
}

function explainLength(reply: Uint8Array, word: Span, tokens: Tokens): number | undefined {
  const digits = latin1(reply, word);
  tokens.add(word, 'number', { title: 'length', meaning: 'How many bytes of value follow.', partner: 'item:length' });
  return /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
}

/** A flag or mark behind a meta code. */
function explainMark(reply: Uint8Array, word: Span, command: CommandName, binary: boolean, tokens: Tokens): void {
  const text = latin1(reply, word);
  const letter = text.slice(0, 1);
  const value = text.slice(1);
  const known = texts();
  const mark = known?.MARK_TEXTS.find(({ form }) => form === text);
  if ('WXZ'.includes(text)) {
    const title = { W: 'mark W: won', X: 'mark X: stale', Z: 'mark Z: somebody has won already' }[text]!;
    tokens.add(word, 'mark', {
      title,
      meaning: mark?.meaning ?? '',
      ...exampleOf(mark?.example),
      partner: partnerOfFlag(text, 'mg'),
    });
  } else if (letter === 'k') {
    const sent = reply.subarray(word.from + 1, word.to);
    const decoded = binary ? decodeBase64(sent) : undefined;
    const meaning = decoded ? `The key, in base64: ${quoteKey(decoded)}.` : 'The key.';
    const key = decoded ?? sent;
    const more = decoded ? { decoded: escapeBytes(decoded) } : {};
    tokens.add(word, 'key', { title: 'flag k: the key', meaning, partner: `key:${escapeBytes(key)}`, ...more });
  } else {
    const title = known?.FLAG_NAMES[letter as MetaFlag]
      ? `flag ${letter}: ${known.FLAG_NAMES[letter as MetaFlag]}`
      : `flag ${letter}`;
    const told = known?.FLAG_TEXTS[command as MetaCommand]?.[letter as MetaFlag];
    const meaning = [told?.reply ?? '', valueInWords(letter, value)].filter((part) => part !== '').join(' ');
    tokens.add(word, 'flag', { title, meaning, partner: partnerOfFlag(letter, command) });
  }
}

function valueInWords(letter: string, value: string): string {
  if (!/^-?\d{1,15}$/.test(value)) return '';
  const seconds = Number(value);
  if (letter === 't') return seconds < 0 ? 'Here: it never expires.' : `Here: ${duration(seconds)} left.`;
  if (letter === 'l') return `Here: ${duration(seconds)} ago.`;
  if (letter === 'h') return seconds === 0 ? 'Here: never read.' : 'Here: read before.';
  if (letter === 's') return `Here: ${bytesOf(seconds)}.`;
  return '';
}

function explainClassicValue(
  reply: Uint8Array,
  first: Span,
  rest: readonly Span[],
  asked: Asked,
  tokens: Tokens,
): number | undefined {
  tokens.add(first, 'code', { ...ofForm('VALUE', asked.answeredBy('VALUE', false)), title: 'VALUE: an item' });
  const [key, clientFlags, length, cas] = rest;
  if (key) {
    const partner = `key:${escapeBytes(reply.subarray(key.from, key.to))}`;
    tokens.add(key, 'key', { title: 'key', meaning: 'The key that was asked for.', partner });
  }
  if (clientFlags) {
    const meaning = 'The number that the client stored with the value.';
    tokens.add(clientFlags, 'number', { title: 'client flags', meaning, partner: 'item:clientFlags' });
  }
  const bytes = length && explainLength(reply, length, tokens);
  const meaning = 'The number that every store changes.';
  if (cas) tokens.add(cas, 'number', { title: 'cas unique', meaning, partner: 'item:cas' });
  return bytes;
}

/** Dumps have keys as parts of a URI. */
function fromUri(key: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < key.length; ++at) {
    const digits = key[at] === PERCENT ? latin1(key, { from: at + 1, to: Math.min(key.length, at + 3) }) : '';
    const escaped = /^[0-9a-fA-F]{2}$/.test(digits);
    bytes.push(escaped ? Number.parseInt(digits, 16) : key[at]!);
    if (escaped) at += 2;
  }
  return Uint8Array.from(bytes);
}

const FACTS: Readonly<Record<string, readonly [string, string, string?]>> = {
  exp: ['when it expires', 'ME: seconds left. In a dump: a unix time. -1: never.', 'item:ttl'],
  la: ['last access', 'ME: seconds ago. In a dump: a unix time.', 'item:lastAccess'],
  cas: ['cas unique', 'The number that every store changes.', 'item:cas'],
  fetch: ['read since it was stored', 'yes or no.', 'item:fetched'],
  cls: ['size class', "The item's size band, shown as memcached's slab class."],
  size: ['size', 'What memcached would need for the item, in bytes.', 'item:length'],
  flags: ['client flags', 'The number that the client stored with the value.', 'item:clientFlags'],
};

/** "ME key exp=-1 ..." and the dump's "key=... exp=-1 ...". */
function explainFacts(
  reply: Uint8Array,
  code: Span | undefined,
  words: readonly Span[],
  asked: Asked,
  tokens: Tokens,
): void {
  const told = ofForm(code ? 'ME' : 'key=', asked.answeredBy(code ? 'ME' : 'key=', code !== undefined));
  if (code) tokens.add(code, 'code', { ...told, title: 'code ME' });
  for (const [index, word] of words.entries()) {
    if (index === 0 && code) continue;
    const text = latin1(reply, word);
    const [title, meaning, partner] = FACTS[text.slice(0, Math.max(0, text.indexOf('=')))] ?? [];
    if (title !== undefined && meaning !== undefined && index > 0)
      tokens.add(word, 'flag', { title, meaning, ...(partner && { partner }) });
    else {
      const sent = reply.subarray(word.from, word.to);
      const key = text.startsWith('key=') ? fromUri(sent.subarray(4)) : sent;
      tokens.add(word, 'key', { title: 'key', meaning: told.meaning ?? '', partner: `key:${escapeBytes(key)}` });
    }
  }
}

/** STORED, END, STAT and the like. */
function explainPlain(
  reply: Uint8Array,
  line: Span,
  first: Span,
  rest: readonly Span[],
  head: string,
  asked: Asked,
  tokens: Tokens,
): void {
  const name = Object.entries(REPLIES).find(([, text]) => text === latin1(reply, line))?.[0] as
    | keyof typeof REPLIES
    | undefined;
  const command = asked.answeredBy(head, !['STAT', 'PREFIX', 'ITEM', 'mg'].includes(head));
  const told = name ? useOf(texts()?.REPLY_TEXTS[name], command) : ofForm(head, command);
  const known = name !== undefined || told.meaning !== undefined || REPLY_HEADS[command ?? 'quit'].includes(head);
  tokens.add(first, known ? 'code' : 'unknown', { title: known ? head : 'a word', ...told });
  for (const [index, word] of rest.entries()) {
    const title = head === 'STAT' ? (index === 0 ? 'name' : 'value') : head === 'VERSION' ? 'version' : 'a word';
    tokens.add(word, /^\d+$/.test(latin1(reply, word)) ? 'number' : 'unknown', { title });
  }
}

/** The text for this command, or what holds for all. */
function useOf(
  text: { readonly meaning: string; readonly uses: Uses } | undefined,
  command: CommandName | undefined,
): Omit<Told, 'title'> {
  const use = text?.uses.find(({ commands }) => command !== undefined && commands.includes(command));
  const any = text?.uses.find(({ commands }) => commands.length === 0);
  return { meaning: use?.meaning ?? text?.meaning ?? '', ...exampleOf((use ?? any)?.example) };
}

function ofForm(head: string, command: CommandName | undefined): Omit<Told, 'title'> {
  const lines = texts()?.REPLY_LINES.filter(({ form }) => form.split(/[ <]/)[0] === head || form === head);
  const line = lines?.find(({ commands }) => command === undefined || commands.includes(command)) ?? lines?.[0];
  return line ? { meaning: line.meaning, ...exampleOf(line.example) } : {};
}

function errorTold(line: string): Told | undefined {
  if (!/^(ERROR|CLIENT_ERROR|SERVER_ERROR|MEMLIMIT_|WATCHER_|BADCLASS|SAME |NOSPARE|Error )/.test(line))
    return undefined;
  const name = (Object.keys(ERRORS) as ErrorName[]).find((each) => ERRORS[each] === line);
  const text = name && texts()?.ERROR_TEXTS[name];
  const blame = line.startsWith('SERVER_ERROR') ? 'an error of the server' : 'an error';
  return text
    ? { title: blame, meaning: `${text.when} ${text.remedy}`, ...exampleOf(text.example) }
    : { title: blame, meaning: '' };
}
