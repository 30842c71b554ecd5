// Connecting to a server: the form, why it failed and how to mend that, and what is connected.

import './live.css';
import { useSignal } from '@preact/signals';
import { dialog } from '../../app/state.js';
import { FailureText } from './failure.js';
import { address, addressOfThisServer, connectTo, disconnect, phase } from './session.js';

const OWN_PORT = /:11211\b/;

function Explanation() {
  const own = addressOfThisServer();
  return (
    <p class="muted">
      Each command that you type then goes to this tab and to the server, and you see where their replies differ.
      Nothing else is sent: no tape, no link, no lesson.
      {!own && ' It takes isocached with --http; ./dev is the script in the repository of isocache.'}
      {own && ' This page may connect to the server that it comes from, and to no other.'}
    </p>
  );
}

/** The place is there from the beginning: what comes into it is read out. */
function Failure() {
  return (
    <div class="live-failure" role="alert">
      {phase.value.kind === 'failed' && <FailureText failure={phase.value.failure} />}
    </div>
  );
}

function Form() {
  const user = useSignal('');
  const password = useSignal('');
  const busy = phase.value.kind === 'connecting';
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await connectTo({ user: user.value, password: password.value })) dialog.value = undefined;
  };
  return (
    <form class="live-form" onSubmit={submit}>
      <label class="live-address">
        Address
        <input
          class="field mono"
          type="text"
          inputMode="url"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          required
          value={address.value}
          onInput={(event) => (address.value = event.currentTarget.value)}
        />
      </label>
      {OWN_PORT.test(address.value) && (
        <p class="live-address form-error">
          11211 is the port of memcached’s own protocol, which no browser speaks. Take the port of <code>--http</code>.
        </p>
      )}
      <label>
        User, if it asks for one
        <input
          class="field"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          value={user.value}
          onInput={(event) => (user.value = event.currentTarget.value)}
        />
      </label>
      <label>
        Password
        <input
          class="field"
          type="password"
          autocomplete="off"
          value={password.value}
          onInput={(event) => (password.value = event.currentTarget.value)}
        />
      </label>
      <div class="live-buttons">
        <button type="submit" class="button primary" disabled={busy}>
          {busy ? 'Connecting…' : 'Connect'}
        </button>
      </div>
      <Failure />
    </form>
  );
}

function Connected({ url }: { readonly url: string }) {
  return (
    <div class="live-connected">
      <p>
        Connected to <code>{url}</code>. What you type in the console goes there as well.
      </p>
      <button type="button" class="button primary" onClick={disconnect}>
        Disconnect
      </button>
    </div>
  );
}

/** Inside a dialog with a heading and a close button. */
export function LiveDialog() {
  if (phase.value.kind === 'connected') return <Connected url={phase.value.url} />;
  return (
    <div class="live">
      <Explanation />
      <Form />
    </div>
  );
}
