// Tries a race in all orders, on the real engine.

import type { Inspector } from 'isocache/inspect';
import { inSlices } from '../base/slices.js';
import { bytesOf, textOf } from '../base/text.js';
import { type Arena, type OpenStore, openArena } from './arena.js';
import { countOrders, lengthsOf, orders, tooLarge } from './orders.js';
import type { End, Outcome, Race, RaceResult } from './race.js';
import { Run } from './run.js';

export interface ExploreOptions {
  readonly open?: OpenStore | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Rejects with an Error for people if the race is too large, and with the signal's reason if it is ended. */
export async function explore(race: Race, options: ExploreOptions = {}): Promise<RaceResult> {
  const refusal = tooLarge(race);
  if (refusal !== undefined) throw new Error(refusal);
  const arena = await openArena(race, options.open);
  try {
    const tally = new Tally(countOrders(lengthsOf(race)));
    await inSlices(runAll(race, arena, tally), {
      signal: options.signal,
      onSlice: () => options.onProgress?.(tally.done, tally.total),
    });
    options.onProgress?.(tally.done, tally.total);
    return tally.result();
  } finally {
    arena.store.release();
  }
}

// Each order begins anew. To go back to a common beginning would take a copy of the store at each branch, and that
// takes as long as some fifty acts.
function* runAll(race: Race, arena: Arena, tally: Tally): Generator<undefined, void> {
  for (const order of orders(race)) {
    if (tally.done > 0) arena.rewind();
    const run = new Run(race, arena);
    for (const lane of order) run.act(lane);
    tally.add(race.judge(endOf(run, arena)));
    yield;
  }
}

/** What the judge looks at. */
function endOf(run: Run, { store }: Arena): End {
  return { ...run.world, minds: run.minds, store, value: (key) => valueOf(store, bytesOf(key)) };
}

function valueOf(store: Inspector, key: Uint8Array): string | undefined {
  const item = store.item(key);
  const value = item === undefined || item.gone ? undefined : store.value(key);
  return value && textOf(value);
}

/** Counts how the orders end. */
class Tally {
  readonly total: number;
  done = 0;
  readonly #outcomes: { text: string; bad: boolean; count: number; first: number }[] = [];
  readonly #byText = new Map<string, number>();
  readonly #outcomeOf: Uint16Array;

  constructor(total: number) {
    this.total = total;
    this.#outcomeOf = new Uint16Array(total);
  }

  add({ text, bad }: { text: string; bad: boolean }): void {
    const name = `${bad} ${text}`;
    let index = this.#byText.get(name);
    if (index === undefined) {
      index = this.#outcomes.push({ text, bad, count: 0, first: this.done }) - 1;
      this.#byText.set(name, index);
    }
    ++this.#outcomes[index]!.count;
    this.#outcomeOf[this.done++] = index;
  }

  result(): RaceResult {
    const sorted = [...this.#outcomes.keys()].sort((a, b) => {
      const [one, other] = [this.#outcomes[a]!, this.#outcomes[b]!];
      return Number(other.bad) - Number(one.bad) || other.count - one.count || one.first - other.first;
    });
    const outcomes: Outcome[] = sorted.map((index) => this.#outcomes[index]!);
    const place = new Map(sorted.map((index, at) => [index, at]));
    const outcomeOf = this.#outcomeOf.map((index) => place.get(index)!);
    const verdicts = Uint8Array.from(outcomeOf, (index) => Number(outcomes[index]!.bad));
    const bad = verdicts.reduce((sum, verdict) => sum + verdict, 0);
    return { total: this.total, bad, outcomes, verdicts, outcomeOf };
  }
}
