// On a phone the last request and its reply stay in sight in every tab.

import { show } from '../../app/actions.js';
import { clientClass } from '../../app/clients.js';
import { nameOf } from '../../base/words.js';
import { current } from '../../app/state.js';
import { Answer, RequestText } from './exchange.js';

const ROOM = { mostLines: 2, mostBytes: 80 };

export function LastExchange() {
  const result = current.value;
  const who = result?.step.kind === 'send' ? result.step.client : undefined;
  return (
    <button type="button" class={`last-exchange ${clientClass(who ?? '')}`} onClick={() => show('console')}>
      <span class="unseen">The last exchange; opens the console: </span>
      {result ? (
        <>
          <span class="last-line">
            {who && <span class="who">{nameOf(who)} </span>}
            <RequestText result={result} mostLines={1} />
          </span>
          <span class="last-line">
            <Answer result={result} room={ROOM} />
          </span>
        </>
      ) : (
        <span class="muted">Nothing has been sent yet.</span>
      )}
    </button>
  );
}
