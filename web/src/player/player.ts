// Replays a tape. State after each step is engine(tape, step): what is behind a changed step is played again, from the
// last checkpoint before it.

import { type Inspector, openInspector, type SavedState } from 'isocache/inspect';
import { DEFAULT_MEMORY_BYTES, MAX_MEMORY_BYTES, MIN_MEMORY_BYTES, START_MS } from '../tape/limits.js';
import type { Step, Tape } from '../tape/types.js';
import { BEYOND_BUDGET, costOf, faultOf, LISTED_ITEM, MAX_WORK, REPLY_BYTE } from './budget.js';
import { listings, lookBefore, tellEffect } from './effect.js';
import { type Context, FRESH, runStep } from './run.js';
import { sameStep } from './same.js';
import type { Draft, Effect, StepResult } from './types.js';

export type Wasm = BufferSource | WebAssembly.Module | URL;

interface Checkpoint {
  readonly position: number;
  readonly saved: SavedState;
}

/** Of all checkpoints. When they take more, every second one is given up. */
const CHECKPOINT_BYTES = 48 * 1024 * 1024;
const FIRST_SPACING = 16;
/** After so much work there is one in any case. */
const CHECKPOINT_WORK = 4 * 1024 * 1024;
/** Steps that the engine could not do at all: after these it is not asked again. */
const MOST_FAILURES = 3;
const NOTHING: Effect = { text: 'Nothing changed', keys: [], segments: [], evicted: 0, changed: false };
const EMPTY: Tape = { memoryBytes: DEFAULT_MEMORY_BYTES, steps: [] };

export class Player {
  /** Makes stores; nothing is played on it. */
  readonly #maker: Inspector;
  #engine: Inspector;
  #tape = EMPTY;
  #results: readonly StepResult[] = [];
  /** After how many steps; contexts[0] is before the first. */
  #contexts: Context[] = [FRESH];
  #position = 0;
  #checkpoints: Checkpoint[] = [];
  #spacing = FIRST_SPACING;
  #failures = 0;

  private constructor(maker: Inspector) {
    this.#maker = maker;
    this.#engine = this.#start(EMPTY);
  }

  /** `wasm`: the inspector's module, if it is not to be loaded from where the package has it. */
  static async open(wasm?: Wasm): Promise<Player> {
    return new Player(await openInspector({ now: START_MS, ...(wasm !== undefined && { wasm }) }));
  }

  get tape(): Tape {
    return this.#tape;
  }

  /** One for each step; a new array whenever the tape changes. */
  get results(): readonly StepResult[] {
    return this.#results;
  }

  /** After how many steps `store` is. */
  get position(): number {
    return this.#position;
  }

  /** At `position`. For reading: what changes it goes through the tape. Ask for it anew after load() and seek(). */
  get store(): Inspector {
    return this.#engine;
  }

  /** Never throws. Afterwards the position is at the end. */
  load(tape: Tape): void {
    const same = tape.memoryBytes === this.#tape.memoryBytes ? commonSteps(tape.steps, this.#tape.steps) : -1;
    this.#tape = tape;
    if (same < 0) this.#restart(tape);
    const kept = Math.max(0, same);
    const results = this.#results.slice(0, kept);
    this.#contexts.length = kept + 1;
    this.#checkpoints = this.#checkpoints.filter(({ position }) => position <= kept);
    // Until it is filled again: what moves looks at its errors.
    this.#results = results;
    this.#failures = results.filter(({ error }) => error === FAILED).length;
    this.#move(kept);
    for (const step of tape.steps.slice(kept)) {
      results.push(this.#play(step));
      this.#mark();
    }
    this.#results = results;
  }

  /** Goes to the state after n steps. */
  seek(n: number): void {
    const wanted = Math.floor(n);
    this.#move(Math.min(this.#results.length, Math.max(0, Number.isNaN(wanted) ? 0 : wanted)));
  }

  /** What would happen if a client sent this at `position`. Nothing happens. */
  draft(client: string, bytes: Uint8Array): Draft {
    const context = this.#context;
    const step: Step = { kind: 'send', client, bytes };
    const nothing = { reply: new Uint8Array(0), closed: false, effect: NOTHING, incomplete: false };
    if (this.#workAfter(context, step) > MAX_WORK) return { ...nothing, error: BEYOND_BUDGET };
    let fork: Inspector | undefined;
    try {
      fork = this.#engine.fork();
      const before = lookBefore(fork, context, step);
      const ran = runStep(fork, context, step);
      const { effect } = tellEffect(fork, step, before, ran);
      const missing = ran.unfinished ? (ran.spoken?.missing ?? 0) : 0;
      const need = missing > 0 ? { needBytes: missing } : {};
      return { reply: ran.reply, closed: ran.closed, effect, incomplete: ran.unfinished, ...need };
    } catch {
      return { ...nothing, error: FAILED };
    } finally {
      fork?.release();
    }
  }

  /** It is used no more. */
  close(): void {
    this.#engine.release();
    this.#maker.release();
    this.#checkpoints = [];
  }

  get #context(): Context {
    return this.#contexts[this.#position] ?? FRESH;
  }

  #start({ memoryBytes }: Tape): Inspector {
    const bytes = Number.isInteger(memoryBytes) ? memoryBytes : DEFAULT_MEMORY_BYTES;
    const maxBytes = Math.min(MAX_MEMORY_BYTES, Math.max(MIN_MEMORY_BYTES, bytes));
    return this.#maker.another({ maxBytes, now: START_MS });
  }

  #restart(tape: Tape): void {
    this.#engine.release();
    this.#engine = this.#start(tape);
    this.#checkpoints = [];
    this.#spacing = FIRST_SPACING;
    this.#contexts = [FRESH];
    this.#results = [];
    this.#position = 0;
  }

  #workAfter(context: Context, step: Step): number {
    const listed = LISTED_ITEM * this.#engine.itemCount * listings(this.#engine, context, step);
    return context.work + costOf(step) + listed + carried(context, step);
  }

  /** Plays the step at `position`, and goes behind it. */
  #play(step: Step): StepResult {
    const context = this.#context;
    const work = this.#workAfter(context, step);
    const fault =
      faultOf(step) ?? (work > MAX_WORK ? BEYOND_BUDGET : this.#failures >= MOST_FAILURES ? FAILED : undefined);
    if (fault !== undefined) return this.#skip(step, fault);
    try {
      const before = lookBefore(this.#engine, context, step);
      const ran = runStep(this.#engine, context, step);
      const { effect, learned } = tellEffect(this.#engine, step, before, ran);
      this.#contexts.push({ ...ran.context, ...learned, work: work + REPLY_BYTE * ran.reply.length });
      ++this.#position;
      return { step, reply: ran.reply, closed: ran.closed, now: this.#engine.now, effect };
    } catch {
      return this.#recover(step);
    }
  }

  #skip(step: Step, error: string): StepResult {
    this.#contexts.push(this.#context);
    ++this.#position;
    return { step, reply: new Uint8Array(0), closed: false, now: this.#engine.now, effect: NOTHING, error };
  }

  /** The engine gave up in the middle of a step: it is set back to before it. */
  #recover(step: Step): StepResult {
    ++this.#failures;
    const position = this.#position;
    this.#engine.release();
    this.#engine = this.#start(this.#tape);
    this.#position = -1;
    this.#move(position);
    return this.#skip(step, FAILED);
  }

  /** Saves the state if it was a long way since the last checkpoint. */
  #mark(): void {
    const last = this.#checkpoints.at(-1)?.position ?? 0;
    const work = this.#context.work - (this.#contexts[last]?.work ?? 0);
    if (this.#position - last < this.#spacing && work < CHECKPOINT_WORK) return;
    try {
      this.#checkpoints.push({ position: this.#position, saved: this.#engine.save() });
    } catch {
      // No memory for a checkpoint: it takes longer to come back here.
      return;
    }
    const bytes = this.#checkpoints.reduce((sum, { saved }) => sum + saved.bytes, 0);
    if (bytes <= CHECKPOINT_BYTES) return;
    this.#checkpoints = this.#checkpoints.filter((_, index) => index % 2 === 1);
    this.#spacing *= 2;
  }

  #move(to: number): void {
    if (to === this.#position) return;
    const checkpoint = this.#checkpoints.filter(({ position }) => position <= to).at(-1);
    const start = checkpoint?.position ?? 0;
    if (this.#position > to || this.#position < start) {
      if (checkpoint) this.#engine.restore(checkpoint.saved);
      else {
        this.#engine.release();
        this.#engine = this.#start(this.#tape);
      }
      this.#position = start;
    }
    while (this.#position < to) {
      const result = this.#results[this.#position];
      if (result && result.error === undefined) runStep(this.#engine, this.#context, result.step);
      ++this.#position;
    }
  }
}

const FAILED = 'This step did not run: the engine had no memory for it. Use less memory or smaller values.';

/** What was begun before is looked at once more. */
function carried(context: Context, step: Step): number {
  return step.kind === 'send' ? 4 * (context.clients.get(step.client)?.carry.length ?? 0) : 0;
}

function commonSteps(a: readonly Step[], b: readonly Step[]): number {
  let at = 0;
  while (at < a.length && at < b.length && sameStep(a[at]!, b[at]!)) ++at;
  return at;
}
