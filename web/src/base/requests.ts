// Finds the commands in bytes, their words and values. It takes the engine's view of where a command ends, and judges
// nothing: whether it is right is for the engine to say. Linear in the number of bytes.

import { type CommandName, PLACES } from 'isocache/protocol';

const LF = 10;
const CR = 13;
const SPACE = 32;
/** memcached's limit of a length. */
const MAX_LENGTH = 0x7fffffff - 2;
const LINE_END_BYTES = 2;

/** Bytes [from, to). */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface FoundRequest {
  readonly words: readonly Span[];
  /** The line without its end. */
  readonly line: Span;
  /** "\r\n" or "\n"; empty: the line is not finished. */
  readonly lineEnd: Span;
  /** What is there of the value that the line announces. */
  readonly value?: Span;
  /** The two bytes that follow the value, as far as they are there. They may be no line end. */
  readonly valueEnd?: Span;
  /** How many bytes are missing for value and line end; 0 if the line announces none, or has no end. */
  readonly missing: number;
  /** Where the next one begins. */
  readonly to: number;
}

/** Words beyond `mostWords` are not listed. REQUIRES: that is enough to reach a length (5). */
export function* findRequests(bytes: Uint8Array, mostWords = Number.POSITIVE_INFINITY): Generator<FoundRequest> {
  for (let at = 0; at < bytes.length; ) {
    const request = findOne(bytes, at, mostWords);
    yield request;
    at = request.to;
  }
}

function findOne(bytes: Uint8Array, from: number, mostWords: number): FoundRequest {
  const newline = bytes.indexOf(LF, from);
  const finished = newline >= 0;
  const next = finished ? newline + 1 : bytes.length;
  const hasCr = finished && newline > from && bytes[newline - 1] === CR;
  const line = { from, to: !finished ? bytes.length : hasCr ? newline - 1 : newline };
  const words = wordsOf(bytes, line, mostWords);
  const lineEnd = { from: line.to, to: next };
  // The engine takes a line that begins with a space for no command, and reads what follows as the next line.
  const mayHaveValue = finished && bytes[from] !== SPACE;
  const length = mayHaveValue ? announced(bytes, words) : undefined;
  if (length === undefined) return { words, line, lineEnd, missing: 0, to: next };
  const value = { from: next, to: Math.min(next + length, bytes.length) };
  const to = Math.min(next + length + LINE_END_BYTES, bytes.length);
  const missing = next + length + LINE_END_BYTES - to;
  return { words, line, lineEnd, value, valueEnd: { from: value.to, to }, missing, to };
}

function wordsOf(bytes: Uint8Array, line: Span, most: number): Span[] {
  const words: Span[] = [];
  for (let at = line.from; at < line.to && words.length < most; ) {
    if (bytes[at] === SPACE) {
      ++at;
      continue;
    }
    const from = at;
    // indexOf() would look beyond the line's end: quadratic for many lines of one word.
    while (at < line.to && bytes[at] !== SPACE) ++at;
    words.push({ from, to: at });
  }
  return words;
}

/** The length of the value that follows the line, if one does. */
function announced(bytes: Uint8Array, words: readonly Span[]): number | undefined {
  const place = placesOf(words[0] ? latin1(bytes, words[0]) : '')?.[2] ?? 0;
  const word = place > 0 ? words[place] : undefined;
  const digits = word ? latin1(bytes, word) : '';
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const length = Number(digits);
  return length <= MAX_LENGTH ? length : undefined;
}

/** Where key, length and noreply stand among the words; undefined: no command has this name. */
export function placesOf(name: string): (typeof PLACES)[CommandName] {
  return Object.hasOwn(PLACES, name) ? PLACES[name as CommandName] : undefined;
}

export function latin1(bytes: Uint8Array, { from, to }: Span): string {
  let text = '';
  for (let at = from; at < Math.min(to, from + 4096); ++at) text += String.fromCharCode(bytes[at]!);
  return text;
}

/** The keys of a request, base64 ones decoded: as the store has them. */
export function keysOf(bytes: Uint8Array, { words }: FoundRequest): Uint8Array[] {
  const name = words[0] ? latin1(bytes, words[0]) : '';
  const [first, most] = placesOf(name) ?? [0, 0];
  if (first === 0) return [];
  const sent = words.slice(first, first + most).map(({ from, to }) => bytes.slice(from, to));
  if (!hasBinaryKey(bytes, words, name)) return sent;
  return sent.map((key) => decodeBase64(key) ?? key);
}

/** As the engine reads it: of `me` only the first flag counts. */
export function hasBinaryKey(bytes: Uint8Array, words: readonly Span[], name: string): boolean {
  if (!/^m[gsdae]$/.test(name)) return false;
  const flags = words.slice(name === 'ms' ? 3 : 2);
  const isB = (word: Span) => bytes[word.from] === 0x62;
  return name === 'me' ? flags[0] !== undefined && isB(flags[0]) : flags.some(isB);
}

/**
 * As the engine reads keys: letters outside the alphabet are skipped, and the first group of four with padding is the
 * last. Undefined: the engine would refuse it.
 */
export function decodeBase64(text: Uint8Array): Uint8Array | undefined {
  const letters = latin1(text, { from: 0, to: text.length }).replace(/[^A-Za-z\d+/=]/g, '');
  const first = /^(?:[^=]{4})*(?:.{4})?/.exec(letters)?.[0] ?? '';
  const padding = first.split('=').length - 1;
  if (letters.length % 4 !== 0 || first === '' || padding > 2) return undefined;
  const bytes = Uint8Array.from(atob(first.replaceAll('=', 'A')), (letter) => letter.charCodeAt(0));
  return bytes.subarray(0, bytes.length - padding);
}
