import type { Signal } from '@preact/signals';
import { held, lit } from '../../app/state.js';
import { bytesOf, counted } from '../../base/words.js';
import type { Token } from '../../explain/types.js';

interface Props {
  readonly label: string;
  readonly tokens: readonly Token[];
  readonly pointed: Signal<Token | undefined>;
}

const END_SHOWN = '↵';
const LONGEST = 32;
/** Nobody reads more words than these in a row. */
const MOST_TOKENS = 120;

/** A long value is told by its beginning and its length. */
function faceOf({ kind, text, from, to }: Token): string {
  if (kind === 'end') return END_SHOWN;
  return kind !== 'error' && text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${bytesOf(to - from)})` : text;
}

/** One stop of Tab; arrows go from word to word. */
function move(event: KeyboardEvent): void {
  const delta = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (delta === undefined || !(event.target instanceof HTMLElement)) return;
  const words = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.token')];
  const next = words[words.indexOf(event.target) + delta];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

export function TokenRow({ label, tokens, pointed }: Props) {
  const partner = lit.value ?? held.value;
  const point = (token: Token) => {
    pointed.value = token;
    lit.value = token.partner;
  };
  const inTabOrder = Math.max(0, pointed.value ? tokens.indexOf(pointed.value) : 0);
  return (
    <div class="token-row">
      <span class="token-label muted">{label}</span>
      <fieldset class="tokens" aria-label={label} onKeyDown={move} onMouseLeave={() => (lit.value = undefined)}>
        {tokens.length === 0 && <span class="muted">{label === 'got' ? 'no reply' : 'nothing yet'}</span>}
        {tokens.slice(0, MOST_TOKENS).map((token, index) => (
          <button
            key={`${token.from}-${index}`}
            type="button"
            class={`token is-${token.kind}${token.partner && token.partner === partner ? ' is-lit' : ''}`}
            aria-label={`${faceOf(token)}: ${token.title}`}
            aria-pressed={token === pointed.value}
            tabIndex={index === inTabOrder ? 0 : -1}
            onMouseEnter={() => point(token)}
            onFocus={() => point(token)}
            onClick={() => {
              point(token);
              held.value = token.partner;
            }}
          >
            {faceOf(token)}
          </button>
        ))}
        {tokens.length > MOST_TOKENS && (
          <span class="muted">… {counted(tokens.length - MOST_TOKENS, 'more word')}</span>
        )}
      </fieldset>
    </div>
  );
}
