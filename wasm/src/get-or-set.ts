// getOrSet: one loader at a time, over all users of a cache.
//
//   take()    mg N R    -> the item. `won`: this caller is to load; `lost`: somebody else does.
//   load()
//   fill()    ms C      -> stores it, unless somebody stored, deleted or marked the item as stale meanwhile
//   giveUp()  md C (I)  -> the load failed: the next caller is let in
//
// A miss makes an empty item that lives as long as the lease. While somebody else loads, callers get the old value
// if there is one, and else come back until there is one, or the lease is over and one of them wins. Callers in one
// process share a load instead.

import { checkGetOrSet, isBytes } from './arguments.js';
import { latin1 } from './text.js';
import {
  type GetOrSetOptions, IsocacheError, type Item, type ItemOptions, type Key, type Loader, type SetOptions, type Value,
} from './types.js';

/** What getOrSet needs of a cache, in process or elsewhere. */
export interface LeaseHolder {
  take(key: Key, options: ItemOptions): Item | undefined | Promise<Item | undefined>;
  /** Stores if the item is still the one with this `cas`. */
  fill(key: Key, value: Value, cas: bigint, options: SetOptions): unknown;
  /** If the item is still the one with this `cas`, removes it, or marks it stale: then the next reader wins. */
  giveUp(key: Key, cas: bigint, how: 'remove' | 'markStale'): unknown;
}

const LEASE_MS = 30_000;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 100;

/** A load under way. */
interface Flight {
  result: Promise<Value>;
  /** What its maker found: nothing, or an old value that others may still get. */
  old: Item | undefined;
  waiting: number;
  abort: AbortController;
}

export class GetOrSet {
  readonly #cache: LeaseHolder;
  readonly #flights = new Map<string, Flight>();

  constructor(cache: LeaseHolder) { this.#cache = cache; }

  async run(key: Key, load: Loader, options: GetOrSetOptions = {}): Promise<Value> {
    checkGetOrSet(key, load, options);
    const { signal, lease = LEASE_MS, refreshBelow = 0, staleIfError = 0 } = options;
    const below = refreshBelow + staleIfError;
    const request: ItemOptions = { lease, refreshBelow: below > 0 ? below : undefined };
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      signal?.throwIfAborted();
      const flight = this.#firstLoad(key);
      if (flight) return this.#join(flight, signal);
      const item = await this.#cache.take(key, request);
      if (item === undefined || item.won) return this.#lead(key, load, options, item);
      // A lease is an empty item, too; so is an empty value that is being loaded anew.
      if (!item.lost || item.size > 0) return item.value;
      if (!this.#firstLoad(key)) await pause(wait, signal);
    }
  }

  /** The load in this process of a value that nobody has yet. */
  #firstLoad(key: Key): Flight | undefined {
    const flight = this.#flights.get(nameOf(key));
    return flight?.old ? undefined : flight;
  }

  /** This caller was chosen to load (or, without an item, there is not even the memory for a lease). */
  async #lead(key: Key, load: Loader, options: GetOrSetOptions, item: Item | undefined): Promise<Value> {
    const old = item && (item.size > 0 || item.stale) ? item : undefined;
    const flight = this.#start(key, load, options, item?.cas ?? 0n, old);
    if (old && options.waitUntil) {
      ++flight.waiting;
      options.waitUntil(flight.result.catch(() => {}));
      return old.value;
    }
    try {
      return await this.#join(flight, options.signal);
    } catch (error) {
      // Not stale and no time beyond the TTL: then it was loaded early, and is still fresh.
      const isGood = old && (!old.stale || options.staleIfError);
      if (!isGood || options.signal?.aborted) throw error;
      return old.value;
    }
  }

  #start(key: Key, load: Loader, options: GetOrSetOptions, cas: bigint, old: Item | undefined): Flight {
    const name = nameOf(key);
    const abort = new AbortController();
    const flight: Flight = { result: this.#load(key, load, options, cas, old, abort.signal), old, waiting: 0, abort };
    this.#flights.set(name, flight);
    const land = () => {
      flight.waiting = Infinity;  // nobody can abort it any more
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    };
    flight.result.then(land, land);
    return flight;
  }

  async #load(key: Key, load: Loader, options: GetOrSetOptions, cas: bigint, old: Item | undefined,
    signal: AbortSignal): Promise<Value> {
    let value: Value;
    try {
      value = await load(key, { signal });
      if (typeof value !== 'string' && !isBytes(value)) {
        throw new IsocacheError('BAD_ARGUMENT', 'the loader gave neither string nor Uint8Array');
      }
    } catch (error) {
      await this.#giveUp(key, options, cas, old);
      throw error;
    }
    try {
      await this.#cache.fill(key, value, cas, setOptions(options));
    } catch {
      // Too large, say: it is a good value all the same.
    }
    return value;
  }

  async #giveUp(key: Key, options: GetOrSetOptions, cas: bigint, old: Item | undefined): Promise<void> {
    try {
      if (!old) await this.#cache.giveUp(key, cas, 'remove');
      else if (old.stale || options.staleIfError) await this.#cache.giveUp(key, cas, 'markStale');
      // What is still fresh stays as it is; nobody else loads it early.
    } catch {
      // The lease will run out.
    }
  }

  /** Waits for a load. The last one to lose patience ends it. */
  async #join(flight: Flight, signal: AbortSignal | undefined): Promise<Value> {
    ++flight.waiting;
    try {
      return await orAbort(flight.result, signal);
    } finally {
      if (--flight.waiting === 0) flight.abort.abort(signal?.reason);
    }
  }
}

function nameOf(key: Key): string { return typeof key === 'string' ? `s${key}` : `b${latin1(key)}`; }

/** An item lives as long as it is fresh, and then as long as it may be served stale. */
function setOptions({ ttl, staleIfError = 0, flags }: GetOrSetOptions): SetOptions {
  return { ttl: ttl === undefined ? undefined : ttl + staleIfError, flags };
}

/** Rejects when the signal is aborted, and leaves no listener behind. */
function orAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  const slept = new Promise<void>((resolve) => { timer = setTimeout(resolve, milliseconds); });
  return orAbort(slept, signal).finally(() => clearTimeout(timer));
}
