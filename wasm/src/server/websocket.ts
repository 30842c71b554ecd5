// Turns HTTP upgrade requests into peers, by the package ws, or refuses them.

import type { IncomingMessage, Server as HttpServer } from 'node:http';
import type { Duplex } from 'node:stream';

import type { WebSocketServer } from 'ws';

import { noWs, SUBPROTOCOL } from '../protocol/websocket.js';
import type { Arrivals } from './arrivals.js';
import { Held } from './held.js';
import { refusalOf } from './origin.js';
import type { Peer, Session } from './peer.js';
import { serveWebSocket } from './websocket-peer.js';

const WEBSOCKET_PATH = '/memcached';
const MAX_RECEIVED_FRAME_BYTES = 4 << 20;
// How much all connections together may hold of messages that are not whole yet.
const MAX_UNFINISHED_BYTES = 32 << 20;

export interface WebSocketOptions {
  /** Normalized origins of pages that may connect; `*`: all. The server's own pages always may; see origin.ts. */
  origins: readonly string[];
  arrivals: Arrivals;
}

/** Answers HTTP upgrade requests. */
export class WebSocketDoor {
  readonly #server: WebSocketServer;
  readonly #unfinished = new Held(MAX_UNFINISHED_BYTES);
  readonly #options: WebSocketOptions;
  readonly #begin: (peer: Peer) => Session;

  private constructor(server: WebSocketServer, options: WebSocketOptions, begin: (peer: Peer) => Session) {
    this.#server = server;
    this.#options = options;
    this.#begin = begin;
  }

  /** Fails if the package ws is not installed. */
  static async open(options: WebSocketOptions, begin: (peer: Peer) => Session): Promise<WebSocketDoor> {
    const { WebSocketServer } = await import('ws').catch(noWs);
    const server = new WebSocketServer({
      noServer: true,
      path: WEBSOCKET_PATH,
      maxPayload: MAX_RECEIVED_FRAME_BYTES,
      autoPong: false, // websocket-peer.ts answers pings, as fast as they are read
      handleProtocols: (protocols) => (protocols.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
    });
    return new WebSocketDoor(server, options, begin);
  }

  /** REQUIRES: `socket` is among the arrivals. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { origins, arrivals } = this.#options;
    const refusal = refusalOf(request, origins);
    if (refusal !== undefined) {
      arrivals.refuse(socket, refusal.status, refusal.text);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      arrivals.leave(socket);
      serveWebSocket(webSocket, socket, this.#unfinished, this.#begin);
    });
    arrivals.expectEnd(socket); // if it is still among them, ws has answered with an error
  }
}

/** How a server that is there for upgrades only answers all other requests. */
export function refuseRequests(server: HttpServer): void {
  server.on('request', (_, response) => {
    response.writeHead(426, { Connection: 'close, Upgrade', Upgrade: 'websocket' }).end();
  });
}
