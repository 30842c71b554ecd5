// isocache/server: the engine as a memcached server in Node, over TCP, unix sockets and WebSocket.

import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createNetServer, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';

import { open, type Store } from '../inline.js';
import { decodeText } from '../text.js';
import { IsocacheError, type StoreOptions } from '../types.js';
import { HookedSession, type OnRequest } from './hooked-session.js';
import { listenAt, portOf, stop } from './listen.js';
import { type Peer, PlainSession, type Session } from './session.js';
import { serveSocket } from './socket.js';
import { WebSocketDoor } from './websocket.js';

export { ParsedRequest } from '../request.js';
export type { Answer, Internal, OnRequest } from './hooked-session.js';

export interface ServerOptions {
  /** What to serve: a store, or options for one of its own. */
  store?: Store | StoreOptions | undefined;
  /** Sees each request before the engine does, and may answer it. */
  onRequest?: OnRequest | undefined;
  /**
   * How many requests of one connection the hook may have at once. 1 if left out: each sees what those before it did.
   * Replies keep the order of the requests in any case.
   */
  concurrency?: number | undefined;
  /** Further ones are hung up on. 1024 if left out. */
  maxConnections?: number | undefined;
  /** Origins of web pages that may connect by WebSocket, besides the server's own; `*`: all. */
  origins?: readonly string[] | undefined;
}

export interface ListenAddress {
  /** For all ports. 127.0.0.1 if left out: memcached's protocol knows no passwords. */
  host?: string | undefined;
  /** For TCP; 0: any free one. 11211 if neither a path nor a WebSocket port is given. */
  port?: number | undefined;
  /** For a unix socket. */
  path?: string | undefined;
  /** For WebSocket at `/memcached`, by the package ws; 0: any free one. */
  websocketPort?: number | undefined;
}

const DEFAULT_PORT = 11211;
const DEFAULT_MAX_CONNECTIONS = 1024;
const CLOSE_GRACE_MS = 1000;

/** Opens the store, if it is not given. Serves nobody until listen(). */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const { store } = options;
  if (store !== undefined && 'connect' in store) return new Server(store, false, options);
  return new Server(await open(store), true, { ...options, store });
}

export class Server {
  readonly store: Store;
  /** TCP's, once listen() is through. */
  port: number | undefined;
  websocketPort: number | undefined;

  readonly #ownsStore: boolean;
  readonly #options: ServerOptions;
  readonly #maxItemSize: number;
  readonly #listeners: NetServer[] = [];
  readonly #peers = new Set<Peer>();
  #door: Promise<WebSocketDoor> | undefined;
  #closed = false;
  #onDeserted: (() => void) | undefined;

  /** @internal */
  constructor(store: Store, ownsStore: boolean, options: ServerOptions) {
    this.store = store;
    this.#ownsStore = ownsStore;
    this.#options = options;
    this.#maxItemSize = maxItemSizeOf(store);
  }

  async listen(address: ListenAddress = {}): Promise<this> {
    if (this.#closed) throw new IsocacheError('CLOSED', 'the server is closed');
    const { host = '127.0.0.1', path, websocketPort } = address;
    const tcpPort = address.port ?? (path === undefined && websocketPort === undefined ? DEFAULT_PORT : undefined);
    if (tcpPort !== undefined) this.port = portOf(await this.#listen(this.#netServer(), { host, port: tcpPort }));
    if (path !== undefined) await this.#listen(this.#netServer(), { path });
    if (websocketPort !== undefined) {
      const http = createHttpServer();
      (await this.#webSockets()).attach(http);
      this.websocketPort = portOf(await this.#listen(http, { host, port: websocketPort }));
    }
    return this;
  }

  #netServer(): NetServer {
    return createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
  }

  async #listen(server: NetServer, address: { host?: string; port?: number; path?: string }): Promise<NetServer> {
    await listenAt(server, address);
    this.#listeners.push(server);
    return server;
  }

  #webSockets(): Promise<WebSocketDoor> {
    return this.#door ??= WebSocketDoor.open({ origins: this.#options.origins ?? [] }, (peer) => this.#begin(peer));
  }

  /** Serves a connection that was accepted elsewhere: by `tls.createServer`, for instance, with `allowHalfOpen`. */
  accept(socket: Duplex): void {
    serveSocket(socket, (peer) => this.#begin(peer));
  }

  /** Serves a WebSocket that another server was asked for: `http.on('upgrade', (...args) => server.upgrade(...args))`. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    (await this.#webSockets()).upgrade(request, socket, head);
  }

  #begin(peer: Peer): Session {
    if (this.#closed || this.#peers.size >= (this.#options.maxConnections ?? DEFAULT_MAX_CONNECTIONS)) {
      peer.destroy();
      return noSession;
    }
    const session = this.#session(peer);
    this.#peers.add(peer);
    return {
      data: (bytes) => session.data(bytes),
      drained: () => session.drained(),
      ended: () => session.ended(),
      closed: () => {
        session.closed();
        this.#peers.delete(peer);
        if (this.#peers.size === 0) this.#onDeserted?.();
      },
    };
  }

  #session(peer: Peer): Session {
    const { onRequest, concurrency = 1 } = this.#options;
    if (onRequest === undefined) return new PlainSession(peer, this.store.connect());
    const maxValueBytes = this.#maxItemSize;
    return new HookedSession(peer, () => this.store.connect(), { onRequest, concurrency, maxValueBytes });
  }

  /** Stops listening and hangs up on everybody. Closes the store, unless it was given. */
  async close(): Promise<void> {
    this.#closed = true;
    const stopped = this.#listeners.map(stop);
    await this.#hangUp();
    await Promise.all(stopped);
    if (this.#ownsStore) this.store.close();
  }

  async #hangUp(): Promise<void> {
    if (this.#peers.size === 0) return;
    const deserted = new Promise<void>((resolve) => { this.#onDeserted = resolve; });
    for (const peer of this.#peers) peer.end();
    const grace = setTimeout(() => { for (const peer of this.#peers) peer.destroy(); }, CLOSE_GRACE_MS);
    await deserted;
    clearTimeout(grace);
  }

  [Symbol.asyncDispose](): Promise<void> { return this.close(); }
}

function maxItemSizeOf(store: Store): number {
  const settings = decodeText(store.execute('stats settings\r\n'));
  return Number(/^STAT item_size_max (\d+)/m.exec(settings)?.[1]);
}

const noSession: Session = { data() {}, drained() {}, ended() {}, closed() {} };
