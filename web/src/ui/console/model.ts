// What an input of commands is about: the console's, and the one that edits a step of the tape. Both work alike.

import type { ReadonlySignal, Signal } from '@preact/signals';
import { editStep, send } from '../../app/actions.js';
import * as state from '../../app/state.js';
import type { Draft } from '../../player/types.js';

export interface InputModel {
  /** Of the elements' ids. */
  readonly id: string;
  readonly text: Signal<string>;
  readonly speaker: Signal<string>;
  readonly ghost: ReadonlySignal<Draft | undefined>;
  /** Makes the text a step; `anyway`: even if a value is not complete. Tells why not. */
  submit(anyway: boolean): string | undefined;
}

export const consoleModel: InputModel = {
  id: 'console',
  text: state.draft,
  speaker: state.client,
  ghost: state.ghost,
  submit(anyway) {
    const fault = send(state.draft.value, state.client.value, anyway);
    if (fault === undefined) state.draft.value = '';
    return fault;
  },
};

export const editorModel: InputModel = {
  id: 'editor',
  text: state.edited,
  speaker: state.editedClient,
  ghost: state.editedGhost,
  submit(anyway) {
    const index = state.editing.value;
    return index === undefined ? undefined : editStep(index, state.edited.value, state.editedClient.value, anyway);
  },
};
