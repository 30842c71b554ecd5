// The texts of commands, flags and replies: 14 KB that come after the first screen.

import { signal } from '@preact/signals';
import { loadTexts } from '../../explain/index.js';

export const textsReady = signal(false);

/** Loads them once; without them the strip still shows what each word is. */
export function needTexts(): void {
  if (textsReady.peek()) return;
  loadTexts().then(
    () => {
      textsReady.value = true;
    },
    () => undefined,
  );
}
