import { elapsed } from '../../app/format.js';
import { current, speed } from '../../app/state.js';
import { jumpToExpiry, play } from '../../app/time.js';
import { wait } from '../../app/actions.js';
import { START_MS } from '../../tape/limits.js';
import { Icon } from '../parts/icon.js';

/** The tape's clock; lets time pass. */
export function TimeControls() {
  const now = current.value?.now ?? START_MS;
  const running = speed.value;
  return (
    <fieldset class="time" aria-label="Time">
      <span class="clock number" title="Time on the tape">
        <Icon name="clock" /> {elapsed(now - START_MS)}
      </span>
      <button
        type="button"
        class="button plain icon"
        aria-label={running === 0 ? 'Let time pass' : 'Stop time'}
        title={running === 0 ? 'Let time pass' : 'Stop time'}
        onClick={() => play(running === 0 ? 1 : 0)}
      >
        <Icon name={running === 0 ? 'play' : 'pause'} />
      </button>
      <button
        type="button"
        class="button plain"
        aria-pressed={running === 60}
        title="A minute each second"
        onClick={() => play(running === 60 ? 1 : 60)}
      >
        ×60
      </button>
      <button type="button" class="button plain" title="One second passes" onClick={() => wait(1)}>
        +1 s
      </button>
      <button type="button" class="button plain" title="Time passes until an item expires" onClick={jumpToExpiry}>
        <Icon name="skip" /> expiry
      </button>
    </fieldset>
  );
}
