// What a client learns from a reply.

import { readReplies } from '../base/replies.js';
import { latin1 } from '../base/text.js';
import type { Mind } from './race.js';

const READS = new Set(['get', 'gets', 'gat', 'gats', 'mg']);
const STORES = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas', 'incr', 'decr', 'ms', 'ma']);
const GETS_CAS_AT = 4;
const TAKEN = /^(STORED|HD|VA|\d+)/;

/** REQUIRES: the reply to one command, whose first word this is. */
export function learn(mind: Mind, command: string, reply: Uint8Array): Mind {
  if (READS.has(command)) return { ...mind, ...whatWasRead(reply) };
  return STORES.has(command) ? { ...mind, stored: TAKEN.test(latin1(reply)) } : mind;
}

/** Whether this command stores. */
export function isStore(command: string): boolean {
  return STORES.has(command);
}

function whatWasRead(bytes: Uint8Array): Pick<Mind, 'hit' | 'won' | 'read' | 'cas'> {
  const [reply] = readReplies(bytes, 1);
  const { line = '', code = '', flags = [], value = '' } = reply ?? {};
  const ofGets = code === 'VALUE' ? line.split(' ')[GETS_CAS_AT] : undefined;
  return {
    hit: code === 'VA' || code === 'VALUE' || code === 'HD',
    won: flags.includes('W'),
    read: value,
    cas: ofGets ?? flags.find((flag) => /^c\d/.test(flag))?.slice(1) ?? '',
  };
}
