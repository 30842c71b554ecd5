// An earlier step, opened in the console's place: it works as the console does, and everything after it replays.

import { useEffect, useRef } from 'preact/hooks';
import { closeEditor, removeStep, say } from '../../app/actions.js';
import { editing, tape } from '../../app/state.js';
import { CommandInput, type InputHandle } from './command-input.js';
import { GhostLine } from './ghost-line.js';
import { editorModel } from './model.js';
import { Speakers } from './speakers.js';

function later(count: number): string {
  if (count === 0) return 'the last step';
  return count === 1 ? '1 step after it replays' : `${count} steps after it replay`;
}

function leave(): void {
  closeEditor();
  say('The step is as it was.');
}

export function StepEditor() {
  const input = useRef<InputHandle>(null);
  const box = useRef<HTMLElement>(null);
  const index = editing.value ?? 0;
  const { steps } = tape.value;
  useEffect(() => {
    const opener = document.activeElement;
    const area = box.current?.querySelector('textarea');
    area?.focus();
    area?.select();
    return () => opener instanceof HTMLElement && opener.isConnected && opener.focus();
  }, []);
  return (
    <section ref={box} class="composer is-editor" aria-label={`Edit step ${index + 1}`}>
      <div class="editor-head">
        <h2>Step {index + 1}</h2>
        <p class="muted">{later(steps.length - index - 1)}</p>
        <button type="button" class="button plain small" onClick={() => removeStep(index)}>
          Delete
        </button>
        <button type="button" class="button small" onClick={leave}>
          Cancel
        </button>
      </div>
      <div class="composer-row">
        {steps[index]?.kind === 'send' && <Speakers model={editorModel} />}
        <CommandInput model={editorModel} handle={input} onLeave={leave} />
        <button
          type="button"
          class="button primary replay"
          title="Change the step and replay (Enter)"
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => input.current?.enter(false)}
        >
          Replay
        </button>
      </div>
      <GhostLine model={editorModel} />
    </section>
  );
}
