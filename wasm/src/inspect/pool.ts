// Instances that nobody uses any more: the next inspector takes one instead of making it anew.

import { type Image, Machine } from './machine.js';

// How many are kept. A search through orders of requests holds one for each step that it is deep.
const MOST = 32;
// Memory of an instance never shrinks: each is as large as it once was. So much is kept together, or one.
const MOST_BYTES = 64 << 20;

export class Pool {
  readonly module: WebAssembly.Module;
  readonly #free: Machine[] = [];
  /** The first state of all instances. */
  #first: Image | undefined;

  constructor(module: WebAssembly.Module) {
    this.module = module;
  }

  /** One in its first state. */
  fresh(): Machine {
    const used = this.#first && this.#free.pop();
    if (used && this.#first) {
      used.restore(this.#first);
      return used;
    }
    const machine = new Machine(this.module);
    this.#first ??= machine.whole();
    return machine;
  }

  /** One in any state. */
  take(): Machine {
    return this.#free.pop() ?? this.fresh();
  }

  /** A broken one is dropped, and one for which there is no room. */
  giveBack(machine: Machine): void {
    machine.onEvict = () => {};
    const bytes = this.#free.reduce((sum, each) => sum + each.bytes.length, machine.bytes.length);
    const room = this.#free.length === 0 || (this.#free.length < MOST && bytes <= MOST_BYTES);
    if (room && !machine.broken) this.#free.push(machine);
  }
}
