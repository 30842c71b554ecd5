// Why a task is not done yet, as far as that is plain.

import { listOf, nameOf } from '../base/words.js';
import { isRefusal } from './checks.js';
import type { Look, Task } from './lesson.js';

/** A clause without a dot; undefined: nothing was tried, or nothing can be said. REQUIRES: the task is not done. */
export function whyNot({ who, key, why }: Task, look: Look): string | undefined {
  const last = look.exchanges.at(-1);
  if (last === undefined) return why?.(look);
  const { client, keys, replies, unfinished } = last;
  if (unfinished) return 'the command is not finished, so nothing was done';
  if (who !== undefined && client !== who) return `${nameOf(client)} spoke, and this is for ${nameOf(who)} to do`;
  if (key !== undefined && !keys.includes(key)) {
    const named = keys.length === 0 ? 'no key' : listOf(keys.slice(0, 2).map((other) => `\`${other}\``));
    return `that named ${named}, and this is about \`${key}\``;
  }
  const told = why?.(look);
  if (told !== undefined) return told;
  const refusal = replies.find(isRefusal);
  return refusal && `it was refused: \`${refusal.line.slice(0, 60)}\``;
}
