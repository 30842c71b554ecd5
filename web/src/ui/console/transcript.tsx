// Each step that was played: what was sent, what came back, what it did.

import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { position, results } from '../../app/state.js';
import { Exchange } from './exchange.js';
import { NothingYet } from './nothing-yet.js';

/** How many steps are shown at once; earlier ones on request. */
const SHOWN = 50;

export function Transcript() {
  const list = useRef<HTMLDivElement>(null);
  const more = useSignal(0);
  const end = position.value;
  const begin = Math.max(0, end - SHOWN - more.value);
  const played = results.value.slice(begin, end);
  const later = results.value.length - end;
  useLayoutEffect(() => {
    // The bottom, where the newest exchange is: see console.css.
    if (list.current) list.current.scrollTop = 0;
  }, [end, results.value]);
  return (
    <div ref={list} class="transcript scroll" role="log" aria-live="off" aria-label="Exchanges" tabIndex={0}>
      <div class="transcript-rows">
        <NothingYet />
        {begin > 0 && (
          <button type="button" class="button plain" onClick={() => (more.value += SHOWN)}>
            {begin} earlier steps: show more
          </button>
        )}
        {played.map((result, index) => (
          <Exchange key={begin + index} result={result} index={begin + index} />
        ))}
        {later > 0 && end > 0 && (
          <p class="muted later">{later === 1 ? '1 later step is' : `${later} later steps are`} on the tape.</p>
        )}
      </div>
    </div>
  );
}
