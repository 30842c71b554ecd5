// Who was told to make a value anew.

import { readReplies } from '../base/replies.js';
import type { Look } from './look.js';
import type { Ran } from './run.js';

/**
 * Of items that somebody had won before, those that this step's client has won anew. A cas that changed does not tell:
 * a late value, or a counter, leaves the lease where it is. So the reply has to: each mg of such an item is answered
 * with W or with Z.
 */
export function wonAnew(before: Look, after: Look, ran: Ran): ReadonlySet<string> {
  const won = new Set<string>();
  const mayBe = (text: string) => {
    const [was, is] = [before.seen.get(text)?.item, after.seen.get(text)?.item];
    return was?.won === true && is?.won === true && was.cas !== is.cas;
  };
  const asked = (ran.spoken?.commands ?? []).filter(({ name }) => name === 'mg').map(({ key = '' }) => key);
  if (!asked.some(mayBe)) return won;
  const queue = asked.filter((text) => after.seen.get(text)?.item.won);
  for (const { flags } of readReplies(ran.reply)) {
    if (!flags.includes('W') && !flags.includes('Z')) continue;
    const text = queue.shift();
    if (text === undefined) break;
    if (flags.includes('W') && mayBe(text)) won.add(text);
  }
  return won;
}
