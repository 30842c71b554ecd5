// What each meta flag is called on its chip: a word or two beside the letter. Longer texts are in isocache/protocol.

import type { MetaCommand, MetaFlag } from 'isocache/protocol';

const FLAG_WORDS: Readonly<Record<MetaFlag, string>> = {
  b: 'base64 key',
  c: 'cas',
  f: 'client flags',
  h: 'read before?',
  k: 'key',
  l: 'last read',
  q: 'quiet',
  s: 'size',
  t: 'TTL',
  u: 'do not count',
  v: 'value',
  x: 'drop value',
  C: 'compare cas',
  D: 'delta',
  E: 'set cas',
  F: 'client flags',
  I: 'mark stale',
  J: 'first number',
  L: 'path',
  M: 'mode',
  N: 'create if missing',
  O: 'opaque',
  P: 'path',
  R: 'refresh early',
  T: 'set TTL',
};

/** What a flag's chip puts behind the letter, where the flag takes something. */
const ARGUMENTS: Partial<Record<MetaFlag, string>> = {
  C: '1',
  D: '1',
  E: '1',
  F: '1',
  J: '0',
  N: '30',
  O: '1',
  R: '30',
  T: '60',
};

const COMMAND_WORDS: Readonly<Record<string, string>> = {
  mg: 'get',
  ms: 'set',
  md: 'delete',
  ma: 'add up',
  me: 'debug',
  mn: 'no-op',
};

const MODE_WORDS: Readonly<Record<'ms' | 'ma', Readonly<Record<string, string>>>> = {
  ms: { S: 'set', E: 'add if missing', R: 'replace', A: 'append', P: 'prepend' },
  ma: { I: 'up', '+': 'up', D: 'down', '-': 'down' },
};

export function flagWords(command: MetaCommand, flag: MetaFlag): string {
  return command === 'ms' && flag === 'I' ? 'stale if older' : FLAG_WORDS[flag];
}

export const flagArgument = (flag: MetaFlag): string => ARGUMENTS[flag] ?? '';
export const commandWords = (command: string): string => COMMAND_WORDS[command] ?? '';
export const modeWords = (command: 'ms' | 'ma', mode: string): string => MODE_WORDS[command][mode] ?? '';
