// What the player finds out about each step.

import type { Played } from '../tape/types.js';

/** What a step did to the store, found by comparing the store before and after it. */
export interface Effect {
  /** In words, keys in backticks: "`page`: created empty, lease to Alice for 30 s". Never empty. */
  readonly text: string;
  /** The keys whose items were read or changed, as far as the text names them. */
  readonly keys: readonly Uint8Array[];
  /** The segments that hold them now, or held what was evicted. */
  readonly segments: readonly number[];
  /** How many items memory had no room for. */
  readonly evicted: number;
  /** False: nothing in the store is different; at most it was read. */
  readonly changed: boolean;
}

export interface StepResult extends Played {
  /** Milliseconds since 1970, after the step. */
  readonly now: number;
  readonly effect: Effect;
}

/** What would happen if a client sent this now. */
export interface Draft {
  readonly reply: Uint8Array;
  readonly closed: boolean;
  readonly effect: Effect;
  /** The last command is not finished: its line end or a part of its value is missing. */
  readonly incomplete: boolean;
  /** How many bytes of the value and its line end are missing. Left out if it is the line that has no end. */
  readonly needBytes?: number;
  /** Why it cannot be tried. */
  readonly error?: string;
}
