// One line of a tape.

import { escapeBytes, unescape } from '../base/escape.js';
import { number } from '../base/words.js';
import { MAX_FILL_ITEMS, MAX_FILL_VALUE_BYTES, MAX_PREFIX_BYTES, MAX_WAIT_SECONDS } from './limits.js';
import type { Step } from './types.js';

/** Columns from 1. */
export interface Fault {
  readonly column: number;
  readonly message: string;
}

export function isFault(step: Step | Fault): step is Fault {
  return 'message' in step;
}

const EXPECTED =
  'Expected a step: a command with the client that sends it (`@alice mg page v`), a wait (`+30s`), ' +
  '`fill user: 300 4096`, `evict`, or a note that begins with `#`.';
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** The line comes without its end and is not blank. */
export function parseStep(line: string): Step | Fault {
  if (line.startsWith('@')) return parseSend(line);
  if (line.startsWith('+')) return parseWait(line);
  if (line.startsWith('#')) return { kind: 'note', text: line.slice(line.startsWith('# ') ? 2 : 1) };
  if (/^fill(\s|$)/.test(line)) return parseFill(line);
  if (/^evict\s*$/.test(line)) return { kind: 'evict' };
  return { column: 1, message: EXPECTED };
}

function parseSend(line: string): Step | Fault {
  const name = /^@([a-z][a-z0-9]{0,15})(?= |$)/.exec(line)?.[1];
  if (name === undefined) {
    const message =
      'Expected the name of a client: a small letter, then up to 15 small letters and digits, and a space. ' +
      'For example `@alice mg page v`.';
    return { column: 2, message };
  }
  const start = name.length + 2;
  const text = line.slice(start);
  if (text === '')
    return { column: start + 1, message: `Expected what ${name} sends, for example \`@${name} mg page v\`.` };
  const open = endsInLoneBackslash(text);
  const result = unescape(open ? text.slice(0, -1) : text);
  if (result.error !== undefined) return { column: start + result.at + 1, message: result.error };
  if (open) return { kind: 'send', client: name, bytes: result.bytes };
  const bytes = new Uint8Array(result.bytes.length + 2);
  bytes.set(result.bytes);
  bytes.set([13, 10], result.bytes.length);
  return { kind: 'send', client: name, bytes };
}

/** An odd number of backslashes: the last one is no second half of `\\`. */
function endsInLoneBackslash(text: string): boolean {
  let count = 0;
  while (text[text.length - 1 - count] === '\\') ++count;
  return count % 2 === 1;
}

function parseWait(line: string): Step | Fault {
  const match = /^\+(\d{1,12})([smhd])\s*$/.exec(line);
  const seconds = match ? Number(match[1]) * SECONDS[match[2]!]! : 0;
  if (seconds < 1 || seconds > MAX_WAIT_SECONDS) {
    const most = MAX_WAIT_SECONDS / 86_400;
    const message = `Expected a wait in whole seconds, minutes, hours or days, up to ${most}d: \`+30s\`, \`+5m\`, \`+2h\`, \`+31d\`.`;
    return { column: 2, message };
  }
  return { kind: 'wait', seconds };
}

function parseFill(line: string): Step | Fault {
  const example = 'For example `fill user: 300 4096`: the keys user:0 to user:299, each with 4,096 bytes.';
  const match = /^fill +(\S+) +(\d{1,9}) +(\d{1,9})\s*$/.exec(line);
  if (!match) {
    const message = `Expected a prefix for the keys, how many, and the bytes of each value. ${example}`;
    return { column: 5, message };
  }
  const column = (text: string) => line.indexOf(text, 4) + 1;
  const prefix = unescape(match[1]!);
  if (prefix.error !== undefined) return { column: column(match[1]!) + prefix.at, message: prefix.error };
  const text = new TextDecoder().decode(prefix.bytes);
  if (prefix.bytes.length > MAX_PREFIX_BYTES || escapeBytes(prefix.bytes) !== match[1]) {
    const message = `Expected a prefix of at most ${MAX_PREFIX_BYTES} bytes, all of them visible. ${example}`;
    return { column: column(match[1]!), message };
  }
  const [count, valueBytes] = [Number(match[2]), Number(match[3])];
  const numbers = match[1]!.length + column(match[1]!);
  if (count < 1 || count > MAX_FILL_ITEMS) {
    const message = `Expected 1 to ${number(MAX_FILL_ITEMS)} items. ${example}`;
    return { column: line.indexOf(match[2]!, numbers) + 1, message };
  }
  if (valueBytes > MAX_FILL_VALUE_BYTES) {
    const message = `Expected values of at most ${number(MAX_FILL_VALUE_BYTES)} bytes. ${example}`;
    return { column: line.lastIndexOf(match[3]!) + 1, message };
  }
  return { kind: 'fill', prefix: text, count, valueBytes };
}
