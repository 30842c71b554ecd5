// A connection's share of the event loop.

import type { Peer } from './peer.js';

// Some milliseconds at most, but for a single value that is larger.
const TURN_BYTES = 256 << 10;

/** After so much work, read or written, a connection waits until the others had their turn. */
export class Turn {
  readonly #peer: Peer;
  readonly #goOn: () => void;
  #left = TURN_BYTES;

  /** `goOn` is called when the next turn begins; if it fails, the peer is hung up on. */
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
