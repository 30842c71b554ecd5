// The options of a server.

import { checkObject, checkType, wrong } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import type { Store } from '../store/store.js';
import { IsocacheError, type StoreOptions } from '../base/types.js';
import type { OnError, OnRequest } from './hook.js';
import { normalizedOrigin } from './origin.js';
import type { Protocol } from './protocol.js';

export const DEFAULT_MAX_CONNECTIONS = 1024;

export interface ServerOptions {
  /** The store to serve, or the options of a store that the server opens. */
  store?: Store | StoreOptions | undefined;
  /** Sees each request before the engine does, and may answer it. */
  onRequest?: OnRequest | undefined;
  /** Told what the hook throws, and of answers that are no reply. The client gets a SERVER_ERROR in any case. */
  onError?: OnError | undefined;
  /**
   * How many requests of one connection the hook may have at once. 1 if left out: each request sees what those before
   * it did. Replies keep the order of the requests in any case.
   */
  concurrency?: number | undefined;
  /**
   * What clients may speak; others are hung up on. `auto` if left out: text, meta and the binary protocol. A hook sees
   * requests of text and meta only, so a server that has one does not speak the binary protocol. Nor does a store of
   * `isocache` that is given: those of `isocache/tier` do.
   */
  protocol?: Protocol | undefined;
  /** The server closes further connections, whatever port they come to. 1024 if left out. */
  maxConnections?: number | undefined;
  /**
   * Origins of web pages that may connect by WebSocket, such as `https://app.example`; `*`: all. The server's own needs
   * no entry if it is an IP address, localhost, this machine's name, or comes by TLS.
   */
  origins?: readonly string[] | undefined;
}

const OPTIONS = ['store', 'onRequest', 'onError', 'concurrency', 'protocol', 'maxConnections', 'origins'];
const PROTOCOLS = ['auto', 'ascii', 'binary'];
const ADDRESS = ['host', 'port', 'path', 'websocketPort'];

/** The same options, with origins as browsers send them. Throws if an option makes no sense. */
export function checkOptions(options: ServerOptions): ServerOptions {
  checkKnown(options, OPTIONS);
  const { concurrency, maxConnections, onError, onRequest, origins = [], protocol = 'auto' } = options;
  checkFunction('onRequest', onRequest);
  checkFunction('onError', onError);
  checkCount('concurrency', concurrency);
  checkCount('maxConnections', maxConnections);
  if (!PROTOCOLS.includes(protocol)) throw wrong('protocol', 'auto, ascii or binary');
  if (protocol === 'binary' && onRequest !== undefined) {
    throw new IsocacheError('BAD_ARGUMENT', 'protocol: a server with onRequest does not speak the binary protocol');
  }
  if (!Array.isArray(origins)) throw new IsocacheError('BAD_ARGUMENT', 'origins: an array of strings');
  return { ...options, origins: origins.map(normalizedOrigin) };
}

/** Throws if the address makes no sense. */
export function checkAddress(address: object): void {
  checkObject('address', address);
  checkKnown(address, ADDRESS);
  const { host, path, port, websocketPort } = address as Record<string, unknown>;
  checkType('host', host, 'string');
  checkType('path', path, 'string');
  for (const [name, value] of Object.entries({ port, websocketPort })) {
    if (value !== undefined && !(Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 65535)) {
      throw wrong(name, 'an integer of 0 to 65535');
    }
  }
}

function checkFunction(name: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'function') {
    throw new IsocacheError('BAD_ARGUMENT', `${name}: a function, not a value of type ${typeof value}`);
  }
}

function checkCount(name: string, value: unknown): void {
  if (value !== undefined && !(Number.isInteger(value) && (value as number) > 0)) {
    throw new IsocacheError('BAD_ARGUMENT', `${name}: a whole number from 1 on`);
  }
}
