// A store that a race is run on, with a connection for each client.

import { type Inspector, type InspectorOptions, openInspector } from 'isocache/inspect';
import { DEFAULT_MEMORY_BYTES, START_MS } from '../tape/limits.js';
import type { Step } from '../tape/types.js';
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
  const store = await open({ maxBytes: DEFAULT_MEMORY_BYTES, now: START_MS });
  const ids = new Map<string, number>();
  const idOf = (client: string): number => {
    const id = ids.get(client) ?? store.connect().id;
    ids.set(client, id);
    return id;
  };
  const clients = race.lanes.map(({ client }) => idOf(client));
  for (const step of race.setup) prepare(store, step, idOf);
  const judge = store.connect().id;
  return {
    store,
    send: (lane, bytes) => store.session(clients[lane]!).feed(bytes),
    judge: (bytes) => store.session(judge).feed(bytes),
  };
}

function prepare(store: Inspector, step: Step, idOf: (client: string) => number): void {
  if (step.kind === 'send') store.session(idOf(step.client)).feed(step.bytes);
  else if (step.kind === 'wait') store.now += step.seconds * 1000;
  else if (step.kind !== 'note') throw new Error(`a race cannot begin with the step ${step.kind}`);
}
