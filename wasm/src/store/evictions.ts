// Tells the store's owner of evictions, once the engine is done, and of what went wrong in the background.

import type { EvictEvent, StoreOptions } from '../base/types.js';

export class Evictions {
  readonly #onEvict: StoreOptions['onEvict'];
  readonly #onError: StoreOptions['onError'];
  readonly #waiting: EvictEvent[] = [];
  #telling = false;

  constructor({ onEvict, onError }: StoreOptions) {
    this.#onEvict = onEvict;
    this.#onError = onError;
  }

  /** Called within the engine. The owner is told by tell(). */
  add(event: EvictEvent): void {
    this.#waiting.push(event);
  }

  /** Evictions that the callbacks cause are told by the outer call. */
  tell(): void {
    if (!this.#waiting.length || this.#telling) return;
    this.#telling = true;
    for (let event = this.#waiting.shift(); event !== undefined; event = this.#waiting.shift()) {
      this.#callSafely(this.#onEvict, event);
    }
    this.#telling = false;
  }

  report(error: unknown): void {
    this.#callSafely(this.#onError, error);
  }

  /** If it throws or rejects, that is not an error of the call that leads to it. */
  #callSafely<T>(callback: ((argument: T) => unknown) | undefined, argument: T): void {
    const failed = (error: unknown) => callback !== (this.#onError as unknown) && this.report(error);
    try {
      const result = callback?.(argument);
      if (result instanceof Promise) result.catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}
