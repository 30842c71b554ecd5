// getOrSet: one load at a time, over all users of a cache. If somebody stores, deletes or marks the item as stale
// during a load, what is loaded is not stored.
//
//   take()    mg N R    -> the item. `won`: this caller is to load; `lost`: somebody else does.
//   load()
//   fill()    ms C      -> stores it if nobody has written meanwhile
//   giveUp()  md C (I)  -> the load failed, or takes too long: the next caller is let in
//
// A miss makes an empty item that lives as long as the lease. While somebody else loads, callers get the old value if
// there is one. Otherwise they ask again until there is a value, or until the lease is over and one of them wins.
// Callers in one process share a load instead, as long as the item that they find is still that load's lease.

import { checkGetOrSet, checkOptions, checkValue } from '../base/arguments.js';
import { type Flight, Flights } from './flights.js';
import { isLease } from '../protocol/item.js';
import { Overdue } from './overdue.js';
import { shortKey } from './short-key.js';
import { latin1 } from '../base/text.js';
import {
  type GetOrSetOptions,
  IsocacheError,
  type Item,
  type ItemOptions,
  type Key,
  type Loader,
  type SetOptions,
  type Value,
} from '../base/types.js';
import { orAbort, pause } from '../base/waiting.js';

/** What getOrSet needs of a cache, in process or elsewhere. */
export interface LeaseHolder {
  take(key: Key, options: ItemOptions): Item | undefined | Promise<Item | undefined>;
  /** Stores if the item still has this `cas`. */
  fill(key: Key, value: Value, cas: bigint, options: SetOptions): unknown;
  /** If the item still has this `cas`, removes it, or marks it stale, so that the next reader wins. */
  giveUp(key: Key, cas: bigint, how: 'remove' | 'markStale'): unknown;
  /** In milliseconds. */
  now(): number;
  /** What the cache could not do. */
  onError(error: unknown): void;
}

const LEASE_MS = 30_000;
const FIRST_WAIT_MS = 2;
const LONGEST_WAIT_MS = 100;
const MOST_GIVEN_BACK = 4;

/** One call: its arguments, and the name by which others in this process find its load. */
interface Call {
  key: Key;
  /** The key in the cache: `key`, or its hash. */
  stored: Key;
  name: string;
  load: Loader;
  lease: number;
  options: GetOrSetOptions;
}

export class GetOrSet {
  readonly #cache: LeaseHolder;
  readonly #flights = new Flights();
  readonly #overdue: Overdue;

  constructor(cache: LeaseHolder) {
    this.#cache = cache;
    this.#overdue = new Overdue(() => cache.now());
  }

  async run(key: Key, load: Loader, options: GetOrSetOptions = {}): Promise<Value> {
    const call = callOf(key, load, options);
    const {
      lease,
      options: { signal, refreshBelow = 0, staleIfError = 0, hashLongKeys },
    } = call;
    signal?.throwIfAborted();
    if (hashLongKeys) call.name = nameOf((call.stored = await shortKey(call.key)));
    const below = refreshBelow + staleIfError;
    const request: ItemOptions = { lease, refreshBelow: below > 0 ? below : undefined };
    let givenBack = 0;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      const asked = this.#cache.now();
      // In process this is not awaited, so that a load begins within the call.
      const given = this.#take(call, request);
      const item = given instanceof Promise ? await this.#answer(call, given) : given;
      if (item === undefined) return this.#loadUncached(call);
      if (this.#isOver(call, item, asked)) {
        await this.#giveUp(call, item.cas, isLease(item) ? 'remove' : 'markStale');
        // The lease is shorter than the round trip.
        if (++givenBack === MOST_GIVEN_BACK) return this.#loadUncached(call);
        continue;
      }
      if (item.won) return this.#lead(call, item);
      if (!isLease(item)) return item.value;
      const flight = this.#flights.get(call.name, item.cas);
      const value = flight ? await flight.join(signal) : await pause(wait, signal);
      if (value !== undefined) return own(value);
    }
  }

  /** The item that is there; undefined: the cache cannot help. */
  #take(call: Call, request: ItemOptions): ReturnType<LeaseHolder['take']> {
    try {
      return this.#cache.take(call.stored, request) ?? this.#report(call, noMemory());
    } catch (error) {
      return this.#report(call, error);
    }
  }

  async #answer(call: Call, taken: Promise<Item | undefined>): Promise<Item | undefined> {
    const { signal } = call.options;
    try {
      return (await orAbort(taken, signal)) ?? this.#report(call, noMemory());
    } catch (error) {
      if (!signal?.aborted) return this.#report(call, error);
      this.#decline(call, taken);
      throw error;
    }
  }

  /** Whether the time to load is over, for us or for the caller that was chosen: nothing else ends it for sure. */
  #isOver({ name, lease }: Call, item: Item, asked: number): boolean {
    // If somebody marked a lease as stale, the rest of its time is not ours.
    if (item.won) return this.#cache.now() - asked >= lease || (item.stale && isLease(item));
    return item.lost && this.#overdue.is(name, item.cas, lease);
  }

  /** The leases that loads in this process took, if nobody has written over them. */
  *leases(): Generator<{ key: Key; cas: bigint }> {
    for (const { leaseAt, cas } of this.#flights) {
      if (leaseAt !== undefined && cas !== undefined) yield { key: leaseAt, cas };
    }
  }

  /** This caller was chosen to load. */
  async #lead(call: Call, item: Item): Promise<Value> {
    const { options } = call;
    const old = isLease(item) ? undefined : item;
    const flight = this.#flights.start(call.name, item.cas, call.lease, (signal) =>
      this.#load(call, item.cas, old, signal),
    );
    if (!old) flight.leaseAt = call.stored;
    if (old && options.waitUntil) {
      try {
        options.waitUntil(flight.background());
      } catch (error) {
        this.#report(call, error);
      }
      return old.value;
    }
    try {
      return own(await flight.wait(options.signal));
    } catch (error) {
      // If it is not stale and has no time beyond its TTL, it was loaded early, and is still fresh.
      const isGood = old && (!old.stale || options.staleIfError);
      if (!isGood || options.signal?.aborted) throw error;
      return old.value;
    }
  }

  /** The cache cannot help. Callers that find that out at the same time still share a load. */
  #loadUncached(call: Call): Promise<Value> {
    const flight: Flight =
      this.#flights.get(call.name, undefined) ??
      this.#flights.start(call.name, undefined, Infinity, async (signal) =>
        loadedValue(await call.load(call.key, { signal })),
      );
    return flight.wait(call.options.signal).then(own);
  }

  async #load(call: Call, cas: bigint, old: Item | undefined, signal: AbortSignal): Promise<Value> {
    const { options } = call;
    let value: Value;
    try {
      value = loadedValue(await call.load(call.key, { signal }));
    } catch (error) {
      if (!old) await this.#giveUp(call, cas, 'remove');
      else if (old.stale || options.staleIfError) await this.#giveUp(call, cas, 'markStale');
      // A value that is still fresh stays, and is not loaded early again before the lease is over.
      throw error;
    }
    try {
      await this.#cache.fill(call.stored, value, cas, setOptions(options));
    } catch (error) {
      this.#report(call, error); // it may be too large, and is still a good value
    }
    return value;
  }

  /** The caller gives up before it knows whether it is to load. */
  #decline(call: Call, taken: Promise<Item | undefined>): void {
    taken.then(
      (item) => (item?.won ? this.#giveUp(call, item.cas, isLease(item) ? 'remove' : 'markStale') : undefined),
      () => {},
    );
  }

  async #giveUp(call: Call, cas: bigint, how: 'remove' | 'markStale'): Promise<void> {
    try {
      await this.#cache.giveUp(call.stored, cas, how);
    } catch (error) {
      this.#report(call, error); // the lease will run out
    }
  }

  #report({ options }: Call, error: unknown): undefined {
    try {
      const told: unknown = options.onError ? options.onError(error) : this.#cache.onError(error);
      if (told instanceof Promise) told.catch(() => {});
    } catch {
      // Nobody is left to tell.
    }
    return undefined;
  }
}

function noMemory(): IsocacheError {
  return new IsocacheError('NO_MEMORY', 'no memory for a lease');
}

/** Reads the arguments once, since they may change while the cache is asked. */
function callOf(key: Key, load: Loader, given: GetOrSetOptions): Call {
  checkOptions(given);
  const { ttl, refreshBelow, staleIfError, lease = LEASE_MS, flags, signal, waitUntil, onError, hashLongKeys } = given;
  const options = { ttl, refreshBelow, staleIfError, lease, flags, signal, waitUntil, onError, hashLongKeys };
  checkGetOrSet(key, load, options);
  const own = key.slice();
  return { key: own, stored: own, name: nameOf(own), load, lease, options };
}

/** Callers that share a load do not share its bytes. */
function own(value: Value): Value {
  return value.slice();
}

function loadedValue(loaded: unknown): Value {
  checkValue('what load gives', loaded as Value);
  return loaded as Value;
}

function nameOf(key: Key): string {
  return typeof key === 'string' ? `s${key}` : `b${latin1(key)}`;
}

/** An item lives as long as it is fresh, and then as long as it may be served stale. */
function setOptions({ ttl, staleIfError = 0, flags }: GetOrSetOptions): SetOptions {
  return { ttl: ttl === undefined ? undefined : ttl + staleIfError, flags };
}
