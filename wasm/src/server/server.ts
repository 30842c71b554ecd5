// The server: it listens, counts connections and gives each one a session.

import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createNetServer, type Server as NetServer } from 'node:net';
import type { Duplex } from 'node:stream';

import type { EngineConnection } from '../engine/connection.js';
import type { Store } from '../store/store.js';
import type { ParsedRequest } from '../protocol/parsed-request.js';
import { checkObject, within } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import { MAX_TIMER_MS } from '../base/limits.js';
import { decodeText } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import { Arrivals } from './arrivals.js';
import type { OnError } from './hook.js';
import { Held } from './held.js';
import { HookedSession } from './hooked-session.js';
import { listenAt, portOf, stop } from './listen.js';
import { checkAddress, checkOptions, DEFAULT_MAX_CONNECTIONS, type ServerOptions } from './options.js';
import type { Peer, Session } from './peer.js';
import { PlainSession } from './plain-session.js';
import { speaking } from './protocol.js';
import { serveSocket } from './socket.js';
import { refuseRequests, WebSocketDoor } from './websocket.js';

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

export interface CloseOptions {
  /**
   * How long requests that have begun to arrive are waited for, and clients may take to read their replies, in
   * milliseconds. 0 if left out: replies that are made still go out, and nothing else is waited for.
   */
  drain?: number | undefined;
}

const DEFAULT_PORT = 11211;
const CLOSE_GRACE_MS = 1000;
const MAX_UNSENT_BYTES = 256 << 20;

/** Opens the store, unless it is given. Serves nobody before listen(). */
export async function createServer(options: ServerOptions = {}): Promise<Server> {
  const checked = checkOptions(options);
  const { store } = checked;
  if (store instanceof Promise)
    throw new IsocacheError('BAD_ARGUMENT', 'store must be a store, not a promise of one: await it');
  if (store !== undefined && 'connect' in store) return new Server(store, false, checked);
  const { open } = await import('../tier/open-inline.js'); // the module that speaks the binary protocol
  return new Server(await open(store), true, checked);
}

export class Server {
  readonly store: Store;
  /** The TCP port, once listen() is done. */
  port: number | undefined;
  websocketPort: number | undefined;

  readonly #ownsStore: boolean;
  readonly #options: ServerOptions;
  readonly #maxItemSize: number;
  readonly #listeners: NetServer[] = [];
  readonly #arrivals = new Arrivals();
  readonly #peers = new Map<Peer, Session>();
  readonly #unsent = new Held(MAX_UNSENT_BYTES);
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
    checkAddress(address);
    const { host = '127.0.0.1', path, websocketPort } = address;
    const tcpPort = address.port ?? (path === undefined && websocketPort === undefined ? DEFAULT_PORT : undefined);
    if (tcpPort !== undefined) this.port = portOf(await this.#listen(this.#netServer(), { host, port: tcpPort }));
    if (path !== undefined) await this.#listen(this.#netServer(), { path });
    if (websocketPort !== undefined) {
      await this.#webSockets(); // fails here if ws is not there
      const http = this.#httpServer();
      this.websocketPort = portOf(await this.#listen(http, { host, port: websocketPort }));
    }
    return this;
  }

  #netServer(): NetServer {
    return createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.accept(socket));
  }

  #httpServer(): NetServer {
    const server = createHttpServer();
    server.on('connection', (socket) => this.#arrive(socket));
    server.on('upgrade', (request, socket, head) => void this.upgrade(request, socket, head));
    refuseRequests(server);
    return server;
  }

  async #listen(server: NetServer, address: { host?: string; port?: number; path?: string }): Promise<NetServer> {
    await listenAt(server, address);
    this.#listeners.push(server);
    return server;
  }

  #webSockets(): Promise<WebSocketDoor> {
    const options = { origins: this.#options.origins ?? [], arrivals: this.#arrivals };
    return (this.#door ??= WebSocketDoor.open(options, (peer) => this.#begin(peer)));
  }

  /** Serves a connection that another server has accepted: `tls.createServer`, for instance, with `allowHalfOpen`. */
  accept(socket: Duplex): void {
    serveSocket(socket, (peer) => this.#begin(peer));
  }

  /**
   * Serves a WebSocket that a client asks another server for:
   * `http.on('upgrade', (...args) => server.upgrade(...args))`.
   * Never fails: it refuses what it cannot serve.
   */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!this.#arrive(socket)) return;
    try {
      (await this.#webSockets()).upgrade(request, socket, head);
    } catch (error) {
      this.#arrivals.refuse(socket, 501, 'no WebSocket here');
      this.#report(error);
    }
  }

  /** Whether there is room for this socket. Its errors are handled from now on. */
  #arrive(socket: Duplex): boolean {
    if (this.#arrivals.has(socket)) return true;
    const room = this.#hasRoom();
    this.#arrivals.add(socket);
    if (!room) socket.destroy();
    return room;
  }

  #hasRoom(): boolean {
    const { maxConnections = DEFAULT_MAX_CONNECTIONS } = this.#options;
    return !this.#closed && this.#peers.size + this.#arrivals.size < maxConnections;
  }

  #begin(peer: Peer): Session {
    if (!this.#hasRoom()) {
      peer.destroy();
      return noSession;
    }
    const unsent = this.#unsent;
    const { write } = peer;
    const counted: Peer = {
      ...peer,
      write: (bytes) => {
        const more = write(bytes);
        if (!more) unsent.add(peer, bytes.length);
        return more;
      },
    };
    const session = this.#session(counted);
    const { onRequest, protocol = 'auto' } = this.#options;
    const isSpoken = speaking(onRequest === undefined ? protocol : 'ascii');
    this.#peers.set(peer, session);
    return {
      data: (bytes) => {
        if (isSpoken(bytes)) session.data(bytes);
        else peer.end();
      },
      drained: () => {
        unsent.remove(peer);
        session.drained();
      },
      ended: () => session.ended(),
      finish: () => session.finish(),
      closed: () => {
        unsent.remove(peer);
        session.closed();
        this.#peers.delete(peer);
        if (this.#peers.size === 0) this.#onDeserted?.();
      },
    };
  }

  #session(peer: Peer): Session {
    const { onRequest, concurrency = 1 } = this.#options;
    const connect = () => this.store.connect() as EngineConnection;
    if (onRequest === undefined) return new PlainSession(peer, connect());
    const onError: OnError = (error, request) => this.#report(error, request);
    return new HookedSession(peer, connect, { onRequest, onError, concurrency, maxValueBytes: this.#maxItemSize });
  }

  /** User code that fails must not end the process. */
  #report(error: unknown, request?: ParsedRequest): void {
    const { onError } = this.#options;
    (async () => onError?.(error, request))().catch(() => {});
  }

  /** Stops listening, ends all connections, and closes the store, unless that was given. */
  async close(options: CloseOptions = {}): Promise<void> {
    checkObject('options', options);
    checkKnown(options, ['drain']);
    const drain = within('drain', options.drain ?? 0, 0, MAX_TIMER_MS);
    this.#closed = true;
    const stopped = this.#listeners.map(stop);
    this.#arrivals.destroyAll();
    await this.#hangUp(drain);
    await Promise.all(stopped);
    if (this.#ownsStore) this.store.close();
  }

  async #hangUp(drain: number): Promise<void> {
    if (drain > 0) await received();
    if (this.#peers.size === 0) return;
    const before = this.#onDeserted;
    const deserted = new Promise<void>((resolve) => {
      this.#onDeserted = () => {
        before?.();
        resolve();
      };
    });
    for (const [peer, session] of this.#peers) {
      if (drain > 0) finish(peer, session);
      else peer.end();
    }
    const grace = setTimeout(() => {
      for (const peer of this.#peers.keys()) peer.destroy();
    }, drain || CLOSE_GRACE_MS);
    await deserted;
    clearTimeout(grace);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function maxItemSizeOf(store: Store): number {
  const settings = decodeText(store.execute('stats settings\r\n'));
  return Number(/^STAT item_size_max (\d+)/m.exec(settings)?.[1]);
}

/** Resolves once what has arrived so far was read: the event loop has looked at all sockets. */
async function received(): Promise<void> {
  for (let turn = 0; turn < 2; ++turn) await new Promise((resolve) => setImmediate(resolve));
}

function finish(peer: Peer, session: Session): void {
  try {
    session.finish();
  } catch {
    peer.destroy(); // the store was closed under it
  }
}

const noSession: Session = { data() {}, drained() {}, ended() {}, finish() {}, closed() {} };
