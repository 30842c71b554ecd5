// isocache/client where there are no sockets: browsers, edge workers. Node, Deno and Bun get node.ts.

import { checkObject, wrong } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import type { Connection } from '../base/types.js';
import { Client, type ClientOptions } from './client.js';
import { CLIENT_OPTIONS } from './client-options.js';
import { embedded } from './embedded.js';
import { type ByteStreams, connectStreams } from './streams.js';
import type { Connect } from './transport.js';
import {
  checkUrl,
  connectWebSocket,
  overWebSocket,
  type WebSocketConstructor,
  type WebSocketLike,
} from './websocket.js';

export { IsocacheError } from '../base/types.js';
export type * from '../base/types.js';
export { type CallOptions, Client, type ClientOptions } from './client.js';
export type { ByteStreams } from './streams.js';
export type { Connect, Receiver, Transport } from './transport.js';
export type { WebSocketConstructor, WebSocketLike } from './websocket.js';

/** Where the cache is. */
export type Target =
  /** In this process. */
  | { store: { connect(): Connection } }
  /** Behind a WebSocket; `WebSocket` is for where that is no global. */
  | { url: string | URL; WebSocket?: WebSocketConstructor | undefined }
  /** At the other end of what this makes: Cloudflare's `connect('host:11211')`, any pair of streams, a WebSocket. */
  | { connect: () => ByteStreams | WebSocketLike | Promise<ByteStreams | WebSocketLike> }
  /** Anything else that moves bytes. */
  | { transport: Connect };

export function createClient(options: Target & ClientOptions): Client {
  checkObject('options', options);
  checkKnown(options, CLIENT_OPTIONS);
  return new Client(connectTo(options), options);
}

/** @internal */
export function connectTo(target: Target & ClientOptions): Connect {
  if ('store' in target) {
    if (typeof target.store?.connect !== 'function') throw wrong('store', 'a Store');
    return embedded(target.store);
  }
  if ('url' in target) return overWebSocket(checkUrl(target.url), target.WebSocket, target.maxItemSize);
  const [name, make] =
    'transport' in target ? (['transport', target.transport] as const) : (['connect', target.connect] as const);
  if (typeof make !== 'function') throw wrong(name, 'a function');
  if ('transport' in target) return target.transport;
  return async (receiver, signal) => {
    const connection = await target.connect();
    if ('readable' in connection) return connectStreams(connection, receiver, signal);
    return connectWebSocket(connection, receiver, signal);
  };
}
