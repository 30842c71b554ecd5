// Sockets that have connected and are not peers yet: they have asked for nothing, are still asking, or were refused.

import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

// How long a socket may take to ask for a WebSocket. Other HTTP requests take less.
const ARRIVAL_MS = 10_000;
// How long it may take to read why it was refused.
const REFUSED_MS = 1000;

export class Arrivals {
  readonly #timers = new Map<Duplex, NodeJS.Timeout | undefined>();

  get size(): number {
    return this.#timers.size;
  }

  has(socket: Duplex): boolean {
    return this.#timers.has(socket);
  }

  /** Handles its errors from now on, and destroys it after a while, unless it leaves before. */
  add(socket: Duplex): void {
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.leave(socket));
    this.#limit(socket, ARRIVAL_MS);
  }

  /** It has become a peer, or is gone. */
  leave(socket: Duplex): void {
    clearTimeout(this.#timers.get(socket));
    this.#timers.delete(socket);
  }

  /** Answers, then ends the connection, whether the other side ends it or not. */
  refuse(socket: Duplex, status: number, text: string): void {
    const reason = STATUS_CODES[status];
    const fields = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${text.length + 1}`;
    socket.end(`HTTP/1.1 ${status} ${reason}\r\n${fields}\r\n\r\n${text}\n`);
    socket.resume(); // bytes left unread would turn the end into a reset, and the answer might be lost
    this.expectEnd(socket);
  }

  /** It was answered. */
  expectEnd(socket: Duplex): void {
    if (this.has(socket)) this.#limit(socket, REFUSED_MS);
  }

  destroyAll(): void {
    for (const socket of this.#timers.keys()) socket.destroy();
  }

  #limit(socket: Duplex, ms: number): void {
    clearTimeout(this.#timers.get(socket));
    this.#timers.set(socket, setTimeout(() => socket.destroy(), ms).unref());
  }
}
