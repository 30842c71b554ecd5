// Loads under way in this process.

import { MAX_TIMER_MS } from '../base/limits.js';
import type { Key, Value } from '../base/types.js';
import { orAbort } from '../base/waiting.js';

/** A load. Its signal is aborted when nobody waits for it any longer. */
export class Flight {
  /** The cas of the item that it is to fill; undefined: it fills none. */
  readonly cas: bigint | undefined;
  readonly result: Promise<Value>;
  /** The key of its lease; undefined: there was a value, or the cache could not help. */
  leaseAt: Key | undefined;
  readonly #abort = new AbortController();
  readonly #lease: number;
  #waiting = 0;
  /** Nobody waits any longer, and nobody may begin to. */
  get abandoned(): boolean {
    return this.#abort.signal.aborted;
  }
  #over: Promise<undefined> | undefined;
  #end = (): void => {};

  constructor(cas: bigint | undefined, lease: number, load: (signal: AbortSignal) => Promise<Value>) {
    this.cas = cas;
    this.#lease = lease;
    this.result = load(this.#abort.signal);
    const land = () => {
      this.#waiting = Infinity; // nobody can abort it any more
      this.end();
    };
    this.result.then(land, land);
  }

  /** Waits for the value. */
  wait(signal: AbortSignal | undefined): Promise<Value> {
    return this.#count(orAbort(this.result, signal), signal);
  }

  /** Waits for the value until the lease is over, or another load begins: then gives undefined. */
  join(signal: AbortSignal | undefined): Promise<Value | undefined> {
    this.#over ??= new Promise((resolve) => {
      const timer = this.#lease < MAX_TIMER_MS ? setTimeout(() => resolve(undefined), this.#lease) : undefined;
      this.#end = () => {
        clearTimeout(timer);
        resolve(undefined);
      };
    });
    // The result comes first: a load that lands ends its lease as well.
    return this.#count(orAbort(Promise.race([this.result, this.#over]), signal), signal);
  }

  /** Goes on even if nobody waits. Gives a promise that never rejects. */
  background(): Promise<unknown> {
    ++this.#waiting;
    return this.result.catch(() => {});
  }

  end(): void {
    this.#end();
  }

  /** The load is aborted when the last one that waits gives up. */
  async #count<T>(waiting: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    ++this.#waiting;
    try {
      return await waiting;
    } finally {
      if (--this.#waiting === 0) {
        this.#abort.abort(signal?.reason);
        this.end();
      }
    }
  }
}

/** By name, the latest of each. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  /** The one that is to fill the item with this `cas`. */
  get(name: string, cas: bigint | undefined): Flight | undefined {
    const flight = this.#flights.get(name);
    return flight !== undefined && flight.cas === cas && !flight.abandoned ? flight : undefined;
  }

  [Symbol.iterator](): IterableIterator<Flight> {
    return this.#flights.values();
  }

  start(name: string, cas: bigint | undefined, lease: number, load: (signal: AbortSignal) => Promise<Value>): Flight {
    const before = this.#flights.get(name);
    const flight = new Flight(cas, lease, load);
    this.#flights.set(name, flight);
    before?.end();
    const land = () => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    };
    flight.result.then(land, land);
    return flight;
  }
}
