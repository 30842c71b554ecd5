// One order of a race, as the steps of a plain tape.

import type { Step } from '../tape/types.js';
import { type OpenStore, openArena } from './arena.js';
import type { Order } from './orders.js';
import type { Race } from './race.js';
import { Run } from './run.js';

/**
 * The setup and then all acts in this order. What clients sent is worded as it was; what they did with the database
 * and what they left undone are notes. Played by anybody, it gives the same replies.
 */
export async function stepsOf(race: Race, order: Order, open?: OpenStore): Promise<Step[]> {
  const arena = await openArena(race, open);
  try {
    const run = new Run(race, arena);
    return [...race.setup, ...order.map((lane) => run.act(lane))];
  } finally {
    arena.store.release();
  }
}
