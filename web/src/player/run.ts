// Plays one step on a store.

import type { EvictionStep, Inspector, Session } from 'isocache/inspect';
import type { FillStep, SendStep, Step } from '../tape/types.js';
import { MAX_REPLY_BYTES } from './budget.js';
import { spokenOf, type Spoken } from './keys.js';

/** What is not in the store itself. It is never changed: each step makes a new one. */
export interface Context {
  readonly clients: ReadonlyMap<string, Client>;
  /** Who was given which item's lease, by keyText(). */
  readonly leases: ReadonlyMap<string, string>;
  /** No item expires before that, in ms since 1970. */
  readonly safeUntil: number;
  /** When a flush_all with a delay takes effect, in ms since 1970. */
  readonly flushAt: number;
  /** See budget.ts. */
  readonly work: number;
}

export interface Client {
  readonly session: number;
  /** The server has closed it: the next command goes over a new connection. */
  readonly closed: boolean;
  /** What came of a command that is not finished. */
  readonly carry: Uint8Array;
}

export const FRESH: Context = {
  clients: new Map(),
  leases: new Map(),
  safeUntil: Number.POSITIVE_INFINITY,
  flushAt: Number.POSITIVE_INFINITY,
  work: 0,
};

/** What came of a step. */
export interface Ran {
  readonly context: Context;
  readonly reply: Uint8Array;
  readonly closed: boolean;
  /** The reply was longer than MAX_REPLY_BYTES: it was cut, and the connection closed. */
  readonly truncated: boolean;
  /** The client has begun a command whose end has not come. */
  readonly unfinished: boolean;
  /** The client has a new connection, since its last one was closed. */
  readonly reconnected: boolean;
  readonly evicted: readonly Uint8Array[];
  readonly spoken?: Spoken;
  readonly eviction?: EvictionStep | undefined;
}

const NONE = new Uint8Array(0);
const QUIET = { reply: NONE, closed: false, truncated: false, unfinished: false, reconnected: false, evicted: [] };
const CHUNK_BYTES = 48 * 1024;
const encoder = new TextEncoder();

/** May throw what the engine throws: no memory. */
export function runStep(store: Inspector, context: Context, step: Step): Ran {
  const quiet = { ...QUIET, context };
  switch (step.kind) {
    case 'send':
      return send(store, context, step);
    case 'wait':
      store.now += step.seconds * 1000;
      return { ...quiet, evicted: takeEvicted(store) };
    case 'fill':
      return { ...quiet, ...fill(store, step) };
    case 'evict': {
      const eviction = store.stepEviction();
      store.takeEvents();
      return { ...quiet, evicted: eviction?.dropped ?? [], eviction };
    }
    case 'note':
      return quiet;
  }
}

function takeEvicted(store: Inspector): Uint8Array[] {
  return store.takeEvents().map(({ key }) => key);
}

/** The keys and what is unfinished, without sending anything. */
export function listen(context: Context, { client, bytes }: SendStep): Spoken {
  const known = context.clients.get(client);
  const carry = known && !known.closed ? known.carry : NONE;
  return spokenOf(carry.length === 0 ? bytes : joined(carry, bytes));
}

function send(store: Inspector, context: Context, step: SendStep): Ran {
  const known = context.clients.get(step.client);
  const session: Session = known && !known.closed ? store.session(known.session) : store.connect();
  const spoken = listen(context, step);
  const reply = session.feed(step.bytes, MAX_REPLY_BYTES);
  const { closing: closed, truncated, unfinished, id } = session;
  if (closed) session.close();
  const client = { session: id, closed, carry: unfinished ? spoken.carry : NONE };
  const clients = new Map(context.clients).set(step.client, client);
  const reconnected = known?.closed === true;
  const evicted = takeEvicted(store);
  return { context: { ...context, clients }, reply, closed, truncated, unfinished, reconnected, evicted, spoken };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Over a connection of its own: what a client has begun is not disturbed. Ends with the first error. */
function fill(store: Inspector, { prefix, count, valueBytes }: FillStep): Pick<Ran, 'reply' | 'evicted'> {
  const session = store.connect();
  const value = 'x'.repeat(valueBytes);
  const evicted: Uint8Array[] = [];
  let text = '';
  let reply: Uint8Array = NONE;
  for (let n = 0; n < count && reply.length === 0; ++n) {
    text += `ms ${prefix}${n} ${valueBytes} q\r\n${value}\r\n`;
    if (text.length < CHUNK_BYTES && n < count - 1 && n > 0) continue;
    reply = session.feed(encoder.encode(text), MAX_REPLY_BYTES);
    evicted.push(...takeEvicted(store));
    text = '';
  }
  session.close();
  return { reply, evicted };
}
