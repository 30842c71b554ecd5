// A native textarea with suggestions: it grows with its lines, and Tab always leaves it.

import type { RefObject } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect, useImperativeHandle, useRef } from 'preact/hooks';
import { registerComposer } from '../../app/focus.js';
import { suggest } from '../../app/suggest.js';
import { clientClass } from '../../app/clients.js';
import { Chips } from './chips.js';
import { useInputKeys } from './input-keys.js';
import { knownKeys } from './known-keys.js';
import type { InputModel } from './model.js';
import { placeholderOf } from './placeholder.js';

export interface InputHandle {
  /** As if Enter was pressed. */
  enter(anyway: boolean): void;
}

interface Props {
  readonly model: InputModel;
  readonly handle: RefObject<InputHandle | null>;
  /** Escape was pressed and nothing else was open. */
  readonly onLeave?: () => void;
}

/** Browsers without field-sizing: the height follows the text. */
function fit(area: HTMLTextAreaElement): void {
  if (CSS.supports('field-sizing', 'content')) return;
  area.style.height = 'auto';
  area.style.height = `${area.scrollHeight}px`;
}

export function CommandInput({ model, handle, onLeave }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const caret = useSignal(0);
  const chosen = useSignal<number | undefined>(undefined);
  const text = model.text.value;
  const isConsole = model.id === 'console';
  const options = suggest(text, Math.min(caret.value, text.length), {
    keys: knownKeys.value,
    otherSteps: isConsole && text.length < 6,
  });
  const keys = useInputKeys({ model, area, caret, chosen, options, onLeave });
  useImperativeHandle(handle, () => ({ enter: keys.enter }));
  useEffect(() => {
    if (isConsole) registerComposer(area.current ?? undefined);
    return () => isConsole && registerComposer(undefined);
  }, []);
  useEffect(() => {
    if (area.current) fit(area.current);
  }, [text]);
  const listId = `chips-${model.id}`;
  return (
    <div class={`command-input ${clientClass(model.speaker.value)}`}>
      <textarea
        ref={area}
        class="command-text mono"
        aria-label={isConsole ? 'Command' : 'The step'}
        aria-describedby={`ghost-${model.id}`}
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={chosen.value === undefined ? undefined : `${listId}-${chosen.value}`}
        rows={1}
        value={text}
        placeholder={isConsole ? placeholderOf() : ''}
        spellcheck={false}
        autocapitalize="none"
        autocomplete="off"
        enterkeyhint="send"
        onInput={keys.input}
        onKeyDown={keys.down}
        onSelect={keys.selected}
        onBlur={() => {
          chosen.value = undefined;
        }}
      />
      <Chips id={listId} options={options} chosen={chosen.value} hidden={text.includes('\n')} take={keys.take} />
    </div>
  );
}
