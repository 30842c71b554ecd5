// What became of one item, in words.

import type { ItemState } from 'isocache/inspect';
import { escapeBytes } from '../base/escape.js';
import { latin1 } from '../base/text.js';
import { bytesOf, duration, nameOf, number } from '../base/words.js';
import { type Command, keyText } from './keys.js';
import type { Look, Seen } from './look.js';
import type { Ran } from './run.js';

/** Clauses of a sentence: "replaced", "5 bytes", "expires in 30 s". */
export interface Change {
  /** Empty: the item is the same, or was only read. */
  readonly clauses: readonly string[];
  readonly read: boolean;
  /** The right to store a new value was handed out now. */
  readonly won: boolean;
}

const SAME: Change = { clauses: [], read: false, won: false };

export interface Actors {
  /** Who acted; undefined: time has. */
  readonly client: string | undefined;
  /** Who had the item's lease. */
  readonly holder: string | undefined;
  /** The item's lease was out before, and has gone to `client` now. */
  readonly wonAnew: boolean;
  readonly ran: Ran;
}

/** Of an item that a flush_all took. */
export const FLUSHED = 'flushed';

export function changeOf(text: string, before: Look, after: Look, actors: Actors): Change {
  const was = before.seen.get(text);
  const is = after.seen.get(text);
  if (!was && !is)
    return after.gone.has(text) && !before.gone.has(text)
      ? { ...SAME, clauses: ['created, and expired at once'] }
      : SAME;
  if (!was) return created(is!, after.now, actors);
  if (!is)
    return { ...SAME, clauses: [...leave(was, after.gone.get(text), after.now, actors), ...leaseLost(was, actors)] };
  return changed(was, is, after.now, actors);
}

/** `rest`: the item that is there still, but not for requests. */
function leave(was: Seen, rest: ItemState | undefined, now: number, { client }: Actors): string[] {
  if (was.item.expires !== 0 && was.item.expires <= now) return ['expired'];
  // Time alone takes what does not expire by a flush_all with a delay.
  if (!rest) return [client === undefined ? FLUSHED : 'deleted'];
  const over = rest.expires !== 0 && rest.expires <= now;
  if (!over) return [FLUSHED];
  return [rest.cas === was.item.cas ? 'expired at once' : 'replaced by an item that expired at once'];
}

function created(is: Seen, now: number, actors: Actors): Change {
  const { item } = is;
  const empty = item.valueLength === 0;
  const marks = [
    ...(item.stale ? ['with the stale mark'] : []),
    ...(item.clientFlags > 0 ? [flagsNow(item.clientFlags)] : []),
  ];
  const time =
    item.won && actors.client !== undefined
      ? [`lease to ${nameOf(actors.client)}${item.expires === 0 ? '' : ` for ${duration(left(item.expires, now))}`}`]
      : [item.won ? 'a lease is out' : '', ttlNow(item.expires, now)].filter((part) => part !== '');
  const clauses = [
    empty ? 'created empty' : 'created',
    ...(empty ? [] : [bytesOf(item.valueLength)]),
    ...time,
    ...marks,
    ...givenCas(is, actors),
    ...place(is),
  ];
  return { clauses, read: false, won: item.won };
}

function changed(was: Seen, is: Seen, now: number, actors: Actors): Change {
  const stored = storedAgain(was, is, now, actors);
  const read =
    (is.item.fetched && !was.item.fetched) ||
    is.item.lastAccess !== was.item.lastAccess ||
    is.item.frequency > was.item.frequency;
  const won = (is.item.won && !was.item.won) || actors.wonAnew;
  const marks = [
    ...staleClause(was, is, actors),
    ...(actors.wonAnew && actors.client !== actors.holder ? leaseLost(was, actors) : []),
    ...(won && actors.client !== undefined ? [`lease to ${nameOf(actors.client)}`] : []),
    ...(was.item.won && !is.item.won ? leaseDone(actors, stored.length > 0) : []),
  ];
  const ttl =
    stored.length === 0 && was.item.expires !== is.item.expires
      ? [ttlChange(was.item.expires, is.item.expires, now)]
      : [];
  const flags =
    was.item.clientFlags === is.item.clientFlags
      ? []
      : [`client flags from ${was.item.clientFlags} to ${is.item.clientFlags}`];
  const casOnly =
    stored.length === 0 && was.item.cas !== is.item.cas
      ? [`cas from ${number(was.item.cas)} to ${number(is.item.cas)}`]
      : [];
  const moved =
    stored.length === 0 && !samePlace(was, is)
      ? [`moved to the ${is.item.queue} queue, segment ${is.item.segment}`]
      : [];
  const given = stored.length > 0 ? givenCas(is, actors) : [];
  return { clauses: [...stored, ...ttl, ...flags, ...marks, ...given, ...casOnly, ...moved], read, won };
}

/** Empty: nothing was stored. */
function storedAgain(was: Seen, is: Seen, now: number, actors: Actors): string[] {
  const sameValue = was.value && is.value ? equal(was.value, is.value) : was.item.valueLength === is.item.valueLength;
  const sameCas = was.item.cas === is.item.cas && !keepsCas(is, actors);
  if (sameValue && sameCas) return [];
  // What marks or deletes gives an item a new cas as well.
  const anew = sameValue && actors.wonAnew && is.item.valueLength === 0 && !is.item.stale;
  if (sameValue && !anew && !commandsOn(is, actors).some(({ name }) => STORING.test(name))) return [];
  const numbers = sameValue ? undefined : counter(was, is, actors);
  if (numbers)
    return [
      numbers,
      ...(was.item.expires === is.item.expires ? [] : [ttlChange(was.item.expires, is.item.expires, now)]),
    ];
  const ttl = ttlNow(is.item.expires, now);
  const end = ttl !== '' ? [ttl] : was.item.expires === 0 ? [] : ['never expires'];
  if (anew) return ['made anew, empty', ...end];
  if (sameValue && was.value) return ['stored again with the same value', ...end];
  if (is.item.valueLength === 0) return ['now empty', ...end];
  const longer = grown(was, is);
  if (longer !== undefined) return [longer, ...(was.item.expires === is.item.expires ? [] : end)];
  return [`replaced, ${bytesOf(is.item.valueLength)}${before(was, is)}`, ...end];
}

function before(was: Seen, is: Seen): string {
  return was.item.valueLength === is.item.valueLength
    ? ''
    : ` (before: ${was.item.valueLength === 0 ? 'empty' : bytesOf(was.item.valueLength)})`;
}

/** "counter from 7 to 8", "value from `10` to `9`": both are decimal numbers, perhaps padded. */
function counter(was: Seen, is: Seen, actors: Actors): string | undefined {
  const [from, to] = [was, is].map(
    ({ value }) => /^(\d{1,20}) *$/.exec(value ? String.fromCharCode(...value) : '')?.[1],
  );
  if (from === undefined || to === undefined || from === to) return undefined;
  if (commandsOn(is, actors).some(({ name }) => COUNTING.test(name)))
    return `counter from ${number(BigInt(from))} to ${number(BigInt(to))}`;
  return `value from \`${escapeBytes(was.value!)}\` to \`${escapeBytes(is.value!)}\``;
}

const COUNTING = /^(ma|incr|decr)$/;
const STORING = /^(ms|ma|set|add|replace|append|prepend|cas|incr|decr)$/;

function commandsOn({ item }: Seen, { ran }: Actors): readonly Command[] {
  const text = keyText(item.key);
  return ran.spoken?.commands.filter(({ key }) => key === text) ?? [];
}

/** "cas 1,000": the client has chosen it, by E. */
function givenCas(is: Seen, actors: Actors): string[] {
  const given = commandsOn(is, actors).some(({ words }) => words.includes(`E${is.item.cas}`));
  return given ? [`cas ${number(is.item.cas)}`] : [];
}

/** The only command has stored, with the cas that the item had. */
function keepsCas(is: Seen, actors: Actors): boolean {
  const [, ...others] = actors.ran.spoken?.commands ?? [];
  const done = others.length === 0 && latin1(actors.ran.reply.subarray(0, 2)) === 'HD';
  return done && givenCas(is, actors).length > 0 && commandsOn(is, actors).some(({ name }) => STORING.test(name));
}

function grown(was: Seen, is: Seen): string | undefined {
  const [old, value] = [was.value, is.value];
  if (!old || !value || old.length === 0 || value.length <= old.length) return undefined;
  const more = bytesOf(value.length - old.length);
  if (equal(value.subarray(0, old.length), old)) return `${more} more at the end, ${bytesOf(value.length)} now`;
  if (equal(value.subarray(-old.length), old)) return `${more} more at the front, ${bytesOf(value.length)} now`;
  return undefined;
}

function staleClause(was: Seen, is: Seen, actors: Actors): string[] {
  if (is.item.stale !== was.item.stale) return [is.item.stale ? 'stale mark set' : 'stale mark removed'];
  if (!is.item.stale || is.item.cas === was.item.cas) return [];
  const again = commandsOn(is, actors).some(({ name, words }) => name === 'md' && words.includes('I'));
  return again ? ['stale mark set again'] : [];
}

function leaseDone({ client, holder }: Actors, stored: boolean): string[] {
  if (holder === undefined) return ['the lease is over'];
  if (client === holder) return [`${nameOf(holder)}'s lease is done`];
  return [
    `${nameOf(holder)}'s lease is lost${stored && client !== undefined ? `: ${nameOf(client)} stored first` : ''}`,
  ];
}

function leaseLost(was: Seen, { holder }: Actors): string[] {
  return was.item.won ? [`${holder === undefined ? 'the' : `${nameOf(holder)}'s`} lease is lost`] : [];
}

function ttlChange(was: number, is: number, now: number): string {
  const old = was === 0 ? 'never expired' : duration(left(was, now));
  return is === 0 ? `never expires now (before: in ${old})` : `TTL now ${duration(left(is, now))} (before: ${old})`;
}

function ttlNow(expires: number, now: number): string {
  return expires === 0 ? '' : `expires in ${duration(left(expires, now))}`;
}

function flagsNow(clientFlags: number): string {
  return `client flags ${clientFlags}`;
}

function place({ item }: Seen): string[] {
  return [`${item.queue} queue`, `segment ${item.segment}`];
}

function samePlace(was: Seen, is: Seen): boolean {
  return was.item.queue === is.item.queue && was.item.segment === is.item.segment;
}

function left(expires: number, now: number): number {
  return Math.max(0, (expires - now) / 1000);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
