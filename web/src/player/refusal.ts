// Why a command of one line was refused, from its reply and what is stored.

import { number, quoteKey } from '../base/words.js';
import { latin1 } from '../base/text.js';
import type { Look } from './look.js';
import type { Ran } from './run.js';

/** "refused: the cas of `page` is 3, not 2". Undefined: it was not refused, or several commands were sent. */
export function refusalOf(ran: Ran, after: Look): string | undefined {
  const [command, ...others] = ran.spoken?.commands ?? [];
  const item = command?.key === undefined ? undefined : after.seen.get(command.key)?.item;
  if (!command || !item || others.length > 0) return undefined;
  const code = /^[A-Z_]+/.exec(latin1(ran.reply.subarray(0, 16)))?.[0];
  if (code === 'EX' || code === 'EXISTS') {
    const given = command.name === 'cas' ? command.words[4] : command.words.find((word) => /^C\d/.test(word))?.slice(1);
    if (given === undefined || !/^\d{1,20}$/.test(given)) return undefined;
    return `refused, the cas of ${quoteKey(item.key)} is ${number(item.cas)}, not ${number(BigInt(given))}`;
  }
  if (code === 'NS' || code === 'NOT_STORED') return `refused, ${quoteKey(item.key)} is there already`;
  return undefined;
}
