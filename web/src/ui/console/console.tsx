// The exchanges so far, the input, and under it what each word of request and reply means.

import './console.css';
import { narrow } from '../../app/state.js';
import { Opening } from '../opening/opening.js';
import { Strip } from '../strip/strip.js';
import { Composer } from './composer.js';
import { Transcript } from './transcript.js';

export function Console() {
  return (
    <section class="pane console" aria-label="Console">
      <Opening />
      <Transcript />
      {!narrow.value && <Composer />}
      <Strip />
    </section>
  );
}
