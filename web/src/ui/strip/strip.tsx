// The words of request and reply. Hover, focus or tap one: its partners light up, and below stands what it means.

import './strip.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { clientClass } from '../../app/clients.js';
import { nameOf } from '../../base/words.js';
import { held, lit, narrow } from '../../app/state.js';
import type { Token } from '../../explain/types.js';
import { lazy } from '../parts/lazy.js';
import { Meaning } from './meaning.js';
import { subject, tokens } from './subject.js';
import { needTexts } from './texts.js';
import { TokenRow } from './token-row.js';

const Bytes = lazy(async () => (await import('./bytes.js')).Bytes);

/** The word that is explained while nobody points at one: the answer, or what was typed last. */
function defaultToken(request: readonly Token[], reply: readonly Token[]): Token | undefined {
  const shown = (list: readonly Token[]) => list.filter(({ kind }) => kind !== 'end');
  const telling = reply.find(({ kind, text }) => kind === 'mark' && /^[WZX]$/.test(text));
  return telling ?? shown(reply)[0] ?? shown(request).at(-1);
}

export function Strip() {
  const pointed = useSignal<Token | undefined>(undefined);
  const asBytes = useSignal(false);
  const { request, reply } = tokens.value;
  const about = subject.value;
  useEffect(needTexts, []);
  // What was pointed at belongs to a request that is gone.
  useEffect(() => {
    pointed.value = undefined;
    held.value = undefined;
    lit.value = undefined;
  }, [request]);
  const all = [...request, ...reply];
  const token =
    (pointed.value && all.includes(pointed.value) ? pointed.value : undefined) ?? defaultToken(request, reply);
  return (
    <section
      class={`strip ${clientClass(about?.client ?? '')}${about?.isDraft ? ' is-draft' : ''}`}
      aria-label="What each word means"
    >
      <div class="strip-head">
        <h2 class="strip-title">
          {about?.isDraft ? `${nameOf(about.client)}'s draft, word by word` : 'Word by word'}
          {about && !narrow.value && ': point at any'}
        </h2>
        <button
          type="button"
          class="button small"
          aria-pressed={asBytes.value}
          disabled={!about}
          onClick={() => (asBytes.value = !asBytes.value)}
        >
          Bytes
        </button>
      </div>
      {!about && <p class="muted strip-none">What is sent and what comes back is explained here, word by word.</p>}
      {about && asBytes.value && <Bytes request={about.request} reply={about.reply} />}
      {about && !asBytes.value && (
        <>
          <TokenRow label={about.isDraft ? 'would send' : 'sent'} tokens={request} pointed={pointed} />
          <TokenRow label={about.isDraft ? 'would get' : 'got'} tokens={reply} pointed={pointed} />
          <Meaning key={token && `${token.from} ${token.title}`} token={token} />
        </>
      )}
    </section>
  );
}
