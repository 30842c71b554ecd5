import { clientClass } from '../../app/clients.js';
import { nameOf } from '../../base/words.js';
import { textOfStep } from '../../app/step-text.js';
import { Icon } from '../parts/icon.js';
import type { Step } from '../../tape/types.js';

interface Props {
  readonly step: Step;
  readonly index: number;
  readonly left: number;
  readonly played: boolean;
  readonly isCurrent: boolean;
}

/** What a tick shows: the client's initial and the command, or what kind of step it is. */
function face(step: Step): { above: string; below: string } {
  if (step.kind === 'send') {
    const verb = /^[\w+-]{1,4}/.exec(String.fromCharCode(...step.bytes.subarray(0, 4)))?.[0] ?? '…';
    return { above: step.client.slice(0, 1).toUpperCase(), below: verb };
  }
  if (step.kind === 'wait') return { above: '+', below: textOfStep(step).slice(1) };
  if (step.kind === 'note') return { above: '#', below: 'note' };
  return { above: step.kind === 'fill' ? '≡' : '−', below: step.kind };
}

export function Tick({ step, index, left, played, isCurrent }: Props) {
  const { above, below } = face(step);
  const who = step.kind === 'send' ? `${nameOf(step.client)}: ` : '';
  const name = `Step ${index + 1}. ${who}${textOfStep(step)}`;
  return (
    <div
      role="option"
      id={`tick-${index}`}
      class={`tick is-${step.kind} ${clientClass(step.kind === 'send' ? step.client : '')}${played ? ' is-played' : ''}`}
      aria-selected={isCurrent}
      title={name}
      style={{ left: `${left}px` }}
    >
      <span class="unseen">{name}</span>
      <span class="tick-above" aria-hidden="true">
        {above}
      </span>
      <span class="tick-below" aria-hidden="true">
        {below}
      </span>
    </div>
  );
}

/** The beginning of the tape, where nothing is stored. */
export function StartTick({ isCurrent }: { readonly isCurrent: boolean }) {
  return (
    <div
      role="option"
      id="tick--1"
      class="tick is-start of-other"
      aria-selected={isCurrent}
      aria-label="The beginning"
      title="The beginning"
    >
      <Icon name="start" />
    </div>
  );
}
