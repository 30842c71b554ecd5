// What a race is: two to four clients with a few acts each, a database beside the cache, and a judge who looks at the
// end.

import type { Inspector } from 'isocache/inspect';
import type { Step } from '../tape/types.js';

/** Larger races are refused: nobody would wait for them. */
export const MAX_ORDERS = 20_000;
export const MIN_LANES = 2;
export const MAX_LANES = 4;

/** What a client knows from its last replies. An act can depend on it. */
export type Condition = 'missed' | 'won' | 'stored' | 'refused';

interface ActBase {
  /** What the client does, in a few words: "reads the database". */
  readonly say: string;
  /** The act is left out unless this is so. It keeps its place in the order. */
  readonly when?: Condition;
}

/**
 * A command. In line and value stand for what the client knows: {read} what it last read from the cache, {read+1} that
 * number plus one, {cas} the cas unique that came with it, {row} what it last read from or wrote to the database;
 * {length} is the value's length.
 */
export interface SendAct extends ActBase {
  readonly kind: 'send';
  readonly line: string;
  readonly value?: string;
}

/** Reads the database's row. It is slow, so it counts as a load. */
export interface ReadRowAct extends ActBase {
  readonly kind: 'read row';
}

/** Changes the row. */
export interface WriteRowAct extends ActBase {
  readonly kind: 'write row';
  readonly row: string;
}

/** Goes into the place where only one client may be, or out of it. */
export interface PlaceAct extends ActBase {
  readonly kind: 'enter' | 'leave';
}

/** Bytes as they are. */
export interface RawAct extends ActBase {
  readonly kind: 'raw';
  readonly bytes: Uint8Array;
}

export type Act = SendAct | RawAct | ReadRowAct | WriteRowAct | PlaceAct;

export interface Lane {
  readonly client: string;
  readonly acts: readonly Act[];
}

/** What a client knows. */
export interface Mind {
  /** Its last read found an item. */
  readonly hit: boolean;
  /** Its last read gave it the right to fill the item. */
  readonly won: boolean;
  readonly read: string;
  readonly cas: string;
  /** Its last store was taken. Undefined: it has stored nothing yet. */
  readonly stored: boolean | undefined;
  readonly row: string;
}

/** What is outside the cache. */
export interface World {
  readonly row: string;
  /** How often the row was read. */
  readonly loads: number;
  /** How many stores the cache has taken. */
  readonly stores: number;
  readonly inside: number;
  readonly mostInside: number;
}

/** What the judge looks at: the world when all acts are done, and the cache. */
export interface End extends World {
  /** An item's value; undefined if there is none. */
  value(key: string): string | undefined;
  readonly minds: readonly Mind[];
  /** To look at, not to be changed. */
  readonly store: Inspector;
}

export interface Verdict {
  readonly bad: boolean;
  /** Orders with the same text are the same outcome. */
  readonly text: string;
}

export interface Race {
  /** The store's limit, if it is not the usual one. */
  readonly memoryBytes?: number;
  /** Steps that are done before the clients begin. */
  readonly setup: readonly Step[];
  /** The database's row at the beginning. */
  readonly row: string;
  readonly lanes: readonly Lane[];
  judge(end: End): Verdict;
}

export interface Outcome extends Verdict {
  readonly count: number;
  /** The number of the first order that ends so: see orderAt(). */
  readonly first: number;
}

export interface RaceResult {
  readonly total: number;
  readonly bad: number;
  /** Bad ones first, then by count. */
  readonly outcomes: readonly Outcome[];
  /** For each order, in the order of their numbers: 1 is bad. */
  readonly verdicts: Uint8Array;
  /** For each order the index of its outcome. */
  readonly outcomeOf: Uint16Array;
}
