// A race of one's own: the steps of a tape, from one of them on, in all other orders.

import { escapeBytes } from '../base/escape.js';
import { findRequests, keysOf } from '../base/requests.js';
import { textOf } from '../base/text.js';
import type { SendStep, Step, Tape } from '../tape/types.js';
import { type OpenStore, openArena } from './arena.js';
import { endOf } from './explore.js';
import { tooLarge } from './orders.js';
import type { End, Lane, Race } from './race.js';
import { Run } from './run.js';

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
  const race: Race = {
    memoryBytes: tape.memoryBytes,
    setup: tape.steps.slice(0, from),
    row: '',
    lanes: clients.map((client) => laneOf(client, sends)),
    judge: (end) => ({ bad: false, text: wordingOf(end, keys) }),
  };
  if (clients.length < 2) return { error: 'From there on, at least two clients must send something.' };
  const refusal = tooLarge(race);
  if (refusal !== undefined) return { error: refusal };
  const usual = await endAsTaped(race, sends, clients, open);
  return {
    race: {
      ...race,
      judge: (end) => {
        const text = wordingOf(end, keys);
        return { bad: text !== usual, text };
      },
    },
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

function wordingOf(end: End, keys: readonly Uint8Array[]): string {
  const parts = keys.map((key) => {
    const value = end.value(textOf(key));
    const shown = value === undefined ? 'nothing' : value === '' ? 'an empty value' : value.slice(0, MOST_SHOWN);
    return `${escapeBytes(key)}: ${shown.trim()}`;
  });
  return parts.join(', ');
}

async function endAsTaped(
  race: Race,
  sends: readonly SendStep[],
  clients: readonly string[],
  open: OpenStore | undefined,
): Promise<string> {
  const arena = await openArena(race, open);
  try {
    const run = new Run(race, arena);
    for (const { client } of sends) run.act(clients.indexOf(client));
    return race.judge(endOf(run, arena)).text;
  } finally {
    arena.store.release();
  }
}
