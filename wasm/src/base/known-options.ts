// Refuses options that nobody knows: a misspelt option would have no effect, and nobody would say so.

import { checkOptions } from './arguments.js';
import { IsocacheError } from './types.js';

/** Throws on a name that is not among `known`, and tells the nearest one. */
export function checkKnown(options: unknown, known: readonly string[]): void {
  checkOptions(options);
  for (const name of Object.keys(options ?? {})) {
    if (known.includes(name)) continue;
    throw new IsocacheError('BAD_ARGUMENT', `there is no option ${name}: is it ${nearest(name, known)}?`);
  }
}

function nearest(name: string, known: readonly string[]): string {
  const distances = known.map((other) => distance(name.toLowerCase(), other.toLowerCase()));
  return known[distances.indexOf(Math.min(...distances))]!;
}

/** The number of characters to add, remove or replace on the way from one word to the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (let j = 0; j < to.length; ++j) {
      next.push(Math.min(row[j]! + Number(letter !== to[j]), row[j + 1]! + 1, next[j]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
