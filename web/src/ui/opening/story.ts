// The first thirty seconds as data: what is said, and what Enter sends next.

import { draftOf } from '../../app/draft.js';
import type { Step } from '../../tape/types.js';

export interface Beat {
  /** Said while this beat's command waits in the draft. */
  readonly say: string;
  /** Why; codes in backticks. */
  readonly why: string;
  readonly client: string;
  /** The command as it stands in the draft. */
  readonly draft: string;
}

export const STORY: readonly Beat[] = [
  {
    say: 'A key is missing. Two clients ask.',
    why: 'Alice is first. `N30` says: if it is missing, I load it; hold it for me for 30 s.',
    client: 'alice',
    draft: 'mg page v N30',
  },
  {
    say: 'Alice wins.',
    why: '`W`: she alone loads the page from the origin. A moment later Bob asks the same.',
    client: 'bob',
    draft: 'mg page v N30',
  },
  {
    say: 'Bob waits.',
    why: '`Z`: somebody is loading it already. Now Alice comes back with the page.',
    client: 'alice',
    draft: 'ms page 5\nhello',
  },
  {
    say: 'Alice sets it.',
    why: '`HD`: it is stored. Bob asks again.',
    client: 'bob',
    draft: 'mg page v',
  },
];

const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((byte, at) => byte === b[at]);

const tells = (step: Step, { client, draft }: Beat): boolean => {
  const typed = draftOf(draft, client);
  return step.kind === 'send' && typed.kind === 'send' && step.client === client && same(step.bytes, typed.bytes);
};

/** The places in a tape where the story's beats are, in order: whatever stands between them is no matter. */
export function told(steps: readonly Step[]): number[] {
  const places: number[] = [];
  for (const [at, step] of steps.entries()) {
    const beat = STORY[places.length];
    if (beat && tells(step, beat)) places.push(at);
  }
  return places;
}

/** The change of the first beat that the story invites to. */
export const CHANGE = { from: 'mg page v N30', to: 'mg page v' };
