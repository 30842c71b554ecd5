// From what was seen before and after a step to a sentence about all keys.

import { counted, listOf, nameOf, number, quoteKey } from '../base/words.js';
import { changeOf, FLUSHED } from './changes.js';
import type { Lost } from './flush.js';
import { keyText } from './keys.js';
import type { Look } from './look.js';
import type { Ran } from './run.js';
import { wonAnew } from './winners.js';

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

export interface Circumstances {
  /** Who acted; undefined: time has. */
  readonly client: string | undefined;
  /** Who held which item's lease before. */
  readonly leases: ReadonlyMap<string, string>;
  /** Keys that had to leave; they are told elsewhere. */
  readonly evicted: ReadonlySet<string>;
  /** Of a step that read the whole store. */
  readonly lost: Lost | undefined;
  readonly ran: Ran;
}

export function compare(before: Look, after: Look, { client, leases, evicted, lost, ran }: Circumstances): Compared {
  const groups = new Map<string, Uint8Array[]>();
  const changed = new Set<string>();
  const read = new Set<string>();
  const held = heldStill(leases, after, ran);
  const anew = client === undefined ? NOBODY : wonAnew(before, after, ran);
  let named = 0;
  for (const [text, key] of after.keys) {
    const actors = { client, holder: leases.get(text), wonAnew: anew.has(text), ran };
    const change = changeOf(text, before, after, actors);
    const gone = before.seen.has(text) && !after.seen.has(text);
    if (change.won && client !== undefined) held.set(text, client);
    else if (!after.seen.get(text)?.item.won) held.delete(text);
    if (change.read) read.add(text);
    if (change.clauses.length === 0 || (gone && evicted.has(text))) continue;
    changed.add(text);
    const words = change.clauses.join(', ');
    if (gone && words !== FLUSHED && !words.startsWith('expired')) ++named;
    groups.set(words, [...(groups.get(words) ?? []), key]);
  }
  // Of a large store, a few items are looked at for all that were flushed.
  const flushed = lost && !before.all ? Math.max(0, lost.count - named) : undefined;
  const allGone = !before.all && before.seen.size > 0 && lost?.left === 0;
  if (allGone) groups.delete(FLUSHED);
  const clauses = [...groups].map(
    ([words, keys]) => `${namesOf(keys, words === FLUSHED ? flushed : undefined)}: ${words}`,
  );
  if (allGone) clauses.unshift('all items are gone');
  const left = clauses.length - CLAUSES;
  const told = left > 0 ? [...clauses.slice(0, CLAUSES), `${counted(left, 'more change')}`] : clauses;
  return { clauses: told, changed, read, leases: sameMap(leases, held) ? leases : held };
}

const NOBODY: ReadonlySet<string> = new Set();

/** Of keys that nobody looked at, nobody knows who holds the lease. */
function heldStill(leases: ReadonlyMap<string, string>, after: Look, ran: Ran): Map<string, string> {
  return new Map(ran.spoken?.more ? [...leases].filter(([text]) => after.keys.has(text)) : leases);
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
