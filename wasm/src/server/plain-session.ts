// A connection without a hook. Back-pressure goes both ways: while the other side does not read its replies, the server
// reads nothing more from it.

import type { EngineConnection } from '../engine/connection.js';
import type { Peer, Session } from './peer.js';
import { Turn } from './turn.js';

// A WebSocket frame may be longer. Of requests without replies, this much is executed at a time.
const SLICE_BYTES = 64 << 10;

/** The bytes go to the engine as they come. */
export class PlainSession implements Session {
  readonly #peer: Peer;
  readonly #connection: EngineConnection;
  readonly #turn: Turn;
  /** Bytes that came while the peer was not reading, or while others had their turn. */
  #waiting: Uint8Array[] = [];
  #blocked = false;
  #ended = false;
  #finishing = false;
  #gone = false;

  constructor(peer: Peer, connection: EngineConnection) {
    this.#peer = peer;
    this.#connection = connection;
    this.#turn = new Turn(peer, () => this.#run());
  }

  data(bytes: Uint8Array): void {
    this.#waiting.push(bytes);
    this.#run();
  }

  drained(): void {
    this.#blocked = false;
    this.#run();
  }

  ended(): void {
    this.#ended = true;
    this.#run();
  }

  finish(): void {
    this.#finishing = true;
    this.#run();
  }

  closed(): void {
    this.#gone = true;
    this.#waiting = [];
    this.#connection.close();
  }

  #run(): void {
    if (this.#gone) return;
    const connection = this.#connection;
    while (!this.#blocked && !this.#turn.over && this.#hasWork()) {
      const input = connection.pending ? undefined : this.#slice();
      const replies = connection.feed(input);
      this.#turn.spend(replies.length + (input?.length ?? 0));
      if (replies.length > 0) this.#blocked = !this.#peer.write(replies);
      if (connection.closed) this.#waiting = [];
    }
    if (this.#blocked || this.#hasWork()) this.#peer.pause();
    else if (this.#ended || connection.closed || (this.#finishing && !connection.unfinished)) this.#peer.end();
    else this.#peer.resume();
  }

  #hasWork(): boolean {
    return this.#connection.pending || this.#waiting.length > 0;
  }

  #slice(): Uint8Array {
    const first = this.#waiting[0]!;
    if (first.length <= SLICE_BYTES) this.#waiting.shift();
    else this.#waiting[0] = first.subarray(SLICE_BYTES);
    return first.subarray(0, SLICE_BYTES);
  }
}
