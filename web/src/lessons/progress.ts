// Which tasks somebody has done. It is kept in the browser, where anything may happen to it: another tab writes at the
// same time, an extension breaks it, or the browser keeps nothing at all.

/** How a task came to its end: by hand, by "show me", or by "skip". */
export type Mark = 'done' | 'shown' | 'skipped';

/** The little of Storage that is used. Each call may throw. */
export interface Storage {
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
}

/** Nobody else's: app/storage.ts has keys that begin alike. */
export const PROGRESS_KEY = 'isocache.progress';

const VERSION = 1;
const MARKS: Readonly<Record<string, Mark>> = { d: 'done', s: 'shown', k: 'skipped' };
/** The better mark wins where two tabs differ. */
const RANK: Readonly<Record<Mark, number>> = { skipped: 0, shown: 1, done: 2 };
const MOST_LESSONS = 100;
const ID = /^[a-z0-9-]{1,40}$/;
const LETTERS = /^[dsk]{1,20}$/;

/** For each lesson the marks of its first tasks, in order. */
type Marks = ReadonlyMap<string, readonly Mark[]>;

interface Kept {
  /** How often all was forgotten: a tab that has not heard of it must not bring the old marks back. */
  readonly round: number;
  readonly marks: Marks;
}

const NOTHING: Kept = { round: 0, marks: new Map() };

export class Progress {
  readonly #storage: Storage | undefined;
  #kept: Kept = NOTHING;

  /** Without storage, or with one that fails, progress lasts as long as the page. */
  constructor(storage?: Storage) {
    this.#storage = storage;
    this.#hearFromStorage();
  }

  /** The marks of a lesson's first tasks. */
  marks(lesson: string): readonly Mark[] {
    return this.#kept.marks.get(lesson) ?? [];
  }

  /** How many tasks have come to an end: where to go on. */
  tasksDone(lesson: string): number {
    return this.marks(lesson).length;
  }

  /** Marks the lesson's task of this number, from 0. Tasks before it without a mark were skipped. */
  mark(lesson: string, task: number, mark: Mark): void {
    const marks: Mark[] = [...this.marks(lesson)];
    while (marks.length < task) marks.push('skipped');
    marks[task] = better(marks[task], mark);
    this.#hearFromStorage();
    this.#kept = merged(this.#kept, { round: this.#kept.round, marks: new Map([[lesson, marks]]) });
    this.#write();
  }

  forgetAll(): void {
    this.#hearFromStorage();
    this.#kept = { round: this.#kept.round + 1, marks: new Map() };
    this.#write();
  }

  /** Another tab has written this. Returns whether anything is new. */
  hear(text: string | null): boolean {
    const before = write(this.#kept);
    this.#kept = merged(this.#kept, read(text));
    return write(this.#kept) !== before;
  }

  #hearFromStorage(): void {
    try {
      this.hear(this.#storage?.getItem(PROGRESS_KEY) ?? null);
    } catch {
      // what this page knows is enough
    }
  }

  #write(): void {
    try {
      this.#storage?.setItem(PROGRESS_KEY, write(this.#kept));
    } catch {
      // it lasts as long as the page
    }
  }
}

function better(one: Mark | undefined, other: Mark): Mark {
  return one !== undefined && RANK[one] > RANK[other] ? one : other;
}

function merged(one: Kept, other: Kept): Kept {
  if (one.round !== other.round) return one.round > other.round ? one : other;
  const marks = new Map(one.marks);
  for (const [lesson, theirs] of other.marks) {
    const ours = marks.get(lesson) ?? [];
    const length = Math.max(ours.length, theirs.length);
    const both = Array.from({ length }, (_, i) => (theirs[i] === undefined ? ours[i]! : better(ours[i], theirs[i]!)));
    marks.set(lesson, both);
  }
  return { round: one.round, marks };
}

function write({ round, marks }: Kept): string {
  const lessons = [...marks].map(([lesson, each]) => [lesson, each.map((mark) => letterOf(mark)).join('')] as const);
  lessons.sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ version: VERSION, round, lessons: Object.fromEntries(lessons) });
}

function letterOf(mark: Mark): string {
  return Object.keys(MARKS).find((letter) => MARKS[letter] === mark)!;
}

/** What cannot be read is nothing. */
function read(text: string | null): Kept {
  let found: unknown;
  try {
    found = JSON.parse(text ?? '');
  } catch {
    return NOTHING;
  }
  if (!isRecord(found) || found.version !== VERSION) return NOTHING;
  const round = Number.isSafeInteger(found.round) && (found.round as number) >= 0 ? (found.round as number) : 0;
  const marks = new Map<string, Mark[]>();
  for (const [lesson, letters] of Object.entries(isRecord(found.lessons) ? found.lessons : {})) {
    if (marks.size >= MOST_LESSONS || !ID.test(lesson) || typeof letters !== 'string' || !LETTERS.test(letters))
      continue;
    marks.set(
      lesson,
      [...letters].map((letter) => MARKS[letter]!),
    );
  }
  return { round, marks };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
