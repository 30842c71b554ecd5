// A connection's share of the event loop.

import type { Peer } from './peer.js';

// A few milliseconds at most, unless a single value is larger.
const TURN_BYTES = 256 << 10;

/** After so many bytes, read or written, a connection waits until the others have had their turn. */
export class Turn {
  readonly #peer: Peer;
  readonly #goOn: () => void;
  #left = TURN_BYTES;

  /** `goOn` is called when the next turn begins. If it throws, the connection is destroyed. */
  constructor(peer: Peer, goOn: () => void) {
    this.#peer = peer;
    this.#goOn = goOn;
  }

  get over(): boolean {
    return this.#left <= 0;
  }

  spend(bytes: number): void {
    if (this.over) return;
    this.#left -= bytes;
    if (this.over) setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#left = TURN_BYTES;
    try {
      this.#goOn();
    } catch {
      this.#peer.destroy(); // the store was closed under it
    }
  }
}
