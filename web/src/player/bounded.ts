// A step of somebody's tape on a store that is not the player's.

import type { Inspector } from 'isocache/inspect';
import type { Step } from '../tape/types.js';
import { costOf, faultOf, MAX_WORK } from './budget.js';
import { type Context, type Ran, runStep } from './run.js';

/** Undefined: it is too much work, or there is no memory for it. The player does not run such a step either. */
export function runBounded(store: Inspector, before: Context, step: Step): Ran | undefined {
  const work = before.work + costOf(step);
  if (work > MAX_WORK || faultOf(step) !== undefined) return undefined;
  try {
    const ran = runStep(store, before, step);
    return { ...ran, context: { ...ran.context, work } };
  } catch {
    return undefined;
  }
}
