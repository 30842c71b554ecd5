// Keys that work everywhere on the page, unless something is being typed.

import { useEffect } from 'preact/hooks';
import { playNext, redo, seek, show, undo } from '../../app/actions.js';
import { focusComposer } from '../../app/focus.js';
import { dialog, position, type StoreView } from '../../app/state.js';

const VIEW_KEYS: Readonly<Record<string, StoreView>> = { 1: 'items', 2: 'memory', 3: 'races', 4: 'herd', 5: 'stats' };

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.matches('textarea, input, select');

/** In an empty input there is nothing else to undo. */
const isEmpty = (target: EventTarget | null): boolean => target instanceof HTMLTextAreaElement && target.value === '';

function pressed(event: KeyboardEvent): boolean {
  const command = event.ctrlKey || event.metaKey;
  if (command && event.key.toLowerCase() === 'z' && (!typing(event.target) || isEmpty(event.target))) {
    (event.shiftKey ? redo : undo)();
    return true;
  }
  if (command || event.altKey || typing(event.target) || dialog.value) return false;
  const view = VIEW_KEYS[event.key];
  if (view) show(view);
  else if (event.key === '?') dialog.value = 'keys';
  else if (event.key === '/') focusComposer();
  else if (event.key === ',') seek(position.value - 1);
  else if (event.key === '.') playNext();
  else return false;
  return true;
}

export function useKeys(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!event.defaultPrevented && pressed(event)) event.preventDefault();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
