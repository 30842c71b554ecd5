// What checks of several lessons ask.

import type { Reply } from '../base/replies.js';
import type { Exchange, Look } from './lesson.js';

export interface Wanted {
  /** The reply's first word. */
  readonly code?: string | RegExp;
  /** Flags that the reply has, such as `W` or `t30`; a letter alone stands for a flag with any argument. */
  readonly flags?: readonly string[];
  /** Flags that it does not have. */
  readonly without?: readonly string[];
  readonly value?: string;
  readonly client?: string;
  /** What was answered: `/^(ms|cas)$/`. */
  readonly command?: RegExp;
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
      (wanted.command === undefined || commands.every((command) => wanted.command?.test(command))) &&
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

/** The argument of the last such flag in replies about this key. */
export function lastFlag(look: Look, key: string, letter: string): string | undefined {
  const replies = about(look, key).flatMap((exchange) => exchange.replies);
  const found = replies.flatMap(({ flags }) => flags).filter((flag) => flag[0] === letter);
  return found.at(-1)?.slice(1);
}

/** A hit with the value, by any command that reads. */
export const HAS_VALUE = /^(VA|VALUE) /;
/** A hit, with the value or without. */
export const IS_HIT = /^(VA |VALUE |HD)/;
