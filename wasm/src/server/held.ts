// What all connections together hold: replies that were not read yet, or messages whose rest has not come.

const STUCK_MS = 1000;

interface Holder {
  destroy(): void;
}

/**
 * Each connection holds little more than one item or message. If all of them together hold too much, the connection
 * that has not moved for longest is destroyed: once it has not moved for a while, or twice the limit is reached.
 */
export class Held {
  readonly #maxBytes: number;
  #bytes = 0;
  /** The one that has waited for longest comes first. */
  readonly #held = new Map<Holder, { bytes: number; since: number }>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(peer: Holder, bytes: number): void {
    const held = this.#held.get(peer) ?? { bytes: 0, since: performance.now() };
    this.#held.set(peer, held);
    held.bytes += bytes;
    this.#bytes += bytes;
    if (this.#bytes > this.#maxBytes) this.#shrink(peer);
  }

  remove(peer: Holder): void {
    this.#bytes -= this.#held.get(peer)?.bytes ?? 0;
    this.#held.delete(peer);
  }

  #shrink(last: Holder): void {
    for (const [peer, { since }] of this.#held) {
      const tolerable = this.#bytes <= this.#maxBytes * 2 && performance.now() - since < STUCK_MS;
      if (this.#bytes <= this.#maxBytes || tolerable || peer === last) return;
      this.remove(peer);
      peer.destroy();
    }
  }
}
