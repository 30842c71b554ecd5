import { openEditor } from '../../app/actions.js';
import { clientClass } from '../../app/clients.js';
import { counted, nameOf } from '../../base/words.js';
import type { Room } from '../../app/readable.js';
import { textOfStep } from '../../app/step-text.js';
import type { StepResult } from '../../player/types.js';
import { Backticks } from '../parts/backticks.js';
import { Icon } from '../parts/icon.js';
import { ReplyText } from './reply-text.js';

const MOST_REQUEST_LINES = 8;
const ROOM = { mostLines: 12, mostBytes: 400 };

interface Props {
  readonly result: StepResult;
  readonly index: number;
}

/** The first lines of what was sent. */
export function RequestText({ result, mostLines }: { readonly result: StepResult; readonly mostLines: number }) {
  const lines = textOfStep(result.step).split('\n');
  const more = lines.length - mostLines;
  return (
    <code class="request-text">
      {lines.slice(0, mostLines).join('\n')}
      {more > 0 && <span class="muted">{`\n… ${counted(more, 'more line')}`}</span>}
    </code>
  );
}

/** What came back; nothing for steps that no client sent. */
export function Answer({ result, room }: { readonly result: StepResult; readonly room: Room }) {
  if (result.error) return <span class="ghost-error">{result.error}</span>;
  if (result.step.kind !== 'send') return null;
  if (result.reply.length === 0) return <span class="muted">no reply</span>;
  return <ReplyText bytes={result.reply} room={room} />;
}

export function Exchange({ result, index }: Props) {
  const { step, effect } = result;
  const who = step.kind === 'send' ? step.client : undefined;
  return (
    <article class={`exchange ${clientClass(who ?? '')}`} aria-label={`Step ${index + 1}`}>
      <div class="exchange-head">
        <span class="who">
          {who ? nameOf(who) : step.kind === 'wait' ? 'Time' : step.kind === 'note' ? 'Note' : 'Store'}
        </span>
        <RequestText result={result} mostLines={MOST_REQUEST_LINES} />
        <button
          type="button"
          class="button plain icon small edit"
          aria-label={`Edit step ${index + 1}`}
          title={`Edit step ${index + 1}`}
          onClick={() => openEditor(index)}
        >
          <Icon name="edit" />
        </button>
      </div>
      {who && (
        <div class="exchange-reply">
          <Answer result={result} room={ROOM} />
          {result.closed && <span class="muted"> and closed the connection</span>}
        </div>
      )}
      {step.kind !== 'note' && !result.error && (
        <p class="effect muted">
          <Backticks text={effect.text} />
        </p>
      )}
    </article>
  );
}
