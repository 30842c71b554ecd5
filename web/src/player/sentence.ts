// From what was seen before and after a step to a sentence about all keys.

import { counted, listOf, nameOf, number, quoteKey } from '../base/words.js';
import { type Actors, changeOf } from './changes.js';
import { keyText } from './keys.js';
import type { Look } from './look.js';

/** Keys that one clause names; of more it says how many. */
const NAMED = 4;
/** Clauses of a sentence. */
const CLAUSES = 8;

export interface Compared {
  /** "`page`: created, 5 bytes", "`a` and `b`: deleted". */
  readonly clauses: readonly string[];
  readonly changed: ReadonlySet<string>;
  readonly read: ReadonlySet<string>;
  /** Who holds which item's lease now, by keyText(). */
  readonly leases: ReadonlyMap<string, string>;
}

/** `evicted`: keys that had to leave; they are told elsewhere. */
export function compare(
  before: Look,
  after: Look,
  client: string | undefined,
  leases: ReadonlyMap<string, string>,
  evicted: ReadonlySet<string>,
): Compared {
  const groups = new Map<string, Uint8Array[]>();
  const changed = new Set<string>();
  const read = new Set<string>();
  const held = new Map(leases);
  const allGone = !before.all && before.seen.size > 0 && after.seen.size === 0;
  for (const [text, key] of after.keys) {
    const holder = leases.get(text);
    const actors: Actors = { ...(client !== undefined && { client }), ...(holder !== undefined && { holder }) };
    const change = changeOf(text, before, after, actors);
    const gone = before.seen.has(text) && !after.seen.has(text);
    if (change.won && client !== undefined) held.set(text, client);
    else if (!after.seen.get(text)?.item.won) held.delete(text);
    if (change.read) read.add(text);
    if (change.clauses.length === 0 || (gone && evicted.has(text))) continue;
    changed.add(text);
    if (gone && allGone) continue;
    const words = change.clauses.join(', ');
    groups.set(words, [...(groups.get(words) ?? []), key]);
  }
  const clauses = [...groups].map(([words, keys]) => `${namesOf(keys)}: ${words}`);
  if (allGone) clauses.unshift('all items are gone');
  const left = clauses.length - CLAUSES;
  const told = left > 0 ? [...clauses.slice(0, CLAUSES), `${counted(left, 'more change')}`] : clauses;
  return { clauses: told, changed, read, leases: sameMap(leases, held) ? leases : held };
}

/** "`a`, `b` and 12 more". */
export function namesOf(keys: readonly Uint8Array[], total = keys.length): string {
  const named = keys.slice(0, total > NAMED ? NAMED - 1 : NAMED).map(quoteKey);
  return listOf(total > named.length ? [...named, `${number(total - named.length)} more`] : named);
}

/** Leases that end since their items had to go, for want of room or in time. */
export function leasesLost(
  before: Look,
  after: Look,
  keys: readonly Uint8Array[],
  leases: ReadonlyMap<string, string>,
): string[] {
  return keys.flatMap((key) => {
    const text = keyText(key);
    if (!before.seen.get(text)?.item.won || after.seen.has(text)) return [];
    const holder = leases.get(text);
    return [`${holder === undefined ? 'the' : `${nameOf(holder)}'s`} lease on ${quoteKey(key)} is lost`];
  });
}

function sameMap(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  return a.size === b.size && [...a].every(([key, value]) => b.get(key) === value);
}
