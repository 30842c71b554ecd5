// One connection's bytes on their way through the engine, with back-pressure both ways: while the other side does not
// read its replies, nothing more is read from it.

import type { Connection } from '../types.js';

/** The other side of a connection, however it is reached. */
export interface Peer {
  /** False: enough is on its way, wait for drained(). */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Hangs up, after what was written. */
  end(): void;
  /** Hangs up at once. */
  destroy(): void;
}

/** What a Peer calls. */
export interface Session {
  /** May still be called a little while after pause(). The bytes do not change any more. */
  data(bytes: Uint8Array): void;
  drained(): void;
  /** The other side will send no more, and may still read. */
  ended(): void;
  /** It is gone. */
  closed(): void;
}

/** Without a hook: the bytes go to the engine as they come. */
export class PlainSession implements Session {
  readonly #peer: Peer;
  readonly #connection: Connection;
  /** What came while the peer was not reading. */
  #waiting: Uint8Array[] = [];
  #blocked = false;
  #ended = false;

  constructor(peer: Peer, connection: Connection) {
    this.#peer = peer;
    this.#connection = connection;
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

  closed(): void {
    this.#waiting = [];
    this.#connection.close();
  }

  #run(): void {
    const connection = this.#connection;
    while (!this.#blocked && (connection.pending || this.#waiting.length > 0)) {
      const replies = connection.feed(connection.pending ? undefined : this.#waiting.shift());
      if (replies.length > 0) this.#blocked = !this.#peer.write(replies);
      if (connection.closed) this.#waiting = [];
    }
    if (this.#blocked) this.#peer.pause();
    else if (this.#ended || connection.closed) this.#peer.end();
    else this.#peer.resume();
  }
}
