// A connection in this process in the shape of a socket.

import { EventEmitter } from 'node:events';

export class ConnectionSocket extends EventEmitter {
  #connection;
  /** `connection`: { feed(bytes) -> replies, closed, close() }; `pending`, if feed() gives replies in parts. */
  constructor(connection) {
    super();
    this.#connection = connection;
  }

  get destroyed() {
    return this.#connection.closed;
  }

  write(bytes, done) {
    for (let input = bytes; ; input = undefined) {
      const replies = this.#connection.feed(input);
      if (replies.length > 0) this.emit('data', Buffer.from(replies));
      if (!this.#connection.pending) break;
    }
    done();
    if (this.#connection.closed) this.emit('end');
  }

  destroy() {
    this.#connection.close();
  }
}
