// isocache/testing: a memcached for tests, in this process, with a clock that only the test moves.

import { checkNumber, checkOptions, within } from '../base/arguments.js';
import { type Client, createClient } from '../client/node.js';
import { createServer } from '../server/index.js';
import type { Store } from '../store/store.js';
import type { StoreOptions } from '../base/types.js';

export interface TestingOptions extends Omit<StoreOptions, 'now'> {
  /** What the clock shows at first, in milliseconds since 1970. The current time if left out. */
  now?: number | undefined;
}

/** A server on a port of its own. */
export interface TestMemcached {
  readonly host: string;
  readonly port: number;
  /** What it serves, to look at or prepare without a network. */
  readonly store: Store;
  /** A new client of it, which close() closes, too. */
  client(): Client;
  /** The server's time, in milliseconds since 1970. */
  now(): number;
  /** Moves it on. */
  advance(ms: number): void;
  /** Forgets all items. */
  clear(): void;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = '127.0.0.1';

/**
 * Starts a server. Its time stands still until advance(), so that items expire when the test says. It starts
 * at a full second, since the protocol counts in seconds: a TTL of 1000 ms is over after advance(1000), not before.
 */
export async function startMemcached(options: TestingOptions = {}): Promise<TestMemcached> {
  checkOptions(options);
  checkNumber('now', options.now);
  const { now: start = Date.now(), ...storeOptions } = options;
  let time = Math.ceil(start / 1000) * 1000;
  const now = () => time;
  const server = await createServer({ store: { ...storeOptions, now } });
  await server.listen({ host: HOST, port: 0 });
  const { port = 0, store } = server;
  const clients: Client[] = [];

  const close = async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  };
  return {
    host: HOST,
    port,
    store,
    client() {
      const client = createClient({ host: HOST, port, now });
      clients.push(client);
      return client;
    },
    now,
    advance(ms) {
      checkNumber('ms', ms);
      within('ms', ms, 0, Number.MAX_SAFE_INTEGER);
      time += ms;
    },
    clear() {
      store.clear();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
