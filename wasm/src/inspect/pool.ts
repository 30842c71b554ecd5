// Instances that nobody uses any more: the next fork takes one instead of making it anew.

import { Machine } from './machine.js';

// How many are kept. A search through orders of requests holds one for each step that it is deep.
const MOST = 32;

export class Pool {
  readonly module: WebAssembly.Module;
  readonly #free: Machine[] = [];

  constructor(module: WebAssembly.Module) {
    this.module = module;
  }

  /** One in its first state. */
  make(): Machine {
    return new Machine(this.module);
  }

  /** One in any state. */
  take(): Machine {
    return this.#free.pop() ?? this.make();
  }

  /** A broken one is dropped. */
  giveBack(machine: Machine): void {
    machine.onEvict = () => {};
    if (!machine.broken && this.#free.length < MOST) this.#free.push(machine);
  }
}
