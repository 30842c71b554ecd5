// What can be done with the tape. Each action replaces the tape, lets the player replay from the first step that
// differs, and says what happened in the status line.

import { batch } from '@preact/signals';
import { MAX_TAPE_BYTES } from '../tape/limits.js';
import { escapeBytes } from '../base/escape.js';
import { parseTape } from '../tape/parse.js';
import { Totals } from '../tape/totals.js';
import type { Step, Tape } from '../tape/types.js';
import { writeTape } from '../tape/write.js';
import { draftOf } from './draft.js';
import { History } from './history.js';
import * as state from './state.js';
import { textOfStep } from './step-text.js';
import { remember } from './storage.js';

const history = new History();

const TOO_LONG = `A tape has at most ${MAX_TAPE_BYTES / 1024} KB of text: use \`fill\` for long values.`;

/** Says a sentence where everybody sees it and a screen reader hears it. */
export function say(text: string): void {
  state.status.value = text;
}

/** Shows what the player holds now. */
function publish(): void {
  const player = state.player.value;
  if (!player) return;
  batch(() => {
    state.tape.value = player.tape;
    state.results.value = [...player.results];
    state.position.value = player.position;
    state.revision.value++;
    state.undoable.value = history.canUndo;
    state.redoable.value = history.canRedo;
  });
}

function markUnseen(): void {
  const shown = state.pane.value;
  const changed: state.Pane[] = ['console', 'items', 'memory', 'stats'];
  state.unseen.value = new Set([...state.unseen.value, ...changed.filter((pane) => pane !== shown)]);
}

const now = () => ({ tape: state.tape.value, position: state.position.value });

/** Replaces the tape and stands after `position` steps. `kind`: see History.record(). */
function replace(tape: Tape, position: number, kind?: string): void {
  const player = state.player.value;
  if (!player) return;
  history.record(now(), kind);
  player.load(tape);
  player.seek(Math.min(position, tape.steps.length));
  publish();
  markUnseen();
}

const withSteps = (steps: readonly Step[]): Tape => ({ ...state.tape.value, steps });
const replaced = (steps: readonly Step[], index: number, step: Step): Step[] =>
  steps.map((old, at) => (at === index ? step : old));

/** Whether these steps are a tape that can be read back: from a reload, a file, a link. Says why they are not. */
function fits(steps: readonly Step[]): boolean {
  const totals = new Totals();
  let fault: string | undefined;
  for (const step of steps) fault ??= totals.add(step);
  if (writeTape(withSteps(steps)).length > MAX_TAPE_BYTES) fault ??= TOO_LONG;
  if (fault !== undefined) say(fault);
  return fault === undefined;
}

const count = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`;
/** With a full stop, so that another sentence can follow. */
const sentence = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);
const effectText = (): string => state.current.value?.error ?? state.current.value?.effect.text ?? '';

/** The tape that the page begins with: there is nothing before it to undo. Tells why a text is no tape. */
export function beginWith(tape: Tape | string, position: number): string | undefined {
  const player = state.player.value;
  const parsed = typeof tape === 'string' ? parseTape(tape) : { tape };
  if (parsed.error) return parsed.error.message;
  player?.load(parsed.tape);
  player?.seek(Math.max(0, Math.min(Math.trunc(position) || 0, parsed.tape.steps.length)));
  publish();
  return undefined;
}

/** Another tape: an example, a lesson's, one from a link. It can be undone. `position`: the beginning if left out. */
export function openTape(tape: Tape | string, position = 0): string | undefined {
  const parsed = typeof tape === 'string' ? parseTape(tape) : { tape };
  if (parsed.error) return `Line ${parsed.error.line}: ${parsed.error.message}`;
  closeEditor();
  replace(parsed.tape, position);
  const title = parsed.tape.title === undefined ? 'A tape' : `“${parsed.tape.title}”`;
  say(`${title} of ${count(parsed.tape.steps.length, 'step')} is open. Undo brings back the one before.`);
  return undefined;
}

/** Puts steps in after the step that is shown; later ones replay behind it. Tells whether there was room for them. */
export function addSteps(steps: readonly Step[], kind?: string): boolean {
  const { steps: old } = state.tape.value;
  const at = state.position.value;
  const later = old.length - at;
  const all = [...old.slice(0, at), ...steps, ...old.slice(at)];
  if (!fits(all)) return false;
  replace(withSteps(all), at + steps.length, kind);
  const inserted = later > 0 ? ` Inserted as step ${at + 1}; ${count(later, 'later step')} replayed after it.` : '';
  say(inserted === '' ? effectText() : sentence(effectText()) + inserted);
  return true;
}

/** What is typed becomes a step. `anyway`: even if a value is not complete. Tells why not. */
export function send(text: string, speaker: string, anyway = false): string | undefined {
  const typed = draftOf(text, speaker, anyway);
  if (typed.kind === 'nothing') return undefined;
  if (typed.kind === 'error') return typed.message;
  const step: Step = typed.kind === 'step' ? typed.step : { kind: 'send', client: typed.client, bytes: typed.bytes };
  if (state.guard.value?.(step) === false) return state.status.value;
  return addSteps([step]) ? undefined : state.status.value;
}

/** Time passes. At the end of a wait that has just been added, the wait becomes longer instead. */
export function wait(seconds: number, grow = false): boolean {
  const { steps } = state.tape.value;
  const at = state.position.value;
  const last = steps[at - 1];
  if (!grow || last?.kind !== 'wait') return addSteps([{ kind: 'wait', seconds }], grow ? 'wait' : undefined);
  const longer: Step = { kind: 'wait', seconds: last.seconds + seconds };
  const all = replaced(steps, at - 1, longer);
  if (!fits(all)) return false;
  const touched = state.current.value?.effect.keys.length ?? 0;
  replace(withSteps(all), at, 'wait');
  // Not every second: only if something has expired meanwhile.
  if ((state.current.value?.effect.keys.length ?? 0) > touched) say(effectText());
  return true;
}

/** Shows the store after that many steps. */
export function seek(position: number): void {
  const player = state.player.value;
  const target = Math.max(0, Math.min(position, state.tape.value.steps.length));
  if (!player || target === state.position.value) return;
  closeEditor();
  player.seek(target);
  publish();
  say(target === 0 ? 'The beginning of the tape: nothing is stored.' : effectText());
}

/** Plays the next step of the tape. Tells whether there was one. */
export function playNext(): boolean {
  if (!state.upcoming.value) return false;
  seek(state.position.value + 1);
  markUnseen();
  return true;
}

/** Opens the editor for a step, counted from 0. The store is shown as it was before that step. */
export function openEditor(index: number): void {
  const step = state.tape.value.steps[index];
  if (!step) return;
  seek(index);
  batch(() => {
    state.editing.value = index;
    state.edited.value = textOfStep(step);
    if (step.kind === 'send') state.editedClient.value = step.client;
  });
  say(`Editing step ${index + 1}. The store is shown as it was before that step.`);
}

export function closeEditor(): void {
  state.editing.value = undefined;
}

/** The text becomes step `index`, and everything after it replays. Tells why not. */
export function editStep(index: number, text: string, speaker: string, anyway = false): string | undefined {
  const typed = draftOf(text, speaker, anyway);
  if (typed.kind === 'nothing') return 'An empty step: delete it instead.';
  if (typed.kind === 'error') return typed.message;
  const step: Step = typed.kind === 'step' ? typed.step : { kind: 'send', client: typed.client, bytes: typed.bytes };
  const { steps } = state.tape.value;
  if (!steps[index]) return undefined;
  const all = replaced(steps, index, step);
  if (!fits(all)) return state.status.value;
  closeEditor();
  const before = state.results.value.slice(index + 1).map(({ reply }) => escapeBytes(reply));
  replace(withSteps(all), steps.length);
  say(`Step ${index + 1} is changed${replayed(before, index + 1)}.`);
  return undefined;
}

/** ", 3 later steps replayed, 2 of them with another reply". */
function replayed(before: readonly string[], from: number): string {
  if (before.length === 0) return '';
  const after = state.results.value.slice(from);
  const other = after.filter(({ reply }, at) => escapeBytes(reply) !== before[at]).length;
  const how = other === 0 ? 'with the same replies' : `${other} of them with another reply`;
  return `, and ${count(before.length, 'later step')} replayed, ${how}`;
}

export function removeStep(index: number): void {
  const { steps } = state.tape.value;
  if (!steps[index]) return;
  closeEditor();
  const at = state.position.value;
  replace(withSteps(steps.filter((_, at) => at !== index)), index < at ? at - 1 : at);
  say(`Step ${index + 1} is deleted. Undo brings it back.`);
}

function move(to: 'undo' | 'redo'): void {
  const player = state.player.value;
  const moment = history[to](now());
  if (!player || !moment) return;
  closeEditor();
  player.load(moment.tape);
  player.seek(moment.position);
  publish();
  say(to === 'undo' ? 'Undone.' : 'Done again.');
}

export const undo = (): void => move('undo');
export const redo = (): void => move('redo');

/** Shows a pane; on a desktop the console and lessons are there anyway. */
export function show(pane: state.Pane): void {
  batch(() => {
    state.pane.value = pane;
    if (pane === 'lessons') state.lessonsOpen.value = true;
    else if (pane !== 'console') state.view.value = pane;
    state.unseen.value = new Set([...state.unseen.value].filter((other) => other !== pane));
  });
}

export function setTheme(theme: state.Theme): void {
  state.theme.value = theme;
  if (theme === 'auto') document.documentElement.removeAttribute('data-theme');
  else document.documentElement.dataset.theme = theme;
  remember('local', 'theme', theme === 'auto' ? undefined : theme);
}
