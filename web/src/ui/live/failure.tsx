// What went wrong, and what to do about it.

import type { LiveFailure } from '../../live/index.js';
import { Backticks } from '../parts/backticks.js';

export function FailureText({ failure }: { readonly failure: Pick<LiveFailure, 'say' | 'mends'> }) {
  return (
    <>
      <p class="form-error">
        <Backticks text={failure.say} />
      </p>
      <ul class="live-mends">
        {failure.mends.map(({ say, command }) => (
          <li key={say}>
            <Backticks text={say} />
            {command && <code class="live-command">{command}</code>}
          </li>
        ))}
      </ul>
    </>
  );
}
