// A store that a race is run on, with a connection for each client.

import { type Inspector, type InspectorOptions, openInspector } from 'isocache/inspect';
import { runBounded } from '../player/bounded.js';
import { MAX_REPLY_BYTES } from '../player/budget.js';
import { type Context, FRESH } from '../player/run.js';
import { DEFAULT_MEMORY_BYTES, START_MS } from '../tape/limits.js';
import type { Race } from './race.js';

/** Gives a new, empty store. The page has one that knows where its wasm is. */
export type OpenStore = (options: InspectorOptions) => Promise<Inspector>;

export interface Arena {
  readonly store: Inspector;
  /** Sends something for this lane's client. */
  send(lane: number, bytes: Uint8Array): Uint8Array;
  /** Sends something for the judge, who is nobody's client. */
  judge(bytes: Uint8Array): Uint8Array;
}

/** A store as tapes have it, in the state after the race's setup. */
export async function openArena(race: Race, open: OpenStore = openInspector): Promise<Arena> {
  const store = await open({ maxBytes: race.memoryBytes ?? DEFAULT_MEMORY_BYTES, now: START_MS });
  const context = race.setup.reduce<Context>(
    (before, step) => runBounded(store, before, step)?.context ?? before,
    FRESH,
  );
  const clients = race.lanes.map(({ client }) => {
    const known = context.clients.get(client);
    return known === undefined || known.closed ? store.connect().id : known.session;
  });
  const judge = store.connect().id;
  return {
    store,
    send: (lane, bytes) => store.session(clients[lane]!).feed(bytes, MAX_REPLY_BYTES),
    judge: (bytes) => store.session(judge).feed(bytes),
  };
}
