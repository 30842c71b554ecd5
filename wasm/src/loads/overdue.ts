// Remembers since when others have been loading: memcached does not tell how old a right to load is.

// How many names are remembered. Further names wait until some of these are loaded or forgotten.
const MOST = 4096;

export class Overdue {
  readonly #now: () => number;
  readonly #seen = new Map<string, { cas: bigint; since: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether the item with this `cas` was seen in somebody's hands for `lease` milliseconds. Then forgets it. */
  is(name: string, cas: bigint, lease: number): boolean {
    const now = this.#now();
    const seen = this.#seen.get(name);
    if (seen?.cas !== cas) {
      this.#seen.delete(name);
      this.#forgetOld(now - 2 * lease);
      if (this.#seen.size < MOST) this.#seen.set(name, { cas, since: now });
      return false;
    }
    if (now - seen.since < lease) return false;
    this.#seen.delete(name);
    return true;
  }

  #forgetOld(before: number): void {
    for (const [name, { since }] of this.#seen) {
      // the oldest come first
      if (since >= before) return;
      this.#seen.delete(name);
    }
  }
}
