// A tape and what came of it, as the rows of a sequence diagram: who says what to the cache, what it answers, what a
// client does by itself, and the time between.

import { duration, number } from '../../base/words.js';
import type { StepResult } from '../../player/types.js';
import type { SendStep, Step } from '../../tape/types.js';
import { showReply, showRequest } from './short.js';

export type Row =
  | { kind: 'exchange'; at: number; client: string; request: string; reply: string; effect: string; error: boolean }
  /** A client does something without the cache. */
  | { kind: 'alone'; at: number; client: string; text: string; effect: string }
  | { kind: 'gap' | 'store' | 'note'; at: number; text: string; effect: string };

/** The clients of a tape by name: each has a lane. */
export function lanesOf(steps: readonly Step[]): string[] {
  const lanes = new Set<string>();
  for (const step of steps) if (step.kind === 'send') lanes.add(step.client);
  return [...lanes].sort();
}

const SENTENCE = /^(\S+) (.+)$/s;

/** "alice reads the database: old" is hers; other notes are everybody's. */
function noteRow(text: string, at: number, clients: ReadonlySet<string>): Row {
  const [, who = '', what = ''] = SENTENCE.exec(text) ?? [];
  if (clients.has(who)) return { kind: 'alone', at, client: who, text: what, effect: '' };
  return { kind: 'note', at, text, effect: '' };
}

function exchangeRow(step: SendStep, at: number, result: StepResult | undefined, effect: string): Row {
  const request = showRequest(step.bytes);
  const reply = result ? showReply(result.reply) : '';
  return { kind: 'exchange', at, client: step.client, request, reply, effect, error: result?.error !== undefined };
}

/** One row a step, of the steps from `from` to before `to`. A step without a result has not run yet. */
export function rowsOf(steps: readonly Step[], results: readonly StepResult[], from = 0, to = steps.length): Row[] {
  const clients = new Set(lanesOf(steps));
  return steps.slice(from, to).map((step, index): Row => {
    const at = from + index;
    const result = results[at];
    const effect = result?.error ?? result?.effect.text ?? '';
    if (step.kind === 'send') return exchangeRow(step, at, result, effect);
    if (step.kind === 'note') return noteRow(step.text, at, clients);
    if (step.kind === 'wait') return { kind: 'gap', at, text: `${duration(step.seconds)} later`, effect };
    if (step.kind === 'evict') return { kind: 'store', at, text: 'One segment is evicted', effect };
    return { kind: 'store', at, text: `${number(step.count)} items ${step.prefix}… are stored`, effect };
  });
}
