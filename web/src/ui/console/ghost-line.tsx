// What the engine would answer, before anything is sent. The draft was played on a copy of the store.

import { say } from '../../app/actions.js';
import { draftOf } from '../../app/draft.js';
import { counted, nameOf } from '../../base/words.js';
import { player, position, tape, upcoming } from '../../app/state.js';
import { textOfStep } from '../../app/step-text.js';
import { strangerAtLength, valueLength, withLength } from '../../app/value-length.js';
import type { Draft } from '../../player/types.js';
import { Backticks } from '../parts/backticks.js';
import { ReplyText } from './reply-text.js';
import type { InputModel } from './model.js';

const ROOM = { mostLines: 3, mostBytes: 120 };
const LINE_END_BYTES = 2;

function Missing({ needBytes, model }: { readonly needBytes: number; readonly model: InputModel }) {
  const text = model.text.value;
  if (!text.includes('\n')) return <>A value follows: Enter begins it.</>;
  const value = needBytes - LINE_END_BYTES;
  const missing = value === 1 ? '1 byte is missing' : `${value} bytes are missing`;
  return <>{value > 0 ? `${missing} of the value.` : 'The line end behind the value is missing.'}</>;
}

/** Offers the right length where the value has another. */
function FillLength({ model }: { readonly model: InputModel }) {
  const text = model.text.value;
  const right = withLength(text);
  if (right === text) return null;
  const fill = () => {
    model.text.value = right;
  };
  return (
    <button type="button" class="button small" onPointerDown={(event) => event.preventDefault()} onClick={fill}>
      Fill in the length: {valueLength(text)}
    </button>
  );
}

/** As a person does who ends the line too early. */
function SendAnyway({ model }: { readonly model: InputModel }) {
  const send = () => {
    const fault = model.submit(true);
    if (fault !== undefined) say(fault);
  };
  return (
    <button
      type="button"
      class="button small"
      title="Ctrl+Enter"
      onPointerDown={(event) => event.preventDefault()}
      onClick={send}
    >
      Send anyway
    </button>
  );
}

/** "No effect here", and why. */
function effectOf({ effect }: Draft): string {
  if (effect.changed) return effect.text;
  const nothing = 'Nothing changed';
  // "Alice has a new connection; nothing changed" says it itself.
  return effect.text.startsWith(nothing) ? `no effect here${effect.text.slice(nothing.length)}` : effect.text;
}

/** "ms page hello": the value stands where its length is due. */
function Misplaced({ model }: { readonly model: InputModel }) {
  const line = model.text.value;
  const stranger = strangerAtLength(line) ?? '';
  const at = line.lastIndexOf(stranger);
  const right = withLength(`${line.slice(0, at)}0${line.slice(at + stranger.length)}\n${stranger}`);
  return (
    <>
      <span class="ghost-error">
        <code>{stranger}</code> stands where the number of bytes goes.
      </span>
      <button
        type="button"
        class="button small"
        onPointerDown={(event) => event.preventDefault()}
        onClick={() => {
          model.text.value = right;
        }}
      >
        {right.replace('\n', ' ↵ ')}
      </button>
    </>
  );
}

/** In the middle of a tape a command goes in there. */
function Place({ model }: { readonly model: InputModel }) {
  if (model.id !== 'console' || !upcoming.value) return null;
  return (
    <span class="muted">
      Goes in as step {position.value + 1}; {counted(tape.value.steps.length - position.value, 'later step')} will
      replay.
    </span>
  );
}

function Answer({ ghost, model }: { readonly ghost: Draft; readonly model: InputModel }) {
  if (ghost.error) return <span class="ghost-error">{ghost.error}</span>;
  if (ghost.incomplete && ghost.needBytes !== undefined) {
    return (
      <>
        <span>
          <Missing needBytes={ghost.needBytes} model={model} />
        </span>
        <FillLength model={model} />
        {model.text.value.includes('\n') && <SendAnyway model={model} />}
      </>
    );
  }
  return (
    <>
      <span>
        <span class="muted">would answer </span>
        {ghost.reply.length > 0 ? <ReplyText bytes={ghost.reply} room={ROOM} /> : 'nothing'}
        {ghost.closed && ' and close the connection'}
      </span>{' '}
      <span class="muted">
        <Backticks text={effectOf(ghost)} />
      </span>
      <FillLength model={model} />
    </>
  );
}

/** What Enter does while nothing is typed. */
function Idle() {
  const step = upcoming.value;
  const steps = tape.value.steps.length;
  if (!player.value) return null;
  if (!step) return <span class="muted">Type a command. You see what it would answer before you send it.</span>;
  const says = step.kind === 'send' ? `${nameOf(step.client)} sends ` : '';
  return (
    <span class="muted">
      <kbd>Enter</kbd> plays step {position.value + 1} of {steps}: {says}
      <code>{textOfStep(step)}</code>
    </span>
  );
}

export function GhostLine({ model }: { readonly model: InputModel }) {
  const ghost = model.ghost.value;
  const typed = draftOf(model.text.value, model.speaker.value);
  return (
    <div class="ghost" id={`ghost-${model.id}`}>
      {typed.kind === 'nothing' && <Idle />}
      {typed.kind === 'error' && (
        <span class="ghost-error">
          <Backticks text={typed.message} />
        </span>
      )}
      {typed.kind === 'step' && <span class="muted">A step of the tape: Enter plays it.</span>}
      {typed.kind === 'send' && ghost && (
        <>
          {strangerAtLength(model.text.value) === undefined || model.text.value.includes('\n') ? (
            <Answer ghost={ghost} model={model} />
          ) : (
            <Misplaced model={model} />
          )}
          <Place model={model} />
        </>
      )}
    </div>
  );
}
