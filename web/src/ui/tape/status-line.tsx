import { status } from '../../app/state.js';
import { Backticks } from '../parts/backticks.js';

/** The page's one polite line: what the last step did, or what the page did. */
export function StatusLine() {
  return (
    <p class="status" role="status" aria-live="polite">
      <span key={status.value}>
        <Backticks text={status.value} />
      </span>
    </p>
  );
}
