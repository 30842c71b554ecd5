// What cannot be undone on a server that others use.

import { findRequests } from '../base/requests.js';
import { latin1 } from '../base/text.js';

export interface Danger {
  /** The line as it was typed. */
  readonly line: string;
  /** What it does, as the rest of a sentence about it: "removes everything ...". */
  readonly say: string;
}

const DANGERS: readonly (readonly [RegExp, string])[] = [
  [/^flush_all\b/, 'removes everything that is stored on the server, for all of its clients'],
  [/^flush_prefix +\S/, 'removes all items with that prefix, for all of the server’s clients'],
  [/^shutdown\b/, 'ends the server, and everything stored there is lost'],
  [/^cache_memlimit\b/, 'changes how much memory the server may use; with less, items are dropped at once'],
  [/^stats +reset\b/, 'sets the server’s counters back to 0, also for those who watch them'],
];

/**
 * The commands in these bytes that need a second thought, as the server would read them: all commands of one go count,
 * and a value that only looks like a command does not.
 */
export function dangersOf(bytes: Uint8Array): Danger[] {
  const found: Danger[] = [];
  for (const { line } of findRequests(bytes)) {
    const text = latin1(bytes.subarray(line.from, line.to));
    const danger = DANGERS.find(([pattern]) => pattern.test(text));
    if (danger !== undefined) found.push({ line: text, say: danger[1] });
  }
  return found;
}
