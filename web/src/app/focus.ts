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
  // At once if it is there: what is typed next must find it so. On a phone it may only come with the console.
  if (composer) point(composer, options);
  else setTimeout(() => composer && point(composer, options));
}

function point(area: HTMLTextAreaElement, { text, select }: { text?: string; select?: boolean }): void {
  if (text !== undefined) area.value = text;
  area.focus();
  area.setSelectionRange(select ? 0 : area.value.length, area.value.length);
}
