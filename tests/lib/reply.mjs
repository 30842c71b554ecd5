// Compares two reply streams: byte for byte, except for what cannot repeat (cas ids, clocks, sizes).

import { show } from './bytes.mjs';

const META_CODES = new Set(['HD', 'VA', 'EN', 'NF', 'NS', 'EX']);
const CLOCK_SLACK_S = 3;
const NEARLY_2_32 = 2 ** 32 - 2 ** 24; // a time that lies before the server's start, unsigned

/**
 * Cuts a reply stream into lines and the data blocks that VALUE and VA lines announce:
 * {text, end, data: false} | {text, end, data: true}. `end` is what ended it: "\r\n", "\n" or "".
 */
export function parseReply(bytes) {
  const units = [];
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf('\n', at);
    const stop = newline < 0 ? bytes.length : newline;
    const end = newline < 0 ? '' : bytes[stop - 1] === '\r' && stop > at ? '\r\n' : '\n';
    const text = bytes.slice(at, end === '\r\n' ? stop - 1 : stop);
    units.push({ text, end, data: false });
    at = newline < 0 ? stop : stop + 1;
    const length = announcedLength(text);
    if (length === null) continue;
    const data = bytes.slice(at, at + length);
    const dataEnd = bytes.slice(at + length, at + length + 2);
    units.push({ text: data, end: dataEnd, data: true });
    at += data.length + dataEnd.length;
  }
  return units;
}

function announcedLength(line) {
  const match = /^VA (\d+)(?: |$)/.exec(line) ?? /^VALUE \S+ \d+ (\d+)(?: |$)/.exec(line);
  return match ? Number(match[1]) : null;
}

/** Cas ids of two servers: the n-th new one here stands for the n-th new one there. */
export class CasPairs {
  #there = new Map();
  #here = new Map();

  same(expected, actual) {
    if (!this.#there.has(expected) && !this.#here.has(actual)) {
      this.#there.set(expected, actual);
      this.#here.set(actual, expected);
    }
    return this.#there.get(expected) === actual && this.#here.get(actual) === expected;
  }
}

function sameNumber(expected, actual, slack) {
  if (!/^-?\d+$/.test(expected) || !/^-?\d+$/.test(actual)) return expected === actual;
  const [a, b] = [Number(expected), Number(actual)];
  if (a === -1 || b === -1) return a === b;
  return Math.abs(a - b) <= slack || (a > NEARLY_2_32 && b > NEARLY_2_32);
}

/** The fields of an ME line and of a metadump line; the latter's times are unix times. */
function sameField(expected, actual, isDump) {
  const [name, value] = split(expected);
  const [actualName, actualValue] = split(actual);
  if (name !== actualName) return false;
  switch (name) {
    case 'la':
    case 'cas':
    case 'cls':
    case 'size':
      return /^\d+$/.test(actualValue);
    case 'exp':
      return isDump && value !== '-1' ? /^\d{10}$/.test(actualValue) : sameNumber(value, actualValue, CLOCK_SLACK_S);
    default:
      return value === actualValue;
  }
}

function split(field) {
  const at = field.indexOf('=');
  return at < 0 ? [field, ''] : [field.slice(0, at), field.slice(at + 1)];
}

function sameWord(code, index, expected, actual, cas, clockSlackS) {
  if (code === 'VERSION' && index === 1) return actual.length > 0;
  if (code === 'VALUE' && index === 4) return cas.same(expected, actual);
  if ((code === 'ME' && index > 1) || code.startsWith('key=')) return sameField(expected, actual, code !== 'ME');
  if (META_CODES.has(code) && index > 0 && expected[0] === actual[0]) {
    if (expected[0] === 'c') return cas.same(expected.slice(1), actual.slice(1));
    if (expected[0] === 't' || expected[0] === 'l') {
      return sameNumber(expected.slice(1), actual.slice(1), clockSlackS);
    }
  }
  return expected === actual;
}

function sameLine(expected, actual, cas, clockSlackS) {
  const [words, actualWords] = [expected.split(' '), actual.split(' ')];
  if (words.length !== actualWords.length) return false;
  return words.every((word, index) => sameWord(words[0], index, word, actualWords[index], cas, clockSlackS));
}

// Dumps list items in any order. The lines of one dump are brought into one order on both sides.
function sortDumps(units) {
  const isDump = (unit) => !unit.data && (unit.text.startsWith('key=') || unit.text.startsWith('mg '));
  for (let from = 0; from < units.length; ++from) {
    if (!isDump(units[from])) continue;
    let to = from;
    while (to < units.length && isDump(units[to])) ++to;
    const sorted = units.slice(from, to).sort((a, b) => (a.text.split(' ')[0] < b.text.split(' ')[0] ? -1 : 1));
    const byLine = units[from].text.startsWith('mg ') ? sorted.sort((a, b) => (a.text < b.text ? -1 : 1)) : sorted;
    units.splice(from, to - from, ...byLine);
    from = to;
  }
  return units;
}

/**
 * Null when `actual` is the reply that `expected` asks for, or a description of the first difference.
 * `cas` decides about cas ids: same(expectedText, actualText).
 */
export function replyDifference(expected, actual, cas, clockSlackS = CLOCK_SLACK_S) {
  if (expected === actual && !/\bc\d|^VALUE/.test(expected)) return null;
  const units = sortDumps(parseReply(expected));
  const actualUnits = sortDumps(parseReply(actual));
  for (let i = 0; i < Math.max(units.length, actualUnits.length); ++i) {
    const [unit, other] = [units[i], actualUnits[i]];
    const same =
      unit &&
      other &&
      unit.data === other.data &&
      unit.end === other.end &&
      (unit.data ? unit.text === other.text : sameLine(unit.text, other.text, cas, clockSlackS));
    if (!same) {
      const of = (u) => (u ? show(u.text + u.end) : '(nothing)');
      return `part ${i + 1}: expected ${of(unit)}, got ${of(other)}`;
    }
  }
  return null;
}
