// While a server is connected: the sign above the input that nobody can miss, what the server said to the last command,
// and the question before what cannot be undone.

import './live-bar.css';
import { useEffect, useRef } from 'preact/hooks';
import { dialog, liveEnded } from '../../app/state.js';
import type { Comparison } from '../../live/index.js';
import { FailureText } from './failure.js';
import { compared, disconnect, dropHeld, held, phase, sendHeld } from './session.js';

/** A reply of thousands of lines is not for reading here. */
const MOST_LINES = 50;

function Question() {
  const drop = useRef<HTMLButtonElement>(null);
  const question = held.value;
  useEffect(() => {
    if (question) drop.current?.focus();
  }, [question]);
  if (!question) return null;
  return (
    <div class="live-question" role="alertdialog" aria-labelledby="live-question">
      <div id="live-question">
        {question.dangers.map(({ line, say }) => (
          <p key={line}>
            <code>{line}</code> {say}.
          </p>
        ))}
      </div>
      <div class="live-buttons">
        <button type="button" class="button" ref={drop} onClick={dropHeld}>
          Do not send it
        </button>
        <button type="button" class="button live-do" onClick={sendHeld}>
          Send it to the server
        </button>
      </div>
    </div>
  );
}

function Lines({ comparison }: { readonly comparison: Comparison }) {
  return (
    <table class="live-lines">
      <thead>
        <tr>
          <th scope="col">This tab</th>
          <th scope="col">The server</th>
        </tr>
      </thead>
      <tbody>
        {comparison.lines.slice(0, MOST_LINES).map(({ tab, server, same }, at) => (
          <tr key={`line ${at}`} class={same || comparison.notCompared ? undefined : 'live-differs'}>
            <td>{tab === undefined ? <span class="muted">nothing</span> : <code>{tab}</code>}</td>
            <td>{server === undefined ? <span class="muted">nothing</span> : <code>{server}</code>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Compared() {
  const last = compared.value;
  if (!last) return <p class="muted">Each command goes to this tab and to the server.</p>;
  if (last.kind === 'waiting') return <p class="muted">Waiting for the server…</p>;
  if (last.kind === 'alone') return <p>That happened in this tab alone: a server takes commands only.</p>;
  if (last.kind === 'failed') return <FailureText failure={last.failure} />;
  const { comparison } = last;
  if (comparison.notCompared) {
    return (
      <>
        <p>{comparison.notCompared}</p>
        <Lines comparison={comparison} />
      </>
    );
  }
  if (comparison.same) return <p>The server answered the same.</p>;
  return (
    <>
      <p class="live-different">The server answered differently:</p>
      <Lines comparison={comparison} />
    </>
  );
}

/** Nobody may go on typing in the belief that a server hears it. */
function Ended() {
  const now = phase.value;
  const close = () => {
    liveEnded.value = false;
  };
  const again = () => {
    close();
    dialog.value = 'live';
  };
  return (
    <section class="live-ended" aria-label="The server">
      <div role="alert">{now.kind === 'failed' && <FailureText failure={now.failure} />}</div>
      <div class="live-buttons">
        <button type="button" class="button" onClick={again}>
          Connect again
        </button>
        <button type="button" class="button" onClick={close}>
          Go on in this tab
        </button>
      </div>
    </section>
  );
}

export function LiveBar() {
  const now = phase.value;
  if (liveEnded.value) return <Ended />;
  if (now.kind !== 'connected') return null;
  return (
    <section class="live-bar" aria-label="The server">
      <div class="live-head">
        <strong class="live-word">LIVE</strong>
        <span class="live-where">{now.url}</span>
        <button type="button" class="button small" onClick={disconnect}>
          Disconnect
        </button>
      </div>
      <div class="live-compared">
        <Compared />
      </div>
      <Question />
    </section>
  );
}
