// What all connections together were sent and have not read.

import type { Peer } from './session.js';

const MAX_UNSENT_BYTES = 256 << 20;
const STUCK_MS = 1000;

/**
 * Each connection holds little more than one item. Should that be too much for all of them together, the one that
 * has not moved for longest is hung up on: if that was for a while, or twice the limit is reached.
 */
export class Unsent {
  #bytes = 0;
  /** Who has waited for longest comes first. */
  readonly #held = new Map<Peer, { bytes: number; since: number }>();

  add(peer: Peer, bytes: number): void {
    const held = this.#held.get(peer) ?? { bytes: 0, since: performance.now() };
    this.#held.set(peer, held);
    held.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > MAX_UNSENT_BYTES) this.#shrink(peer);
  }

  remove(peer: Peer): void {
    this.#bytes -= this.#held.get(peer)?.bytes ?? 0;
    this.#held.delete(peer);
  }

  #shrink(last: Peer): void {
    for (const [peer, { since }] of this.#held) {
      const tolerable = this.#bytes <= MAX_UNSENT_BYTES * 2 && performance.now() - since < STUCK_MS;
      if (this.#bytes <= MAX_UNSENT_BYTES || tolerable || peer === last) return;
      this.remove(peer);
      peer.destroy();
    }
  }
}
