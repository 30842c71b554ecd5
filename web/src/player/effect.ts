// The effect line of a step. What happened is what looks different in the store.

import type { EvictionStep, Inspector, ItemState, SegmentState } from 'isocache/inspect';
import { escapeBytes } from '../base/escape.js';
import { areMissing, bytesOf, counted, duration, listOf, nameOf, number, quoteKey } from '../base/words.js';
import type { FillStep, SendStep, Step, WaitStep } from '../tape/types.js';
import { MAX_REPLY_BYTES } from './budget.js';
import { keyText, MOST_KEYS, MOST_REQUESTS } from './keys.js';
import { flushAfter, flushClause, lostOf } from './flush.js';
import { livingOf, type Look, lookAt } from './look.js';
import { refusalOf } from './refusal.js';
import { type Context, listen, type Ran } from './run.js';
import { type Compared, compare, leasesLost, namesOf } from './sentence.js';
import type { Effect } from './types.js';

/** What is remembered of the store before a step. */
export interface Before {
  readonly look: Look;
  /** Of steps that touch many items. */
  readonly segments?: readonly SegmentState[];
  /** How many items will have expired after a wait, how many will not, and when the next one expires. */
  readonly expiring?: { readonly count: number; readonly left: number; readonly next: number };
  /** Of a step that may flush: the keys of all items that do not expire in it, by keyText(). */
  readonly living?: readonly string[];
}

export interface Told {
  readonly effect: Effect;
  /** What the step changes of its context besides. */
  readonly learned: Pick<Context, 'leases' | 'safeUntil' | 'flushAt'>;
}

/** How many keys an effect names at most: what the page lights up. */
const MOST_LIT = 256;
const encoder = new TextEncoder();

/** Of those that a flush takes: they stand for the others. */
const FLUSHED_NAMED = 8;

export function lookBefore(store: Inspector, context: Context, step: Step): Before {
  switch (step.kind) {
    case 'send': {
      const { keys, flush, more } = listen(context, step);
      if (flush === undefined && !more) return { look: lookAt(store, keys) };
      return flushable(store, keys, livingOf(store));
    }
    case 'wait': {
      if (listings(store, context, step) === 0) return { look: lookAt(store, []) };
      const until = store.now + step.seconds * 1000;
      const living = livingOf(store);
      const mortal = living.filter(({ expires }) => expires > 0);
      const over = mortal.filter(({ expires }) => expires <= until);
      const next = soonest(mortal.filter(({ expires }) => expires > until));
      const keys = over.map(({ key }) => key);
      const expiring = { count: over.length, left: living.length - over.length, next };
      if (context.flushAt > until) return { look: lookAt(store, keys), expiring };
      const others = living.filter(({ expires }) => expires === 0 || expires > until);
      return { ...flushable(store, keys, others), expiring };
    }
    case 'fill':
    case 'evict':
      return { look: lookAt(store, []), segments: store.segments() };
    case 'note':
      return { look: EMPTY };
  }
}

function flushable(store: Inspector, keys: readonly Uint8Array[], living: readonly ItemState[]): Before {
  const leased = living.filter(({ won }) => won).map(({ key }) => key);
  const some = living.slice(0, FLUSHED_NAMED).map(({ key }) => key);
  return { look: lookAt(store, [...some, ...keys, ...leased]), living: living.map(({ key }) => keyText(key)) };
}

/** How often a step has to read the whole store: when something may expire, or be flushed. */
export function listings(store: Inspector, context: Context, step: Step): number {
  if (step.kind === 'send') {
    const { flush, more } = listen(context, step);
    return flush === undefined && !more ? 0 : 2;
  }
  if (step.kind !== 'wait') return 0;
  const until = store.now + step.seconds * 1000;
  return until >= context.flushAt ? 2 : until >= context.safeUntil ? 1 : 0;
}

/** When the first of them expires. */
function soonest(items: Iterable<ItemState>): number {
  let first = Number.POSITIVE_INFINITY;
  for (const { expires } of items) if (expires > 0 && expires < first) first = expires;
  return first;
}

/** Of what a client sent, all items are known that it may have given a time to live, unless there are too many keys. */
function safeUntil(before: Before, after: Look, ran: Ran): number {
  if (before.expiring) return before.expiring.next;
  if (ran.spoken?.more) return 0;
  return Math.min(ran.context.safeUntil, soonest([...after.seen.values()].map(({ item }) => item)));
}

type Leases = ReadonlyMap<string, string>;

const EMPTY: Look = { seen: new Map(), gone: new Map(), keys: new Map(), all: true, count: 0, now: 0 };

export function tellEffect(store: Inspector, step: Step, before: Before, ran: Ran): Told {
  const { leases } = ran.context;
  if (step.kind === 'note') {
    return { effect: { text: 'A note', keys: [], segments: [], evicted: 0, changed: false }, learned: ran.context };
  }
  const after = lookAt(store, ran.evicted, before.look);
  const evicted = new Set(ran.evicted.map(keyText));
  const client = step.kind === 'send' ? step.client : undefined;
  const { expiring, living } = before;
  const lost = living ? lostOf(store, living, ran) : expiring && { count: 0, left: expiring.left - ran.evicted.length };
  const flushAt = flushAfter(ran, store.now);
  const flush = step.kind === 'send' ? flushClause(ran.context, flushAt, store.now) : [];
  const found = compare(before.look, after, { client, leases, evicted, lost, ran });
  const compared = { ...found, clauses: [...found.clauses, ...flush, ...countClause(before.look, after, ran, found)] };
  const dropped = leasesLost(before.look, after, ran.evicted, leases);
  const parts =
    step.kind === 'send'
      ? tellSend(step, before.look, after, ran, compared)
      : step.kind === 'wait'
        ? tellWait(step, before, after, compared, leases)
        : step.kind === 'fill'
          ? tellFill(step, ran)
          : tellEviction(ran.eviction);
  const text = [...parts, ...(step.kind === 'evict' ? [] : evictedClause(ran.evicted)), ...dropped].join('; ');
  const changed =
    compared.clauses.length > 0 || ran.evicted.length > 0 || step.kind === 'fill' || ran.eviction !== undefined;
  const keys = touchedKeys(step, after, compared, ran);
  const segments = segmentsOf(store, before, after, keys);
  return {
    effect: { text: capital(text), keys, segments, evicted: ran.evicted.length, changed },
    learned: { leases: compared.leases, safeUntil: safeUntil(before, after, ran), flushAt },
  };
}

function tellSend(step: SendStep, before: Look, after: Look, ran: Ran, compared: Compared): string[] {
  const name = nameOf(step.client);
  const nothing = compared.clauses.length === 0 && ran.evicted.length === 0;
  const failed = /^(CLIENT_|SERVER_)?ERROR/.test(escapeBytes(ran.reply.subarray(0, 16)));
  const reads = [...compared.read].filter((text) => !compared.changed.has(text));
  return [
    ...(ran.reconnected ? [`${name} has a new connection`] : []),
    ...compared.clauses,
    ...(nothing ? [nothingChanged(step, before, after, ran, compared, failed)] : readClause(reads, after)),
    ...(failed || !ran.spoken ? [] : ignoredClause(ran.spoken.ignored)),
    ...(ran.spoken?.more
      ? [`only the first ${number(MOST_KEYS)} keys and ${number(MOST_REQUESTS)} commands are told`]
      : []),
    ...closedClause(name, ran),
  ];
}

/** When all that is known is that something happened to keys that nobody looked at. */
function countClause(before: Look, after: Look, { spoken }: Ran, { clauses }: Compared): string[] {
  if (!spoken?.more || clauses.length > 0 || before.count === after.count) return [];
  return [`the store has ${counted(after.count, 'item')} now (before: ${number(before.count)})`];
}

function closedClause(name: string, { closed, truncated }: Ran): string[] {
  if (truncated) return [`the reply is cut after ${bytesOf(MAX_REPLY_BYTES)}, and ${name}'s connection closed`];
  return closed ? [`the server has closed ${name}'s connection`] : [];
}

function readClause(reads: readonly string[], after: Look): string[] {
  return reads.length === 0 ? [] : [`${namesOf(reads.map((text) => after.keys.get(text)!))}: only read`];
}

function nothingChanged(
  step: SendStep,
  before: Look,
  after: Look,
  ran: Ran,
  compared: Compared,
  failed: boolean,
): string {
  const { keys = [], missing = 0 } = ran.spoken ?? {};
  if (failed) return 'nothing changed: the reply is an error';
  if (ran.unfinished && ran.reply.length === 0) {
    return missing > 0
      ? `nothing yet: ${areMissing(missing)}, of the value and its line end`
      : 'nothing yet: the line has no end';
  }
  const unique = [...new Map(keys.map((key) => [keyText(key), key])).entries()];
  const there = unique.filter(([text]) => after.seen.has(text));
  const missed = unique.filter(([text]) => !before.seen.has(text) && !after.seen.has(text));
  const refused = refusalOf(ran, after);
  if (refused !== undefined)
    return `nothing changed: ${[refused, ...heldBy(there, after, ran, step.client)].join(', ')}`;
  const parts: string[] = [];
  const keysOf = (entries: Entries) => entries.map(([, key]) => key);
  const read = there.filter(([text]) => compared.read.has(text) || ran.reply.length > 0);
  if (read.length > 0)
    parts.push(
      `${were(keysOf(read))} only read${firstRead(read, before, after)}`,
      ...heldBy(read, after, ran, step.client),
    );
  if (missed.length > 0) parts.push(`${namesOf(keysOf(missed))} ${missed.length === 1 ? 'is' : 'are'} not there`);
  return parts.length === 0 ? 'nothing changed' : `nothing changed: ${parts.join(', ')}`;
}

type Entries = readonly (readonly [string, Uint8Array])[];

/** What the store remembers of a read, for each item once. */
function firstRead(read: Entries, before: Look, after: Look): string {
  const first = read.filter(([text]) => after.seen.get(text)?.item.fetched && !before.seen.get(text)?.item.fetched);
  return first.length > 0 && first.length === read.length ? ' (first read: marked fetched)' : '';
}

/** "Alice has the lease": of the only item that was read. */
function heldBy(read: Entries, after: Look, ran: Ran, client: string): string[] {
  const [only, ...others] = read.map(([text]) => text);
  const holder =
    only !== undefined && others.length === 0 && after.seen.get(only)?.item.won
      ? ran.context.leases.get(only)
      : undefined;
  return holder === undefined || holder === client ? [] : [`${nameOf(holder)} has the lease`];
}

/** "flags v and f of ms have no effect". */
function ignoredClause(ignored: ReadonlyMap<string, readonly string[]>): string[] {
  return [...ignored].map(([command, letters]) => {
    const many = letters.length > 1;
    return `${many ? 'flags' : 'flag'} ${listOf(letters)} of ${command} ${many ? 'have' : 'has'} no effect`;
  });
}

function tellWait({ seconds }: WaitStep, before: Before, after: Look, compared: Compared, leases: Leases): string[] {
  const expired = [...before.look.seen].filter(
    ([text]) => !after.seen.has(text) && isOver(before.look, text, after.now),
  );
  const total = Math.max(before.expiring?.count ?? 0, expired.length);
  const keys = expired.map(([, { item }]) => item.key);
  const others = compared.clauses.filter((clause) => !/: expired(,|$)/.test(clause));
  const said = total > 0 ? `${namesOf(keys, total)} ${total === 1 ? 'has' : 'have'} expired` : 'nothing has expired';
  return [`${duration(seconds)} later`, said, ...leasesLost(before.look, after, keys, leases), ...others];
}

function isOver(before: Look, text: string, now: number): boolean {
  const expires = before.seen.get(text)?.item.expires ?? 0;
  return expires !== 0 && expires <= now;
}

function tellFill({ prefix, count, valueBytes }: FillStep, ran: Ran): string[] {
  const key = (n: number) => quoteKey(encoder.encode(`${prefix}${n}`));
  if (ran.reply.length > 0)
    return [`nothing more was stored: the reply to ${key(0)} and those after it is ${errorOf(ran.reply)}`];
  const names = count === 1 ? key(0) : `${key(0)} to ${key(count - 1)}`;
  return [`${counted(count, 'item')} stored, ${names}, ${bytesOf(valueBytes)}${count === 1 ? '' : ' each'}`];
}

function errorOf(reply: Uint8Array): string {
  return `"${escapeBytes(reply).split('\\r\\n')[0]}"`;
}

function tellEviction(eviction: EvictionStep | undefined): string[] {
  if (!eviction) return ['nothing to evict: no segment is full'];
  const { segment, queue, reason, dropped, reclaimed, kept, freedBytes } = eviction;
  return [
    `segment ${segment} of the ${queue} queue was emptied: ${REASONS[reason]}`,
    dropped.length === 0 ? 'nothing was dropped' : `${were(dropped)} dropped`,
    ...(reclaimed.length === 0 ? [] : [`${were(reclaimed)} gone already`]),
    ...(kept.length === 0 ? [] : [`${were(kept.map(({ key }) => key))} kept, ${queuesOf(kept)}`]),
    `${bytesOf(freedBytes)} are free again`,
  ];
}

/** "`a` was", "`a` and `b` were". */
function were(keys: readonly Uint8Array[]): string {
  return `${namesOf(keys)} ${keys.length === 1 ? 'was' : 'were'}`;
}

const REASONS: Readonly<Record<EvictionStep['reason'], string>> = {
  age: 'it was the oldest',
  dead: 'much of it was dead',
  flushed: 'all of it was flushed',
};

function queuesOf(kept: EvictionStep['kept']): string {
  const [first, ...others] = new Set(kept.map(({ to }) => to));
  return others.length > 0 ? 'in both queues' : `in the ${first} queue`;
}

function evictedClause(evicted: readonly Uint8Array[]): string[] {
  if (evicted.length === 0) return [];
  return [`evicted for room: ${evicted.length > 4 ? counted(evicted.length, 'item') : namesOf(evicted)}`];
}

function segmentsOf(store: Inspector, before: Before, after: Look, keys: readonly Uint8Array[]): number[] {
  const segments = new Set<number>();
  for (const text of keys.map(keyText)) {
    const seen = after.seen.get(text) ?? before.look.seen.get(text);
    if (seen) segments.add(seen.item.segment);
  }
  if (before.segments) {
    const known = new Map(before.segments.map((segment) => [segment.id, describe(segment)]));
    for (const segment of store.segments()) {
      if (known.get(segment.id) !== describe(segment)) segments.add(segment.id);
      known.delete(segment.id);
    }
    for (const id of known.keys()) segments.add(id);
  }
  return [...segments].sort((a, b) => a - b);
}

function describe({ queue, items, liveBytes, deadBytes }: SegmentState): string {
  return `${queue} ${items} ${liveBytes} ${deadBytes}`;
}

function touchedKeys(step: Step, after: Look, compared: Compared, ran: Ran): Uint8Array[] {
  const texts = new Set([...compared.changed, ...compared.read]);
  if (step.kind === 'send')
    for (const key of ran.spoken?.keys ?? []) if (after.seen.has(keyText(key))) texts.add(keyText(key));
  const keys = [...texts].map((text) => after.keys.get(text)).filter((key) => key !== undefined);
  const kept = ran.eviction?.kept.map(({ key }) => key) ?? [];
  return [...keys, ...kept].slice(0, MOST_LIT);
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
