// The typed methods of a store, over a connection.

import { checkCall, checkDuration, checkOptions, checkType, listOf, pairsOf, within } from '../base/arguments.js';
import { bytesOf, textOf } from '../base/bytes.js';
import { MAX_ITEM_BYTES } from '../base/limits.js';
import { GetOrSet } from '../loads/get-or-set.js';
import { type Exptime, wireExptime } from '../protocol/exptime.js';
import type { Found } from '../protocol/item.js';
import type { ParsedRequest } from '../protocol/parsed-request.js';
import { DEFAULT_MAX_VALUE_BYTES } from '../protocol/reply-reader.js';
import {
  type CasResult,
  type CounterOptions,
  type GetOrSetOptions,
  IsocacheError,
  type Item,
  type ItemOptions,
  type Key,
  type Loader,
  type SetOptions,
  type Stats,
  type Value,
} from '../base/types.js';
import * as commands from './commands.js';
import { listKeys } from './keys.js';
import { type Command, Pipeline } from './pipeline.js';
import { raw } from './raw.js';
import type { Connect } from './transport.js';

export interface ClientOptions {
  /**
   * After this long without an answer a request fails with TIMEOUT; if the server was silent all that time, the
   * connection is given up as well. 5 s if left out; Infinity: never.
   */
  timeout?: number | undefined;
  /**
   * The largest value that is taken from the server: if it announces a larger one, the connection is given up, with
   * PROTOCOL, before there is memory for it. 64 MiB if left out.
   */
  maxItemSize?: number | undefined;
  /**
   * The server's clock in milliseconds, since a TTL of more than 30 days goes over the wire as a date. `Date.now` if
   * left out.
   */
  now?: (() => number) | undefined;
  /** Told what getOrSet() could not do: see GetOrSetOptions. */
  onError?: ((error: unknown) => void) | undefined;
}

/** What every request takes as its last argument. */
export interface CallOptions {
  /** Ends the wait with the signal's reason. What was asked may happen all the same. */
  signal?: AbortSignal | undefined;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * A cache at the other end of a connection. Requests made in one go leave in one write, and their replies come in
 * order. The connection is made for the first request. When it breaks, the requests in flight fail with CLOSED;
 * nobody knows whether they were carried out. The next request connects again. The connection keeps the process alive
 * until close().
 *
 * A TTL is sent in whole seconds, rounded up. memcached counts them from its own last tick, so that a value may
 * expire up to a second early.
 */
export class Client {
  readonly #connect: Connect;
  readonly #limits: { timeout: number; maxItemSize: number };
  readonly #exptime: Exptime;
  readonly #getOrSet: GetOrSet;
  #pipeline: Pipeline | undefined;
  readonly #alone = new Set<Pipeline>();
  readonly #listing = new Set<Pipeline>();
  #closed = false;

  constructor(connect: Connect, options: ClientOptions = {}) {
    this.#connect = connect;
    checkOptions(options);
    checkType('now', options.now, 'function');
    checkType('onError', options.onError, 'function');
    const { timeout = DEFAULT_TIMEOUT_MS, maxItemSize = DEFAULT_MAX_VALUE_BYTES } = options;
    checkDuration('timeout', timeout);
    this.#limits = { timeout, maxItemSize: within('maxItemSize', maxItemSize, 1, MAX_ITEM_BYTES) };
    const now = options.now ?? (() => Date.now()); // as it is then: tests replace it
    this.#exptime = wireExptime(now);
    this.#getOrSet = new GetOrSet({
      take: (key, asked) => this.getItem(key, asked),
      fill: (key, value, cas, set) => this.cas(key, value, cas, set),
      giveUp: (key, cas, how) => this.#ask(() => commands.giveUp(key, cas, how)),
      now,
      onError: (error) => options.onError?.(error),
    });
  }

  #open(): Pipeline {
    if (this.#closed) throw new IsocacheError('CLOSED', 'the client is closed');
    return new Pipeline(this.#connect, this.#limits);
  }

  async #ask<T>(command: () => Command<T>, options?: CallOptions): Promise<T> {
    checkCall(options);
    const asked = command();
    if (this.#closed) throw new IsocacheError('CLOSED', 'the client is closed');
    if (this.#pipeline === undefined || this.#pipeline.closed) this.#pipeline = this.#open();
    return this.#pipeline.request(asked, options?.signal);
  }

  async #askAll<T>(all: () => Command<T>[], options?: CallOptions): Promise<T[]> {
    checkCall(options);
    const asked = all();
    return asked.length === 0 ? [] : this.#ask(() => commands.all(asked), options);
  }

  /**
   * For an operation that is tried again if another client was faster. Throws once that has taken as long as an
   * answer may.
   */
  #tries(): () => void {
    const { timeout } = this.#limits;
    const end = performance.now() + timeout;
    return () => {
      if (performance.now() >= end) throw new IsocacheError('TIMEOUT', `somebody else was faster for ${timeout} ms`);
    };
  }

  // ---------------------------------------------------------------- reading

  get(key: Key, options?: CallOptions): Promise<string | undefined> {
    return this.#ask(() => commands.get(key, this.#passOn), options);
  }

  getBytes(key: Key, options?: CallOptions): Promise<Uint8Array | undefined> {
    return this.#ask(() => commands.getBytes(key, this.#passOn), options);
  }

  getItem(key: Key, options: ItemOptions & CallOptions = {}): Promise<Item | undefined> {
    return this.#ask(() => commands.getItem(key, options, this.#exptime, this.#passOn), options);
  }

  /** In the order of `keys`. */
  getMany(keys: Iterable<Key>, options?: CallOptions): Promise<(string | undefined)[]> {
    return this.#askAll(() => listOf('keys', keys).map((key) => commands.get(key, this.#passOn)), options);
  }

  has(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#ask(() => commands.has(key, this.#passOn), options);
  }

  // ---------------------------------------------------------------- storing

  async set(key: Key, value: Value, options: SetOptions & CallOptions = {}): Promise<void> {
    await this.#ask(() => commands.set(key, value, options, this.#exptime), options);
  }

  /** Every value gets the same options. */
  async setMany(entries: Iterable<readonly [Key, Value]>, options: SetOptions & CallOptions = {}): Promise<void> {
    const set = ([key, value]: readonly [Key, Value]) => commands.set(key, value, options, this.#exptime);
    await this.#askAll(() => pairsOf('entries', entries).map(set), options);
  }

  /** Only if the key has no value. */
  async add(key: Key, value: Value, options: SetOptions & CallOptions = {}): Promise<boolean> {
    for (const tryAgain = this.#tries(); ; tryAgain()) {
      if (await this.#ask(() => commands.add(key, value, options, this.#exptime), options)) return true;
      const found = await this.#find(key, options);
      if (found?.isLease === false) return this.#decline(key, found);
      if (found && (await this.cas(key, value, found.cas, options)) === 'stored') return true;
    }
  }

  /** Only if the key has a value. Takes two round trips, as append() and prepend() do: leases look like values. */
  replace(key: Key, value: Value, options: SetOptions & CallOptions = {}): Promise<boolean> {
    return this.#change(key, (cas) => commands.cas(key, value, cas, options, this.#exptime), options);
  }

  /** After the value that is there. Its flags and TTL stay. */
  append(key: Key, value: Value, options?: CallOptions): Promise<boolean> {
    return this.#change(key, (cas) => commands.join('A', key, value, cas), options);
  }

  /** Before the value that is there. */
  prepend(key: Key, value: Value, options?: CallOptions): Promise<boolean> {
    return this.#change(key, (cas) => commands.join('P', key, value, cas), options);
  }

  /** A write that needs a value to write over. Tries again if another client was faster. */
  async #change(key: Key, write: (cas: bigint) => Command<CasResult>, options?: CallOptions): Promise<boolean> {
    checkOptions(options);
    write(0n); // checks the arguments
    for (const tryAgain = this.#tries(); ; tryAgain()) {
      const found = await this.#find(key, options);
      if (found === undefined) return false;
      if (found.isLease) return this.#decline(key, found);
      if ((await this.#ask(() => write(found.cas), options)) === 'stored') return true;
    }
  }

  #find(key: Key, options?: CallOptions): Promise<Found | undefined> {
    return this.#ask(() => commands.find(key), options);
  }

  /** Writes nothing: the next reader may load. */
  async #decline(key: Key, { won, cas }: Found): Promise<false> {
    if (won) await this.#passOn(key, cas);
    return false;
  }

  /** Lets the next reader be chosen in place of this one. If that fails, the right to load runs out in time. */
  readonly #passOn = (key: Key, cas: bigint): Promise<unknown> =>
    this.#ask(() => commands.giveUp(key, cas, 'markStale')).catch(() => {});

  /** Only if nobody has changed it since getItem() gave `cas`. */
  cas(key: Key, value: Value, cas: bigint, options: SetOptions & CallOptions = {}): Promise<CasResult> {
    return this.#ask(() => commands.cas(key, value, cas, options, this.#exptime), options);
  }

  /**
   * The value, which `load` makes if there is none. One loader runs at a time, over all clients of the cache; the
   * others wait, or get the old value if there is one.
   */
  async getOrSet(key: Key, load: Loader, options?: GetOrSetOptions): Promise<string> {
    return textOf(await this.#getOrSet.run(key, load, options));
  }

  async getOrSetBytes(key: Key, load: Loader, options?: GetOrSetOptions): Promise<Uint8Array> {
    return bytesOf(await this.#getOrSet.run(key, load, options));
  }

  // ---------------------------------------------------------------- changing

  /** The new number; undefined if there is none and no `initial`. Wraps at 2^64. */
  incr(key: Key, delta: bigint | number = 1n, options: CounterOptions & CallOptions = {}): Promise<bigint | undefined> {
    return this.#count('I', key, delta, options);
  }

  /**
   * As incr(), downwards; stops at 0. A number that gets shorter is stored with spaces after it, as memcached does:
   * get() gives "9 " after 10.
   */
  decr(key: Key, delta: bigint | number = 1n, options: CounterOptions & CallOptions = {}): Promise<bigint | undefined> {
    return this.#count('D', key, delta, options);
  }

  async #count(
    mode: 'I' | 'D',
    key: Key,
    delta: bigint | number,
    options: CounterOptions & CallOptions,
  ): Promise<bigint | undefined> {
    for (const tryAgain = this.#tries(); ; tryAgain()) {
      try {
        return await this.#ask(() => commands.count(mode, key, delta, options, this.#exptime), options);
      } catch (error) {
        if (!(error instanceof IsocacheError) || error.code !== 'NON_NUMERIC') throw error;
        const found = await this.#find(key, options);
        if (found === undefined) continue;
        const { initial } = options;
        if (!found.isLease || initial === undefined) {
          await this.#decline(key, found);
          if (found.isLease) return undefined;
          throw error;
        }
        if ((await this.cas(key, String(initial), found.cas, options)) === 'stored') return initial;
      }
    }
  }

  touch(key: Key, ttl: number, options?: CallOptions): Promise<boolean> {
    return this.#ask(() => commands.touch(key, ttl, this.#exptime, this.#passOn), options);
  }

  delete(key: Key, options?: CallOptions): Promise<boolean> {
    return this.#ask(() => commands.remove(key), options);
  }

  /** How many there were. */
  async deleteMany(keys: Iterable<Key>, options?: CallOptions): Promise<number> {
    const removed = await this.#askAll(() => listOf('keys', keys).map((key) => commands.remove(key)), options);
    return removed.filter(Boolean).length;
  }

  /** Keeps the value, but has one reader renew it; `ttl` limits how long it may still be read. */
  markStale(key: Key, options: { ttl?: number | undefined } & CallOptions = {}): Promise<boolean> {
    return this.#ask(() => commands.markStale(key, options, this.#exptime), options);
  }

  // ---------------------------------------------------------------- the whole cache

  async clear(options?: CallOptions): Promise<void> {
    await this.#ask(commands.clear, options);
  }

  /**
   * All keys, over a connection of its own. memcached gives one such list at a time (SERVER_ERROR: BUSY), and leaves
   * out items that were stored in the last moments.
   */
  async *keys(): AsyncGenerator<string, void, undefined> {
    const pipeline = this.#open();
    this.#listing.add(pipeline);
    try {
      yield* listKeys(pipeline);
    } finally {
      this.#listing.delete(pipeline);
    }
  }

  async stats(options?: CallOptions): Promise<Stats> {
    return this.#ask(commands.stats, options);
  }

  /** Items held. */
  async size(options?: CallOptions): Promise<number> {
    return (await this.stats(options)).items;
  }
  /** Bytes in use. */
  async bytes(options?: CallOptions): Promise<number> {
    return (await this.stats(options)).bytes;
  }

  /**
   * One or more whole requests of the text or meta protocol; gives their replies as they come. It takes any
   * request: one whose replies cannot be told from those of other requests gets a connection of its own.
   */
  async execute(request: string | Uint8Array | ParsedRequest, options?: CallOptions): Promise<Uint8Array> {
    const bytes = typeof request === 'object' && request !== null && 'command' in request ? request.bytes : request;
    checkCall(options);
    const { command, alone } = raw(bytes, this.#limits.maxItemSize);
    return alone ? this.#askAlone(command, options) : this.#ask(() => command, options);
  }

  async #askAlone<T>(command: Command<T>, options?: CallOptions): Promise<T> {
    const pipeline = this.#open();
    this.#alone.add(pipeline);
    try {
      return await pipeline.request(command, options?.signal);
    } finally {
      this.#alone.delete(pipeline);
      pipeline.destroy();
    }
  }

  /**
   * Waits for the answers that are due, no longer than `timeout`, then hangs up. Later requests fail with CLOSED. So
   * does a list of keys() that is not complete, since only its reader knows how long that would take.
   */
  async close(): Promise<void> {
    this.#closed = true;
    for (const pipeline of this.#listing) pipeline.destroy();
    await Promise.all([this.#pipeline, ...this.#alone].map((pipeline) => pipeline?.drain()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
