// What all connections together hold: replies that were not read yet, or messages whose rest has not come.

const STUCK_MS = 1000;

interface Holder {
  destroy(): void;
}

/**
 * Each connection holds little more than one item or message. If all of them together hold too much, the connections
 * that have waited for longest are destroyed: once they have waited for a while, or twice the limit is reached. The
 * one that moved last is kept.
 */
export class Held {
  readonly #maxBytes: number;
  #bytes = 0;
  /** The one that has waited for longest comes first. */
  readonly #held = new Map<Holder, { bytes: number; since: number }>();
  #last: Holder | undefined;
  /** Set while they hold too much: connections that wait call nothing. */
  #timer: NodeJS.Timeout | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(peer: Holder, bytes: number): void {
    const held = this.#held.get(peer) ?? { bytes: 0, since: performance.now() };
    this.#held.set(peer, held);
    held.bytes += bytes;
    this.#bytes += bytes;
    this.#last = peer;
    if (this.#bytes > this.#maxBytes) this.#shrink();
  }

  remove(peer: Holder): void {
    this.#bytes -= this.#held.get(peer)?.bytes ?? 0;
    this.#held.delete(peer);
  }

  #shrink(): void {
    for (const [peer, { since }] of this.#held) {
      const tolerable = this.#bytes <= this.#maxBytes * 2 && performance.now() - since < STUCK_MS;
      if (this.#bytes <= this.#maxBytes || tolerable) break;
      if (peer === this.#last) continue;
      this.remove(peer);
      peer.destroy();
    }
    if (this.#bytes > this.#maxBytes) this.#timer ??= setTimeout(() => this.#again(), STUCK_MS).unref();
  }

  #again(): void {
    this.#timer = undefined;
    this.#shrink();
  }
}
