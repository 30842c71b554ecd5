// A tape: a session as a list of steps. Its text form is described in web/TAPE.md.

/** A client sends bytes. */
export interface SendStep {
  readonly kind: 'send';
  /** Its name: a small letter, then up to 15 small letters and digits. */
  readonly client: string;
  /** All of them, the line ends too. */
  readonly bytes: Uint8Array;
}

/** Time passes. */
export interface WaitStep {
  readonly kind: 'wait';
  readonly seconds: number;
}

/** Stores the keys prefix0, prefix1, ..., each with a value of that many bytes. */
export interface FillStep {
  readonly kind: 'fill';
  /** One to 200 printable characters, none of them a space. */
  readonly prefix: string;
  readonly count: number;
  readonly valueBytes: number;
}

/** One step of eviction. */
export interface EvictStep {
  readonly kind: 'evict';
}

/** Something to read: one line. */
export interface NoteStep {
  readonly kind: 'note';
  readonly text: string;
}

export type Step = SendStep | WaitStep | FillStep | EvictStep | NoteStep;

export interface Tape {
  /** One line. */
  readonly title?: string;
  /** The store's limit. */
  readonly memoryBytes: number;
  readonly steps: readonly Step[];
}

/** Why a text is no tape. The message is a sentence or two for the person who wrote it. */
export interface TapeError {
  /** Both from 1; columns count characters. */
  readonly line: number;
  readonly column: number;
  /** What is wrong there, what was expected, and an example. */
  readonly message: string;
}

export type ParsedTape = { readonly tape: Tape; readonly error?: never } | { readonly error: TapeError };
export type ParsedSteps = { readonly steps: readonly Step[]; readonly error?: never } | { readonly error: TapeError };

/** A step that was played, as the exports need it. */
export interface Played {
  readonly step: Step;
  /** All that the client received; empty for steps without a client. */
  readonly reply: Uint8Array;
  /** The server closed the client's connection in this step. */
  readonly closed: boolean;
  /** Why the step did not run. */
  readonly error?: string;
  readonly effect?: { readonly evicted: number };
}
