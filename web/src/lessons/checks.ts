// What checks of several lessons ask.

import type { Reply } from '../base/replies.js';
import type { Asked, Exchange, Look } from './lesson.js';

export interface Wanted {
  /** The reply's first word. */
  readonly code?: string | RegExp;
  /** Flags that the reply has, such as `W` or `t30`; a letter alone stands for a flag with any argument. */
  readonly flags?: readonly string[];
  /** Flags that it does not have. */
  readonly without?: readonly string[];
  readonly value?: string;
  readonly client?: string;
  /** One of the commands that were sent is such a one. */
  readonly asked?: (command: Asked) => boolean;
}

/** The exchanges that were about this key and no other. */
export function about(look: Look, key: string): Exchange[] {
  return look.exchanges.filter(({ keys }) => keys.length === 1 && keys[0] === key);
}

/** Whether somebody who asked for this key, and for no other in the same step, got such a reply. */
export function answered(look: Look, key: string, wanted: Wanted): boolean {
  return about(look, key).some(
    ({ client, commands, replies }) =>
      (wanted.client === undefined || wanted.client === client) &&
      (wanted.asked === undefined || commands.some(wanted.asked)) &&
      replies.some((reply) => fits(reply, wanted)),
  );
}

export function fits(reply: Reply, { code, flags = [], without = [], value }: Wanted): boolean {
  if (typeof code === 'string' && reply.code !== code) return false;
  if (code instanceof RegExp && !code.test(reply.line)) return false;
  if (value !== undefined && reply.value !== value) return false;
  return flags.every((flag) => hasFlag(reply, flag)) && !without.some((flag) => hasFlag(reply, flag));
}

function hasFlag({ flags }: Reply, wanted: string): boolean {
  return flags.some((flag) => flag === wanted || (wanted.length === 1 && flag[0] === wanted));
}

const REFUSED = /^(NS|EX|NF|NOT_STORED|EXISTS|NOT_FOUND|ERROR|CLIENT_ERROR|SERVER_ERROR)/;

export function isRefusal({ line }: Reply): boolean {
  return REFUSED.test(line);
}

/** Exchanges about this key alone with such a command, that are whole and have done what they ask for. */
export function succeeded(look: Look, key: string, asked: (command: Asked) => boolean, client?: string): boolean {
  return about(look, key).some(
    (exchange) =>
      (client === undefined || exchange.client === client) &&
      !exchange.unfinished &&
      exchange.commands.some(asked) &&
      !exchange.replies.some(isRefusal),
  );
}

const STORES = new Set(['set', 'add', 'replace', 'append', 'prepend', 'cas', 'incr', 'decr', 'ms', 'ma']);
/** Of the command cas: cas key flags exptime length cas. */
const CAS_WORD_AT = 5;
const EXPTIME_AT = 3;

export function stores({ name }: Asked): boolean {
  return STORES.has(name);
}

/** The argument of a meta command's flag, '' if it has none; undefined: the flag was not sent. */
export function flagOf({ name, words }: Asked, letter: string): string | undefined {
  if (!/^m[sgda]$/.test(name)) return undefined;
  return words
    .slice(name === 'ms' ? 3 : 2)
    .find((word) => word[0] === letter)
    ?.slice(1);
}

/** The cas under which it stores; undefined: under any. */
export function casOf(command: Asked): bigint | undefined {
  const text = command.name === 'cas' ? command.words[CAS_WORD_AT] : stores(command) ? flagOf(command, 'C') : undefined;
  return text !== undefined && /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
}

/** The time to live that it gives. */
export function timeOf(command: Asked): number | undefined {
  const text = /^m/.test(command.name) ? flagOf(command, 'T') : command.words[EXPTIME_AT];
  return text === undefined ? undefined : Number(text);
}

/** Stores under a cas that the item had before. */
export function storesWithOldCas(look: Look, key: string): (command: Asked) => boolean {
  const now = look.item(key)?.cas;
  return (command) => {
    const cas = casOf(command);
    return cas !== undefined && cas > 0n && (now === undefined || cas < now);
  };
}

/** A hit with the value, by any command that reads. */
export const HAS_VALUE = /^(VA|VALUE) /;
/** A hit, with the value or without. */
export const IS_HIT = /^(VA |VALUE |HD)/;
