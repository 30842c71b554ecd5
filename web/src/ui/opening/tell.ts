// How far the story is, and how it goes on. It is read off the tape: undo and scrubbing take it back as well.

import { batch, computed, effect, signal } from '@preact/signals';
import { openEditor, openTape, send } from '../../app/actions.js';
import { focusComposer } from '../../app/focus.js';
import { client, draft, edited, narrow, opening, player, position, results, tape } from '../../app/state.js';
import { remember } from '../../app/storage.js';
import type { StepResult } from '../../player/types.js';
import { DEFAULT_MEMORY_BYTES } from '../../tape/limits.js';
import { showReply, showRequest } from '../races/short.js';
import { CHANGE, STORY, told } from './story.js';

/** After the last beat: 200 clients, and then what the person's own change did. */
export const stage = signal<'tell' | 'crowd' | 'changed'>('tell');

/** Where the told beats are in the tape, up to the step that is shown. */
const places = computed(() => told(tape.value.steps.slice(0, position.value)));
export const beats = computed(() => places.value.length);

/** What the story has put into the draft. */
let suggestion = '';

/** True while the next command waits in the draft as the story put it there. */
export const waiting = computed(() => {
  const beat = STORY[beats.value];
  return beat !== undefined && draft.value === beat.draft && client.value === beat.client;
});

/** Puts the next command into the draft, and selects it: whoever types something else replaces it. */
export function suggest(): void {
  const beat = STORY[beats.peek()];
  if (!beat) return;
  suggestion = beat.draft;
  // On a phone the focus would raise the keyboard over the story.
  if (narrow.peek()) {
    batch(() => {
      client.value = beat.client;
      draft.value = beat.draft;
    });
  } else {
    focusComposer({ text: beat.draft, client: beat.client, select: true });
  }
}

/** Goes one beat on, as Enter does. */
export function goOn(): void {
  const beat = STORY[beats.peek()];
  if (!beat) {
    stage.value = 'crowd';
    return;
  }
  if (send(beat.draft, beat.client) === undefined) draft.value = '';
}

export function endStory(): void {
  if (draft.peek() === suggestion) draft.value = '';
  opening.value = 'off';
  remember('local', 'story', 'over');
}

/** Tells the story from the beginning, on a new tape. Undo brings back the old one. */
export function startStory(): void {
  batch(() => {
    if (tape.peek().steps.length > 0) openTape({ memoryBytes: DEFAULT_MEMORY_BYTES, steps: [] });
    stage.value = 'tell';
    opening.value = 'on';
  });
  suggest();
}

/** Opens the first beat in the editor with the change already made: Enter replays everything after it. */
export function changeThePast(): void {
  const first = told(tape.peek().steps)[0];
  if (first === undefined) return;
  openEditor(first);
  edited.value = CHANGE.to;
}

export interface ChangedReply {
  readonly client: string;
  readonly request: string;
  readonly before: string;
  readonly after: string;
}

/** The replies of the story as it was told. */
let toldResults: readonly StepResult[] = [];

/** Which replies became different when the person changed the story. */
export const changedReplies = computed<readonly ChangedReply[]>(() => {
  if (stage.value !== 'changed' || toldResults.length !== results.value.length) return [];
  return results.value.flatMap(({ step, reply }, at) => {
    const [before, after] = [showReply(toldResults[at]!.reply), showReply(reply)];
    if (step.kind !== 'send' || before === after) return [];
    return [{ client: step.client, request: showRequest(step.bytes), before, after }];
  });
});

function suggestIfUntouched(): void {
  const untouched = draft.peek() === '' || draft.peek() === suggestion;
  if (opening.peek() === 'on' && stage.peek() === 'tell' && untouched) suggest();
}

/** Follows the tape: the next command comes into a draft that holds nothing of the person's own. */
export function followTape(): () => void {
  return effect(() => {
    if (!player.value || opening.value !== 'on') return;
    const count = beats.value;
    const all = told(tape.value.steps).length;
    if (stage.peek() !== 'tell' && tape.value.title !== undefined) endStory();
    else if (stage.peek() === 'crowd' && all < STORY.length) stage.value = 'changed';
    else if (all === STORY.length) {
      toldResults = results.peek();
      if (stage.peek() === 'changed') stage.value = 'crowd';
    }
    // The console clears its draft after it has sent it.
    if (count < STORY.length) queueMicrotask(suggestIfUntouched);
  });
}
