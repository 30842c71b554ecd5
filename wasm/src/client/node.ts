// isocache/client where there are sockets: Node, Deno, Bun.

import { checkObject } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import { Client, type ClientOptions } from './client.js';
import { CLIENT_OPTIONS } from './client-options.js';
import { connectTo, type Target as PortableTarget } from './index.js';
import { noWs } from '../protocol/websocket.js';
import { type NetAddress, overNet } from './net.js';
import type { Connect } from './transport.js';
import { checkUrl, overWebSocket, type WebSocketConstructor } from './websocket.js';

export { IsocacheError } from '../base/types.js';
export type * from '../base/types.js';
export { type CallOptions, Client, type ClientOptions } from './client.js';
export type { NetAddress } from './net.js';
export type { ByteStreams } from './streams.js';
export type { Connect, Receiver, Transport } from './transport.js';
export type { WebSocketConstructor, WebSocketLike } from './websocket.js';

/** Where the cache is: at an address, or as in other places. */
export type Target = PortableTarget | NetAddress;

/** Without an address: memcached on this machine, at its usual port. */
export function createClient(options: Target & ClientOptions = {}): Client {
  checkObject('options', options);
  checkKnown(options, CLIENT_OPTIONS);
  if ('url' in options) return new Client(overUrl(checkUrl(options.url), options), options);
  const portable = 'store' in options || 'connect' in options || 'transport' in options;
  return new Client(portable ? connectTo(options) : overNet(options), options);
}

/** Node 18 and 20 have no WebSocket of their own. There the package ws is used, if it is installed. */
function overUrl(
  url: string | URL,
  options: { WebSocket?: WebSocketConstructor | undefined } & ClientOptions,
): Connect {
  return async (receiver, signal) => {
    const found =
      options.WebSocket ?? ('WebSocket' in globalThis ? undefined : (await import('ws').catch(noWs)).WebSocket);
    return overWebSocket(url, found, options.maxItemSize)(receiver, signal);
  };
}
