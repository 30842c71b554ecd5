// The races that have been tried in all orders, and those that are being tried: each once for the life of the page.

import { type Signal, signal } from '@preact/signals';
import { openStore } from '../../app/wasm.js';
import {
  countOrders,
  explore,
  orderAt,
  type RaceResult,
  type Scene,
  stepsOf,
  type Variant,
} from '../../races/index.js';
import { DEFAULT_MEMORY_BYTES } from '../../tape/limits.js';
import type { Step, Tape } from '../../tape/types.js';

export interface Exploration {
  readonly done: number;
  readonly total: number;
  readonly result?: RaceResult;
  /** Why it could not be tried. */
  readonly error?: string;
}

const explorations = new Map<Variant, Signal<Exploration>>();

/** One race at a time: they share the processor with whoever types. */
let last: Promise<void> = Promise.resolve();

async function run(variant: Variant, state: Signal<Exploration>): Promise<void> {
  try {
    const onProgress = (done: number, total: number) => {
      state.value = { done, total };
    };
    const result = await explore(variant, { onProgress, open: openStore });
    state.value = { done: result.total, total: result.total, result };
  } catch (error) {
    // It stays: begun anew by whoever looks at it, it would fail again, for ever.
    state.value = { ...state.value, error: reasonOf(error) };
  }
}

/** What an error says. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function begin(variant: Variant, state: Signal<Exploration>): void {
  state.value = { done: 0, total: countOrders(variant.lanes.map(({ acts }) => acts.length)) };
  last = last.then(() => run(variant, state));
}

/** How far a race has come; the first call begins it. */
export function explorationOf(variant: Variant): Signal<Exploration> {
  const known = explorations.get(variant);
  if (known) return known;
  const state = signal<Exploration>({ done: 0, total: 0 });
  explorations.set(variant, state);
  begin(variant, state);
  return state;
}

/** Begins a race that could not be tried once more. */
export function tryAgain(variant: Variant): void {
  const state = explorations.get(variant);
  if (state?.peek().error !== undefined) begin(variant, state);
}

/** One order as a tape that ends with its verdict. */
export async function tapeOfOrder(scene: Scene, variant: Variant, number: number, verdict: string): Promise<Tape> {
  const steps = await stepsOf(variant, orderAt(variant, number), openStore);
  const end: Step = { kind: 'note', text: `The end: ${verdict}` };
  const title = `${scene.title}, with ${variant.name}: order ${number + 1}`;
  return { title, memoryBytes: variant.memoryBytes ?? DEFAULT_MEMORY_BYTES, steps: [...steps, end] };
}
