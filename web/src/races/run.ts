// A race that is under way: who has done what, and what everybody knows.

import type { Step } from '../tape/types.js';
import { FRESH_MIND, perform } from './act.js';
import type { Arena } from './arena.js';
import type { Mind, Race, World } from './race.js';

export class Run {
  readonly #race: Race;
  readonly #arena: Arena;
  readonly #done: number[];
  readonly minds: Mind[];
  world: World;

  /** REQUIRES: the arena is in the state after the race's setup. */
  constructor(race: Race, arena: Arena) {
    this.#race = race;
    this.#arena = arena;
    this.#done = race.lanes.map(() => 0);
    this.minds = race.lanes.map(() => FRESH_MIND);
    this.world = { row: race.row, loads: 0, stores: 0, inside: 0, mostInside: 0 };
  }

  /** The lane's next act, as a step of a tape. */
  act(lane: number): Step {
    const { client, acts } = this.#race.lanes[lane]!;
    const act = acts[this.#done[lane]!++]!;
    const send = (bytes: Uint8Array) => this.#arena.send(lane, bytes);
    const { mind, world, step } = perform(client, act, this.minds[lane]!, this.world, send);
    this.minds[lane] = mind;
    this.world = world;
    return step;
  }
}
