// A store that a race is run on. Clients speak as they do on a tape: see player/run.ts.

import { type Inspector, type InspectorOptions, openInspector } from 'isocache/inspect';
import { runBounded } from '../player/bounded.js';
import { type Context, FRESH, runStep } from '../player/run.js';
import { DEFAULT_MEMORY_BYTES, START_MS } from '../tape/limits.js';
import type { Race } from './race.js';

/** Gives a new, empty store. The page has one that knows where its wasm is. */
export type OpenStore = (options: InspectorOptions) => Promise<Inspector>;

export interface Arena {
  readonly store: Inspector;
  /** Sends something for this lane's client, over a new connection if the old one has ended. */
  send(lane: number, bytes: Uint8Array): Uint8Array;
  /** Goes back to the state after the race's setup. */
  rewind(): void;
}

/** A store as tapes have it, in the state after the race's setup. */
export async function openArena(race: Omit<Race, 'judge'>, open: OpenStore = openInspector): Promise<Arena> {
  const store = await open({ maxBytes: race.memoryBytes ?? DEFAULT_MEMORY_BYTES, now: START_MS });
  const begin = race.setup.reduce<Context>((before, step) => runBounded(store, before, step)?.context ?? before, FRESH);
  const saved = store.save();
  let context = begin;
  return {
    store,
    send: (lane, bytes) => {
      const ran = runStep(store, context, { kind: 'send', client: race.lanes[lane]!.client, bytes });
      context = ran.context;
      return ran.reply;
    },
    rewind: () => {
      store.restore(saved);
      context = begin;
    },
  };
}
