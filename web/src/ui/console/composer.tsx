// Where commands are typed: who speaks, the input, what the engine would answer, and what could come next.

import './composer.css';
import { useRef } from 'preact/hooks';
import { draft, editing, live, liveEnded, narrow, pane } from '../../app/state.js';
import { lazy } from '../parts/lazy.js';
import { CommandInput, type InputHandle } from './command-input.js';
import { GhostLine } from './ghost-line.js';
import { consoleModel } from './model.js';
import { StepEditor } from './step-editor.js';
import { SendButton } from './send-button.js';
import { Speakers } from './speakers.js';

const LiveBar = lazy(async () => (await import('../live/live-bar.js')).LiveBar);

/** The console's input, or in its place the step that is being edited. */
export function Composer() {
  return editing.value === undefined ? <ConsoleInput /> : <StepEditor key={editing.value} />;
}

function ConsoleInput() {
  const input = useRef<InputHandle>(null);
  // On a phone another pane has the room of suggestions and ghost, until somebody types.
  const isQuiet = narrow.value && pane.value !== 'console' && draft.value === '';
  return (
    <section class={isQuiet ? 'composer is-quiet' : 'composer'} aria-label="Console input">
      {(live.value || liveEnded.value) && <LiveBar />}
      <div class="composer-row">
        <Speakers model={consoleModel} />
        <CommandInput model={consoleModel} handle={input} />
        <SendButton model={consoleModel} onSend={() => input.current?.enter(false)} />
      </div>
      <GhostLine model={consoleModel} />
    </section>
  );
}
