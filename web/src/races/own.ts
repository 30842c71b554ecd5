// A race of one's own: the steps of a tape, from one of them on, in all other orders.

import { escapeBytes } from '../base/escape.js';
import { findRequests, keysOf } from '../base/requests.js';
import { textOf } from '../base/text.js';
import type { SendStep, Step, Tape } from '../tape/types.js';
import { type OpenStore, openArena } from './arena.js';
import { type StoreEnd, storeEndOf, wordingOf } from './ends.js';
import { tooLarge } from './orders.js';
import type { Lane, Race } from './race.js';

const MOST_SHOWN = 40;

/**
 * The steps before `from` are the setup. An order is bad if the store ends otherwise than it does on the tape. Gives a
 * sentence if it cannot be a race.
 */
export async function raceOfTape(
  tape: Tape,
  from: number,
  open?: OpenStore,
): Promise<{ readonly race: Race; readonly error?: never } | { readonly error: string }> {
  const steps = tape.steps.slice(from).filter((step) => step.kind !== 'note');
  const sends = steps.filter((step) => step.kind === 'send');
  if (sends.length < steps.length) {
    return { error: 'From there on, nothing but commands: time, fill and evict belong before the race.' };
  }
  const clients = [...new Set(sends.map(({ client }) => client))];
  const keys = keysIn(sends);
  const race: Omit<Race, 'judge'> = {
    memoryBytes: tape.memoryBytes,
    setup: tape.steps.slice(0, from),
    row: '',
    lanes: clients.map((client) => laneOf(client, sends)),
  };
  if (clients.length < 2) return { error: 'From there on, at least two clients must send something.' };
  const refusal = tooLarge(race);
  if (refusal !== undefined) return { error: refusal };
  const usual = await endAsTaped(race, sends, open);
  return { race: { ...race, judge: judgeOf(usual, keys) } };
}

/** Ends that are told in the same words, and are not the same, get numbers. */
function judgeOf(usual: StoreEnd, keys: readonly Uint8Array[]): Race['judge'] {
  const spoken = keys.map(escapeBytes);
  const known = new Map<string, string[]>();
  return ({ store }) => {
    const end = storeEndOf(store, keys);
    const words = wordingOf(end, spoken, usual);
    const alike = known.get(words) ?? [];
    known.set(words, alike);
    let place = alike.indexOf(end.identity);
    if (place < 0) place = alike.push(end.identity) - 1;
    return { bad: end.identity !== usual.identity, text: place === 0 ? words : `${words} [${place + 1}]` };
  };
}

function laneOf(client: string, sends: readonly SendStep[]): Lane {
  const own = sends.filter((step) => step.client === client);
  return { client, acts: own.map(({ bytes }) => ({ kind: 'raw', bytes, say: sayOf(bytes) })) };
}

function sayOf(bytes: Uint8Array): string {
  const [line = ''] = textOf(bytes).split(/\r?\n/, 1);
  return line.length > MOST_SHOWN ? `${line.slice(0, MOST_SHOWN)}…` : line;
}

function keysIn(sends: readonly Step[]): Uint8Array[] {
  const keys = new Map<string, Uint8Array>();
  for (const step of sends) {
    if (step.kind !== 'send') continue;
    for (const request of findRequests(step.bytes)) {
      for (const key of keysOf(step.bytes, request)) keys.set(escapeBytes(key), key);
    }
  }
  return [...keys.values()];
}

/** How the store is after the tape as it stands. */
async function endAsTaped(
  race: Omit<Race, 'judge'>,
  sends: readonly SendStep[],
  open: OpenStore | undefined,
): Promise<StoreEnd> {
  const arena = await openArena(race, open);
  try {
    for (const { client, bytes } of sends)
      arena.send(
        race.lanes.findIndex((lane) => lane.client === client),
        bytes,
      );
    return storeEndOf(arena.store, keysIn(sends));
  } finally {
    arena.store.release();
  }
}
