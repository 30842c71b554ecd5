// Undo: the tapes of before, and where each was looked at. A tape is never changed, only replaced, so this is cheap.

import type { Tape } from '../tape/types.js';

export interface Moment {
  readonly tape: Tape;
  readonly position: number;
}

const MOST_MOMENTS = 500;

export class History {
  #past: Moment[] = [];
  #future: Moment[] = [];
  #lastKind: string | undefined;

  get canUndo(): boolean {
    return this.#past.length > 0;
  }
  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** `before` is about to be replaced. Changes of one `kind` in a row are undone together. */
  record(before: Moment, kind?: string): void {
    this.#future = [];
    if (kind !== undefined && kind === this.#lastKind) return;
    this.#lastKind = kind;
    this.#past.push(before);
    if (this.#past.length > MOST_MOMENTS) this.#past.shift();
  }

  undo(now: Moment): Moment | undefined {
    return this.#move(this.#past, this.#future, now);
  }
  redo(now: Moment): Moment | undefined {
    return this.#move(this.#future, this.#past, now);
  }

  #move(from: Moment[], to: Moment[], now: Moment): Moment | undefined {
    const moment = from.pop();
    if (moment) to.push(now);
    this.#lastKind = undefined;
    return moment;
  }
}
