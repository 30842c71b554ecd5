// The exchanges so far, the input, and under it what each word of request and reply means.

import './console.css';
import { draft, narrow } from '../../app/state.js';
import { Opening } from '../opening/opening.js';
import { lazy } from '../parts/lazy.js';
import { Composer } from './composer.js';
import { Transcript } from './transcript.js';

/** Its room is kept while it is loaded. */
const Strip = lazy(async () => (await import('../strip/strip.js')).Strip);

export function Console() {
  return (
    <section class={draft.value === '' ? 'pane console' : 'pane console is-drafting'} aria-label="Console">
      <Opening />
      <Transcript />
      {!narrow.value && <Composer />}
      <div class="strip-room">
        <Strip />
      </div>
    </section>
  );
}
