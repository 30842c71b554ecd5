// The address that opens this tape.

import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { say } from '../../app/actions.js';
import { type StoreView, tape, view } from '../../app/state.js';
import { number } from '../../base/words.js';
import { writeLink } from '../../share/links.js';
import type { LinkOptions, WrittenLink } from '../../share/types.js';
import { COPY_WORDS, copyField } from './copy.js';

const VIEWS: readonly { readonly id: StoreView; readonly title: string }[] = [
  { id: 'items', title: 'the items' },
  { id: 'memory', title: 'the memory' },
  { id: 'races', title: 'the races' },
  { id: 'herd', title: 'the 200 clients' },
  { id: 'stats', title: 'the stats' },
];

/** Where the link works, if not everywhere. */
function whereItWorks(): string {
  if (location.protocol === 'file:') {
    return 'This page is a file, so the link opens it only on this device. For others, save the tape as a file.';
  }
  if (/^(localhost|127\.|\[::1\])/.test(location.hostname)) {
    return 'This page is served by your own machine, so others cannot open the link. Save the tape as a file for them.';
  }
  return '';
}

/** Its policy lets no other page have it in a frame. */
const servedByIsocached = (): boolean => document.documentElement.dataset.server === 'isocached';

function Options({ opens, embed }: { readonly opens: Signal<StoreView>; readonly embed: Signal<boolean> }) {
  return (
    <div class="share-options">
      <div class="share-option">
        <label for="share-opens">It opens</label>
        <select
          id="share-opens"
          class="field"
          value={opens.value}
          onChange={(event) => (opens.value = event.currentTarget.value as StoreView)}
        >
          {VIEWS.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </div>
      <label class="share-option" hidden={servedByIsocached()}>
        <input
          type="checkbox"
          checked={embed.value}
          onChange={(event) => (embed.value = event.currentTarget.checked)}
        />
        <span>without header and lessons, for a frame in another page</span>
      </label>
    </div>
  );
}

/** The link, written anew whenever tape or options change; undefined until the first one is there. */
function useLink(opens: Signal<StoreView>, embed: Signal<boolean>) {
  const link = useSignal<WrittenLink | undefined>(undefined);
  useSignalEffect(() => {
    const options: LinkOptions = { ...(opens.value !== 'items' && { view: opens.value }), embed: embed.value };
    let late = false;
    writeLink(location.href, tape.value, options).then((written) => {
      if (!late) link.value = written;
    });
    return () => {
      late = true;
    };
  });
  return link;
}

export function ShareLink() {
  const opens = useSignal<StoreView>(view.peek());
  const embed = useSignal(false);
  const link = useLink(opens, embed);
  const href = useComputed(() => (link.value && 'href' in link.value ? link.value.href : ''));
  const field = useRef<HTMLInputElement>(null);
  const copied = useSignal('');
  const copy = async () => {
    if (!field.current) return;
    copied.value = COPY_WORDS[await copyField(field.current)];
    say(copied.value);
  };
  const where = whereItWorks();
  return (
    <section aria-labelledby="share-link">
      <h3 id="share-link">A link</h3>
      <p class="muted">The tape is in the address itself. Nothing is uploaded, and nobody else is told.</p>
      <div class="share-row">
        <input
          ref={field}
          class="field mono"
          readOnly
          aria-label="Link"
          value={href.value}
          onFocus={(event) => event.currentTarget.select()}
        />
        <button type="button" class="button primary" disabled={!href.value} onClick={copy}>
          Copy
        </button>
      </div>
      {link.value?.error ? (
        <p class="form-error" role="alert">
          {link.value.error}
        </p>
      ) : (
        <p class="share-note muted">
          {number(href.value.length)} characters. {where} <strong>{copied.value}</strong>
        </p>
      )}
      <Options opens={opens} embed={embed} />
    </section>
  );
}
