// Since when others have been loading: memcached does not tell how old a right to load is.

// Names remembered; of more, the oldest are forgotten, and their time begins anew when they are met again.
const MOST = 1024;

export class Overdue {
  readonly #now: () => number;
  readonly #seen = new Map<string, { cas: bigint; since: number }>();

  constructor(now: () => number) { this.#now = now; }

  /** Whether the item with this `cas` was seen in somebody's hands for `lease` milliseconds. Then forgets it. */
  is(name: string, cas: bigint, lease: number): boolean {
    const now = this.#now();
    const seen = this.#seen.get(name);
    if (seen?.cas !== cas) {
      this.#seen.delete(name);
      if (this.#seen.size >= MOST) this.#seen.delete(this.#seen.keys().next().value!);
      this.#seen.set(name, { cas, since: now });
      return false;
    }
    if (now - seen.since < lease) return false;
    this.#seen.delete(name);
    return true;
  }
}
