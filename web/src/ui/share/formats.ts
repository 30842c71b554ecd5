// The texts that a tape can be written as. What writes them is loaded when it is asked for.

import type { StepResult } from '../../player/types.js';
import type { Tape } from '../../tape/types.js';
import { writeTape } from '../../tape/write.js';

export type FormatId = 'tape' | 'transcript' | 'markdown' | 'test';

export interface Format {
  readonly id: FormatId;
  readonly title: string;
  /** What it is good for, in one sentence. */
  readonly say: string;
  /** The name of the file that it is saved as. */
  readonly file: string;
  write(tape: Tape, played: readonly StepResult[]): Promise<string>;
}

export const FORMATS: readonly Format[] = [
  {
    id: 'tape',
    title: 'Tape',
    say: 'Plain text that opens here again. Keep it beside your code.',
    file: 'isocache.tape',
    write: async (tape) => writeTape(tape),
  },
  {
    id: 'transcript',
    title: 'Transcript',
    say: 'Requests and replies, as the conformance tests of isocache are written.',
    file: 'transcript.txt',
    write: async (tape, played) => (await import('../../exports/transcript.js')).transcriptOf(tape, played),
  },
  {
    id: 'markdown',
    title: 'Markdown',
    say: 'Steps, replies and effects, for a bug report or a page of documentation.',
    file: 'tape.md',
    write: async (tape, played) => (await import('../../exports/markdown.js')).markdownOf(tape, played),
  },
  {
    id: 'test',
    title: 'Test',
    say: 'A test for Node with isocache/testing: it fails if a reply is ever different.',
    file: 'tape.test.mjs',
    write: async (tape, played) => (await import('../../exports/testing.js')).testOf(tape, played),
  },
];
