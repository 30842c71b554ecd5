// The tape: what happened is its steps, and each of them can be gone back to, changed, deleted.

import './tape.css';
import { embed } from '../../app/state.js';
import { StatusLine } from './status-line.js';
import { TimeControls } from './time-controls.js';
import { Track } from './track.js';
import { GoBack, GoOn, StepButtons } from './transport.js';

/** This page's address, not for a frame. */
function wholePage(): string {
  const url = new URL(location.href);
  url.searchParams.delete('embed');
  return url.href;
}

export function TapeBar() {
  return (
    <section class="tape" aria-label="Tape">
      <StatusLine />
      <div class="tape-row">
        <GoBack />
        <Track />
        <GoOn />
        <StepButtons />
        <TimeControls />
        {embed.value && (
          <a class="button plain open-all" href={wholePage()} target="_blank" rel="noreferrer">
            Open the playground
          </a>
        )}
      </div>
    </section>
  );
}
