// What a client learns from a reply.

import { latin1 } from '../base/text.js';
import type { Mind } from './race.js';

const READS = new Set(['get', 'gets', 'gat', 'gats', 'mg']);
const STORES = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas', 'incr', 'decr', 'ms', 'ma']);
const TAKEN = /^(STORED|HD|VA|\d+)/;

/** REQUIRES: the reply to one command, whose first word this is. */
export function learn(mind: Mind, command: string, reply: Uint8Array): Mind {
  if (READS.has(command)) return { ...mind, ...whatWasRead(latin1(reply)) };
  return STORES.has(command) ? { ...mind, stored: TAKEN.test(latin1(reply)) } : mind;
}

/** Whether this command stores. */
export function isStore(command: string): boolean {
  return STORES.has(command);
}

function whatWasRead(reply: string): Pick<Mind, 'hit' | 'won' | 'read' | 'cas'> {
  const end = reply.indexOf('\r\n');
  const [code = '', ...words] = reply.slice(0, end).split(' ');
  const hasValue = code === 'VA' || code === 'VALUE';
  const length = hasValue ? Number(words[code === 'VA' ? 0 : 2]) : 0;
  return {
    hit: hasValue || code === 'HD',
    won: code !== 'VALUE' && words.includes('W'),
    read: reply.slice(end + 2, end + 2 + length),
    cas: code === 'VALUE' ? (words[3] ?? '') : (words.find((word) => /^c\d/.test(word))?.slice(1) ?? ''),
  };
}
