// An empty tape: a few commands to begin with.

import { focusComposer } from '../../app/focus.js';
import { opening, player, tape } from '../../app/state.js';

const EXAMPLES = [
  ['mg page v', 'Ask for a page that is not there'],
  ['ms page 5\nhello', 'Store one'],
  ['mg page v N30', 'Ask, and make it yourself if it is missing'],
  ['fill user: 300 4096', 'Fill the memory and watch eviction choose'],
] as const;

/** Nothing while the story is told: it says what to do. */
export function NothingYet() {
  if (!player.value || opening.value === 'on' || tape.value.steps.length > 0) return null;
  return (
    <div class="nothing-yet">
      <p class="muted">An empty cache. Try one of these, or anything else:</p>
      <ul>
        {EXAMPLES.map(([text, what]) => (
          <li key={text}>
            <button type="button" class="chip" onClick={() => focusComposer({ text })}>
              <code>{text.split('\n').join(' ↵ ')}</code> <span class="muted">{what}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
