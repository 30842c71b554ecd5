// Connections over WebSocket, by the package ws: binary frames are a byte stream, whatever their borders.

import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';

import type { WebSocket, WebSocketServer } from 'ws';

import { SUBPROTOCOL } from '../client/websocket.js';
import type { Peer, Session } from './session.js';

export const WEBSOCKET_PATH = '/memcached';
const MAX_RECEIVED_FRAME_BYTES = 4 << 20;
const MAX_SENT_FRAME_BYTES = 256 << 10;
const MAX_UNSENT_BYTES = 256 << 10;
const PING_MS = 30_000;
const UNSUPPORTED_DATA = 1003;

export interface WebSocketOptions {
  /** Pages of other origins that may connect, such as `https://example.org`; `*`: all. The server's own always may. */
  origins: readonly string[];
}

/** Answers HTTP upgrade requests. */
export class WebSocketDoor {
  readonly #server: WebSocketServer;
  readonly #origins: readonly string[];
  readonly #begin: (peer: Peer) => Session;

  private constructor(server: WebSocketServer, options: WebSocketOptions, begin: (peer: Peer) => Session) {
    this.#server = server;
    this.#origins = options.origins;
    this.#begin = begin;
  }

  /** Fails if the package ws is not installed. */
  static async open(options: WebSocketOptions, begin: (peer: Peer) => Session): Promise<WebSocketDoor> {
    const { WebSocketServer } = await import('ws');
    const server = new WebSocketServer({
      noServer: true,
      path: WEBSOCKET_PATH,
      maxPayload: MAX_RECEIVED_FRAME_BYTES,
      handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    return new WebSocketDoor(server, options, begin);
  }

  attach(server: HttpServer): void {
    server.on('request', (_, response) => {
      response.writeHead(426, { Connection: 'Upgrade', Upgrade: 'websocket' }).end();
    });
    server.on('upgrade', (request, socket, head) => this.upgrade(request, socket, head));
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!this.#allows(request)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => serveWebSocket(webSocket, this.#begin));
  }

  /** A page may not reach a cache that its visitor can reach, unless the cache's owner says so. */
  #allows({ headers: { origin, host } }: IncomingMessage): boolean {
    if (origin === undefined || this.#origins.includes('*') || this.#origins.includes(origin)) return true;
    return hostOf(origin) === host;
  }
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;  // "null", for instance
  }
}

function serveWebSocket(socket: WebSocket, begin: (peer: Peer) => Session): void {
  let blocked = false;
  const sent = () => {
    if (!blocked || socket.bufferedAmount > MAX_UNSENT_BYTES / 2) return;
    blocked = false;
    attempt(() => session.drained());
  };
  const session = begin({
    write: (bytes) => {
      for (let from = 0; from < bytes.length; from += MAX_SENT_FRAME_BYTES) {
        socket.send(bytes.subarray(from, from + MAX_SENT_FRAME_BYTES), sent);
      }
      blocked = socket.bufferedAmount > MAX_UNSENT_BYTES;
      return !blocked;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.close(),
    destroy: () => socket.terminate(),
  });
  const attempt = (step: () => void) => {
    try {
      if (socket.readyState === socket.OPEN) step();
    } catch {
      socket.terminate();  // the store was closed under it
    }
  };
  socket.on('message', (data, isBinary) => {
    if (isBinary) attempt(() => session.data(data as Buffer));
    else socket.close(UNSUPPORTED_DATA, 'the protocol has no text frames');
  });
  const stopPinging = keepAlive(socket);
  socket.on('close', () => {
    stopPinging();
    session.closed();
  });
  socket.on('error', () => socket.terminate());
}

/** Ends a connection whose other side does not even answer pings. */
function keepAlive(socket: WebSocket): () => void {
  let alive = true;
  socket.on('pong', () => { alive = true; });
  const timer = setInterval(() => {
    if (socket.isPaused) return;  // nor do we read pongs then
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  return () => clearInterval(timer);
}
