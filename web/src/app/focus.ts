// Where the person types. The console tells which element it is; others ask to go there.

import { show } from './actions.js';
import { client, draft, narrow } from './state.js';

let composer: HTMLTextAreaElement | undefined;

export function registerComposer(element: HTMLTextAreaElement | undefined): void {
  composer = element;
}

/** Focuses the console's input. `text`: puts that there; `select`: selects all of it. */
export function focusComposer(options: { text?: string; client?: string; select?: boolean } = {}): void {
  if (narrow.value) show('console');
  if (options.client !== undefined) client.value = options.client;
  if (options.text !== undefined) draft.value = options.text;
  // After the page shows the text.
  setTimeout(() => {
    composer?.focus();
    if (options.select) composer?.select();
    else composer?.setSelectionRange(composer.value.length, composer.value.length);
  });
}
