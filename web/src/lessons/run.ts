// How far somebody has come in a lesson. The tape alone says so: it is replayed, and each task is checked after each
// step, one task after the other.

import { type Inspector, openInspector, type SavedState } from 'isocache/inspect';
import { readReplies } from '../base/replies.js';
import { findRequests, keysOf } from '../base/requests.js';
import { bytesOf, concat, latin1, textOf } from '../base/text.js';
import { runBounded } from '../player/bounded.js';
import { type Context, FRESH, type Ran } from '../player/run.js';
import { DEFAULT_MEMORY_BYTES, START_MS } from '../tape/limits.js';
import { parseSteps } from '../tape/parse.js';
import type { SendStep, Step, Tape } from '../tape/types.js';
import { whyNot } from './why.js';
import type { Asked, Exchange, Item, Lesson, Look } from './lesson.js';

export interface Followed {
  /** How many tasks are done. */
  readonly done: number;
  /** After how many steps each of them was done. */
  readonly doneAt: readonly number[];
  /** Why the task at hand is not done after what was tried: a clause without a dot. */
  readonly why?: string;
}

/** REQUIRES: the lines are steps. A lesson's are. */
export function stepsOfLines(lines: string): readonly Step[] {
  const parsed = parseSteps(lines);
  if (parsed.error !== undefined) throw new Error(`a lesson's line ${parsed.error.line}: ${parsed.error.message}`);
  return parsed.steps;
}

/** The steps with which a lesson begins: its setup, and the solutions of the tasks that were done before. */
export function firstSteps(lesson: Lesson, tasksDone = 0): readonly Step[] {
  const solutions = lesson.tasks.slice(0, tasksDone).map(({ solution }) => solution);
  return [lesson.setup, ...solutions].flatMap(stepsOfLines);
}

/** The same as a tape, to be opened. */
export function firstTape(lesson: Lesson, tasksDone = 0): Tape {
  const memoryBytes = lesson.memoryBytes ?? DEFAULT_MEMORY_BYTES;
  return { title: lesson.title, memoryBytes, steps: firstSteps(lesson, tasksDone) };
}

const NO_BYTES = new Uint8Array(0);

export class LessonRun {
  readonly #lesson: Lesson;
  readonly #store: Inspector;
  readonly #empty: SavedState;
  readonly #setupSteps: number;
  #context: Context = FRESH;
  /** What was followed last: if it goes on, only what is new is played. */
  #steps: readonly Step[] = [];
  #doneAt: number[] = [];
  #exchanges: Exchange[] = [];
  #evicted: string[] = [];

  private constructor(lesson: Lesson, store: Inspector) {
    this.#lesson = lesson;
    this.#store = store;
    this.#empty = store.save();
    this.#setupSteps = stepsOfLines(lesson.setup).length;
  }

  static async open(lesson: Lesson, open: typeof openInspector = openInspector): Promise<LessonRun> {
    return new LessonRun(lesson, await open({ maxBytes: firstTape(lesson).memoryBytes, now: START_MS }));
  }

  close(): void {
    this.#store.release();
  }

  /** What these steps of a tape, the setup first, have done. Never throws: a step that cannot run is nothing. */
  follow(steps: readonly Step[]): Followed {
    if (this.#steps.length > steps.length || this.#steps.some((step, at) => step !== steps[at])) this.#rewind();
    for (const step of steps.slice(this.#steps.length)) this.#follow(step);
    const [done, doneAt] = [this.#doneAt.length, [...this.#doneAt]];
    const task = this.#lesson.tasks[done];
    const why = task && whyNot(task, this.#look());
    return why === undefined ? { done, doneAt } : { done, doneAt, why };
  }

  #rewind(): void {
    this.#store.restore(this.#empty);
    this.#context = FRESH;
    this.#steps = [];
    this.#doneAt = [];
    this.#forget();
  }

  #follow(step: Step): void {
    this.#run(step);
    this.#steps = [...this.#steps, step];
    const at = this.#steps.length;
    if (at === this.#setupSteps) this.#forget();
    if (at <= this.#setupSteps) return;
    while (this.#doneAt.length < this.#lesson.tasks.length && this.#isDone(this.#doneAt.length)) {
      this.#doneAt.push(at);
      this.#forget();
    }
  }

  #forget(): void {
    this.#store.takeEvents();
    this.#exchanges = [];
    this.#evicted = [];
  }

  /** What the player does not run is nothing here; the tape shows why. */
  #run(step: Step): void {
    const before = this.#context;
    const ran = runBounded(this.#store, before, step);
    if (ran === undefined) return;
    this.#context = ran.context;
    this.#evicted.push(...ran.evicted.map(textOf));
    if (step.kind === 'send') this.#exchanges.push(exchangeOf(before, step, ran));
  }

  #isDone(task: number): boolean {
    return this.#lesson.tasks[task]!.check(this.#look());
  }

  #look(): Look {
    const store = this.#store;
    return {
      item: (key) => itemOf(store, bytesOf(key)),
      exchanges: this.#exchanges,
      evicted: this.#evicted,
    };
  }
}

function exchangeOf({ clients }: Context, { client, bytes }: SendStep, { reply, unfinished }: Ran): Exchange {
  const known = clients.get(client);
  const begun = known === undefined || known.closed ? [] : [known.carry];
  const sent = concat([...begun, bytes]);
  const keys = new Set<string>();
  const commands: Asked[] = [];
  for (const request of findRequests(sent)) {
    const words = request.words.map(({ from, to }) => latin1(sent.subarray(from, to)));
    if (words[0] !== undefined) commands.push({ name: words[0], words });
    for (const key of keysOf(sent, request)) keys.add(textOf(key));
  }
  return { client, commands, unfinished, keys: [...keys], replies: readReplies(reply) };
}

function itemOf(store: Inspector, key: Uint8Array): Item | undefined {
  const state = store.item(key);
  if (state === undefined || state.gone) return undefined;
  const ttl = state.expires === 0 ? undefined : Math.floor((state.expires - store.now) / 1000);
  return { ...state, ttl, value: textOf(store.value(key) ?? NO_BYTES) };
}
