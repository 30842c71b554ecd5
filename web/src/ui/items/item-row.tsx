import type { Inspector, ItemState } from 'isocache/inspect';
import { ttl } from '../../app/format.js';
import { bytesOf } from '../../base/words.js';
import { keyPartner } from '../../app/keys.js';
import { held, lit } from '../../app/state.js';
import { escapeBytes } from '../../base/escape.js';
import { preview } from './rows.js';

interface Props {
  readonly item: ItemState;
  readonly inspector: Inspector;
  readonly index: number;
  readonly top: number;
  readonly isTouched: boolean;
  readonly isActive: boolean;
  readonly ask: (item: ItemState) => void;
}

const MARKS = [
  { field: 'fetched', text: 'fetched', partner: 'item:fetched', title: 'It was read since it was stored' },
  { field: 'won', text: 'won', partner: 'item:won', title: 'One client was told to store a newer value (W)' },
  { field: 'stale', text: 'stale', partner: 'item:stale', title: 'Marked by md with I: readers are told (X)' },
] as const;

function Marks({ item, glow }: { readonly item: ItemState; readonly glow: (partner: string) => string }) {
  return (
    <span class="item-marks" role="cell">
      {MARKS.filter(({ field }) => item[field]).map(({ field, text, partner, title }) => (
        <span key={field} class={`badge mark-${field}${glow(partner)}`} title={title}>
          {text}
        </span>
      ))}
    </span>
  );
}

/** What an item has left. One that is gone stands here until its memory is taken back. */
function leftOf({ gone, expires }: ItemState, now: number): string {
  if (!gone) return ttl(expires, now);
  return expires !== 0 && expires <= now ? 'expired' : 'flushed';
}

export function ItemRow({ item, inspector, index, top, isTouched, isActive, ask }: Props) {
  const partner = keyPartner(item.key);
  const shining = lit.value ?? held.value;
  // Fields light up only in the rows that the step is about: there would be too much light.
  const glow = (name: string) => (shining === name && (isTouched || name === partner) ? ' is-lit' : '');
  const value = preview(inspector, item);
  const left = leftOf(item, inspector.now);
  const queue = item.queue === 'main' ? 'Main queue' : 'Small queue';
  return (
    <div
      class={`item-row of-${item.queue}${isTouched ? ' is-touched' : ''}${item.gone ? ' is-gone' : ''}${glow(partner)}`}
      role="row"
      aria-rowindex={index + 2}
      style={{ top: `${top}px` }}
      onMouseEnter={() => (lit.value = partner)}
      onMouseLeave={() => (lit.value = undefined)}
    >
      <span class="item-key" role="cell">
        <button
          type="button"
          id={`item-${index}`}
          class="mono"
          title={`${queue}, segment ${item.segment}, ${bytesOf(item.bytes)} in all. Click: ask for it`}
          tabIndex={isActive ? 0 : -1}
          onClick={() => ask(item)}
        >
          {escapeBytes(item.key)}
          {item.binaryKey && <span class="muted"> (base64)</span>}
        </button>
      </span>
      <span class={`item-value mono${glow('item:value')}`} role="cell">
        {item.valueLength === 0 ? (
          <span class="muted">empty</span>
        ) : (
          <>
            <span class="item-text">{value}</span>
            <span class={`muted number item-size${glow('item:length')}`}>{bytesOf(item.valueLength)}</span>
          </>
        )}
      </span>
      <span class={`number item-ttl${glow('item:ttl')}`} role="cell">
        <span class="item-label muted">TTL </span>
        <span key={left}>{left}</span>
      </span>
      <span class={`number item-cas${glow('item:cas')}`} role="cell" title={`cas ${item.cas}`}>
        <span class="item-label muted">cas </span>
        {item.cas.toString()}
      </span>
      <span
        class={`number item-flags${glow('item:clientFlags')}`}
        role="cell"
        title={`client flags ${item.clientFlags}`}
      >
        <span class="item-label muted">flags </span>
        {item.clientFlags}
      </span>
      <Marks item={item} glow={glow} />
    </div>
  );
}
