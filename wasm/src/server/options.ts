// What a server is asked to be.

import { checkObject, checkType, wrong } from '../base/arguments.js';
import type { Store } from '../store/store.js';
import { IsocacheError, type StoreOptions } from '../base/types.js';
import type { OnError, OnRequest } from './hook.js';
import { normalizedOrigin } from './origin.js';

export const DEFAULT_MAX_CONNECTIONS = 1024;

export interface ServerOptions {
  /** What to serve: a store, or options for one of its own. */
  store?: Store | StoreOptions | undefined;
  /** Sees each request before the engine does, and may answer it. */
  onRequest?: OnRequest | undefined;
  /** Told of what the hook throws and of answers that are no reply; the client gets a SERVER_ERROR in any case. */
  onError?: OnError | undefined;
  /**
   * How many requests of one connection the hook may have at once. 1 if left out: each sees what those before it did.
   * Replies keep the order of the requests in any case.
   */
  concurrency?: number | undefined;
  /** Further ones are hung up on, whatever port they come to. 1024 if left out. */
  maxConnections?: number | undefined;
  /**
   * Origins of web pages that may connect by WebSocket, such as `https://app.example`; `*`: all. The server's own needs
   * no entry if it is an IP address, localhost, this machine's name, or comes by TLS.
   */
  origins?: readonly string[] | undefined;
}

/** The same with origins as browsers send them. Throws at what makes no sense. */
export function checkOptions(options: ServerOptions): ServerOptions {
  const { concurrency, maxConnections, onError, onRequest, origins = [] } = options;
  checkFunction('onRequest', onRequest);
  checkFunction('onError', onError);
  checkCount('concurrency', concurrency);
  checkCount('maxConnections', maxConnections);
  if (!Array.isArray(origins)) throw new IsocacheError('BAD_ARGUMENT', 'origins: an array of strings');
  return { ...options, origins: origins.map(normalizedOrigin) };
}

/** Where to listen: what is given must make sense. */
export function checkAddress(address: object): void {
  checkObject('address', address);
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
