// Which lesson is open, how far it has come, and what is remembered of all of them. How far a lesson has come is read
// off the tape; only the best of it is stored.

import { batch, computed, effect, signal } from '@preact/signals';
import { addSteps, openTape, say } from '../../app/actions.js';
import { client, draft, lesson as openLesson, opening, position, status, tape, view } from '../../app/state.js';
import { remember, remembered } from '../../app/storage.js';
import { openStore } from '../../app/wasm.js';
import { LESSONS, type LessonEntry } from '../../lessons/index.js';
import type { Lesson } from '../../lessons/lesson.js';
import { type Mark, Progress, PROGRESS_KEY } from '../../lessons/progress.js';
import { type Followed, firstTape, LessonRun, stepsOfLines } from '../../lessons/run.js';
import { FIRST_CLIENT } from '../../tape/limits.js';
import type { Step } from '../../tape/types.js';
import { writeStep } from '../../tape/write.js';

const progress = new Progress(storage());
const marked = signal(0);

/** The lesson that is open, once it is loaded. */
export const lesson = signal<Lesson | undefined>(undefined);

const run = signal<LessonRun | undefined>(undefined);
/** Tasks whose hint is open. */
export const hinted = signal<ReadonlySet<number>>(new Set());

/** The tape begins as the lesson does. If not, the person has opened another one meanwhile. */
export const onTape = computed(() => {
  const { title, steps } = tape.value;
  if (!lesson.value || title !== lesson.value.title) return false;
  return stepsOfLines(lesson.value.setup).every((step, at) => sameStep(step, steps[at]));
});

const NOTHING: Followed = { done: 0, doneAt: [] };

/** How far the tape has come, up to the step that is shown. */
export const followed = computed<Followed>(() => {
  if (!run.value || !onTape.value) return NOTHING;
  return run.value.follow(tape.value.steps.slice(0, position.value));
});

/** Steps were taken since the task began. */
export const tried = computed(() => {
  const setup = lesson.value ? stepsOfLines(lesson.value.setup).length : 0;
  return onTape.value && tape.value.steps.length > (followed.value.doneAt.at(-1) ?? setup);
});

function sameStep(one: Step, other: Step | undefined): boolean {
  return other !== undefined && writeStep(one) === writeStep(other);
}

/** The browser's, if there is one: it may throw at the first touch. */
function storage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}

/** How each task came to its end, of the tasks that have. */
export function marksOf(id: string): readonly Mark[] {
  marked.value;
  return progress.marks(id);
}

export const isDone = ({ id, tasks }: LessonEntry): boolean => marksOf(id).length >= tasks;

export function forgetAll(): void {
  progress.forgetAll();
  marked.value++;
}

/** What the person has just asked for; undefined: they work by themselves. */
let asked: Mark | undefined;

function markAll({ id }: Lesson, done: number): void {
  const before = progress.marks(id);
  for (let task = 0; task < done; task++) {
    const isNew = before[task] === undefined;
    if (isNew) progress.mark(id, task, asked ?? 'done');
  }
  if (before.length < done) marked.value++;
}

function openAt(chosen: Lesson, tasksDone: number): void {
  const first = firstTape(chosen, tasksDone);
  batch(() => {
    openLesson.value = chosen.id;
    lesson.value = chosen;
    opening.value = 'off';
    hinted.value = new Set();
    client.value = FIRST_CLIENT;
    draft.value = '';
    openTape(first, first.steps.length);
  });
  if (/^(races|herd)$/.test(view.peek())) view.value = 'items';
  remember('session', 'lesson', chosen.id);
  remember('local', 'story', 'over');
}

/** The task at hand again, as if nothing had been tried: some mistakes cannot be mended by going on. */
export function beginTaskAnew(chosen: Lesson): void {
  openAt(chosen, followed.peek().done);
  say('The task begins anew: the tape has the steps before it. Undo brings back yours.');
}

const failed = () => say('The lesson could not be loaded. Is the server still there? Try again.');

/** Opens a lesson where it was left; one that was done begins anew. */
export async function begin(entry: LessonEntry): Promise<void> {
  const done = progress.tasksDone(entry.id);
  try {
    const chosen = await entry.load();
    openAt(chosen, done < entry.tasks ? done : 0);
    say(`Lesson: ${chosen.title}. It has a tape of its own; undo brings back yours.`);
  } catch {
    failed();
  }
}

/** The lesson of this name. */
export async function beginById(id: string): Promise<void> {
  const entry = LESSONS.find((other) => other.id === id);
  if (entry) await begin(entry);
}

export function beginAnew(chosen: Lesson): void {
  openAt(chosen, 0);
}

/** Back to the list. The tape stays. */
export function leave(): void {
  openLesson.value = undefined;
  lesson.value = undefined;
  remember('session', 'lesson', undefined);
}

function asking(mark: Mark, act: () => void): void {
  asked = mark;
  act();
  asked = undefined;
}

/** Plays the solution of the task at hand. If what was done before is in its way, it plays on a tape of its own. */
export function showMe(chosen: Lesson): void {
  const { done } = followed.peek();
  const task = chosen.tasks[done];
  if (!task) return;
  asking('shown', () => {
    addSteps(stepsOfLines(task.solution));
    if (followed.peek().done <= done) openAt(chosen, done + 1);
  });
}

/** The next task, on a tape where the one at hand is done. */
export function skip(chosen: Lesson): void {
  const { done } = followed.peek();
  asking('skipped', () => openAt(chosen, done + 1));
}

/** Says that a task is done, behind what the step itself did. */
function tellOf(chosen: Lesson, done: number): void {
  if (asked === 'skipped') {
    setTimeout(() => say(`Task ${done} is skipped: the tape has its solution. Undo brings back yours.`));
    return;
  }
  const last = done === chosen.tasks.length ? ' The lesson is done.' : '';
  // After the action has said what the step did.
  setTimeout(() =>
    say(`${status.peek().replace(/([^.!?])$/, '$1.')} Task ${done} done: ${chosen.tasks[done - 1]?.done ?? ''}${last}`),
  );
}

/** Opens a store for the lesson that is open, and lets go of the one before it. */
function openRun(): (() => void) | undefined {
  const chosen = lesson.value;
  run.value = undefined;
  if (!chosen) return undefined;
  let ended = false;
  let opened: LessonRun | undefined;
  LessonRun.open(chosen, openStore).then(
    (store) => {
      opened = store;
      if (ended) store.close();
      else run.value = store;
    },
    () => say('The lesson cannot follow what you do: the engine could not be opened once more. Reload the page.'),
  );
  return () => {
    ended = true;
    opened?.close();
  };
}

/** After a reload: the lesson that was open, on the tape that the page has kept. */
async function reopen(): Promise<void> {
  const id = openLesson.peek() ?? remembered('session', 'lesson');
  const entry = LESSONS.find((other) => other.id === id);
  if (!entry) return;
  try {
    const loaded = await entry.load();
    if (lesson.peek()) return;
    openLesson.value = entry.id;
    lesson.value = loaded;
  } catch {
    failed();
  }
}

let following = false;

/** From now on the open lesson follows the tape, wherever it is shown. */
export function followLessons(): void {
  if (following) return;
  following = true;
  addEventListener('storage', ({ key, newValue }) => {
    if (key === PROGRESS_KEY && progress.hear(newValue)) marked.value++;
  });
  reopen();
  effect(openRun);
  /** What was known at the last look: nothing is said of tasks that a lesson begins with. */
  let known: { run: LessonRun | undefined; done: number } = { run: undefined, done: 0 };
  effect(() => {
    const chosen = lesson.value;
    const { done } = followed.value;
    if (!chosen || !run.value) return;
    if (known.run === run.value && done > known.done) tellOf(chosen, done);
    known = { run: run.value, done };
    markAll(chosen, done);
  });
}
