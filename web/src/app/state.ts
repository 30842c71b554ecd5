// What the page shows: signals. Components read them; only the actions beside this file write what the tape has to do
// with (tape, results, position, revision). The player keeps the truth: the engine's state after `position` steps.

import { computed, signal } from '@preact/signals';
import type { Player } from '../player/player.js';
import type { Draft, StepResult } from '../player/types.js';
import { DEFAULT_MEMORY_BYTES, FIRST_CLIENT } from '../tape/limits.js';
import type { Step, Tape } from '../tape/types.js';
import { draftOf } from './draft.js';
import type { Failure } from './failures.js';

export type StoreView = 'items' | 'memory' | 'races' | 'herd' | 'stats';
/** What a phone shows, one at a time. A desktop always shows the console, and lessons unless they are folded away. */
export type Pane = 'console' | 'lessons' | StoreView;
export type Theme = 'auto' | 'light' | 'dark';
export type Dialog = 'keys' | 'share' | 'live';

/** undefined: the engine is being loaded, or `failure` says why there is none. */
export const player = signal<Player | undefined>(undefined);
export const failure = signal<Failure | undefined>(undefined);

export const tape = signal<Tape>({ memoryBytes: DEFAULT_MEMORY_BYTES, steps: [] });
/** One for each step of the tape. */
export const results = signal<readonly StepResult[]>([]);
/** After how many steps the store is shown. */
export const position = signal(0);
/** Changes with everything that the player did. */
export const revision = signal(0);

/** The store after `position` steps; a new object each time the player moved, so that readers are told. */
export const store = computed(() => {
  revision.value;
  return player.value && { inspector: player.value.store };
});

/** The last step that was played; undefined at the beginning of the tape. */
export const current = computed<StepResult | undefined>(() => results.value[position.value - 1]);
/** The step that Enter plays if nothing is typed. */
export const upcoming = computed<Step | undefined>(() => tape.value.steps[position.value]);

/** Who speaks in the console, and what is typed there; lines end in "\n", escapes are those of a tape. */
export const client = signal<string>(FIRST_CLIENT);
export const draft = signal('');

/** The step that is open in the editor, counted from 0, and its text. The player then stands before that step. */
export const editing = signal<number | undefined>(undefined);
export const edited = signal('');
export const editedClient = signal<string>(FIRST_CLIENT);

/** What the engine would answer, played on a fork; undefined if nothing is typed. */
export const ghost = computed<Draft | undefined>(() => tried(draft.value, client.value));
export const editedGhost = computed<Draft | undefined>(() => tried(edited.value, editedClient.value));

function tried(text: string, speaker: string): Draft | undefined {
  revision.value;
  const found = draftOf(text, speaker);
  return found.kind === 'send' ? player.value?.draft(found.client, found.bytes) : undefined;
}

/** Tokens and rows with this partner are lit up: 'key:page', 'flag:v'. `held` stays when the pointer leaves. */
export const lit = signal<string | undefined>(undefined);
export const held = signal<string | undefined>(undefined);

export const view = signal<StoreView>('items');
export const pane = signal<Pane>('console');
/** The panes that changed since they were last looked at: the badges of a phone's tabs. */
export const unseen = signal<ReadonlySet<Pane>>(new Set());
export const narrow = signal(false);
export const lessonsOpen = signal(true);
/** In a frame of another page: console and store only. */
export const embed = signal(false);
export const theme = signal<Theme>('auto');
export const dialog = signal<Dialog | undefined>(undefined);

/** Whether the first thirty seconds are being told. */
export const opening = signal<'on' | 'off'>('off');
/** The lesson that is open. */
export const lesson = signal<string | undefined>(undefined);
/** The server that this page is connected to, for the sign that nobody can miss; undefined: none. */
export const live = signal<{ readonly url: string } | undefined>(undefined);
/** The connection has ended by itself, and nobody has said yet that they know. */
export const liveEnded = signal(false);

/** Asked before what was typed becomes a step; false: it is held back. */
export const guard = signal<((step: Step) => boolean) | undefined>(undefined);

/** What a screen reader hears, and everybody sees above the tape. */
export const status = signal('The real cache runs in this tab. Nothing that you do here leaves it.');

/** How time passes by itself: tape seconds for each second; 0: it stands still. */
export const speed = signal<0 | 1 | 60>(0);

export const undoable = signal(false);
export const redoable = signal(false);
