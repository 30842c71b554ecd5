import type { SegmentState } from 'isocache/inspect';
import { store } from '../../app/state.js';
import { escapeBytes } from '../../base/escape.js';
import { bytesOf, counted } from '../../base/words.js';

/** Only so many items are looked at for the names. */
const MOST_LOOKED_AT = 4000;
const MOST_NAMED = 4;

function keysIn(segment: number): string {
  const items = store.value?.inspector.items({ from: 0, count: MOST_LOOKED_AT }) ?? [];
  const keys = items.filter((item) => item.segment === segment).map(({ key }) => escapeBytes(key));
  if (keys.length === 0) return '';
  return `${keys.slice(0, MOST_NAMED).join(', ')}${keys.length > MOST_NAMED ? ' …' : '.'}`;
}

/** Room is kept for it, so that the page does not jump when one is chosen. */
export function SegmentDetails({ segment }: { readonly segment: SegmentState | undefined }) {
  return (
    <p class="segment-details">
      {segment ? (
        <>
          <strong>Segment {segment.id}</strong>: {counted(segment.items, 'item')} of similar size
          {segment.open ? ', open (new items go here)' : ''}.{' '}
          <span class="muted">
            {keysIn(segment.id)} Live {bytesOf(segment.liveBytes)}, dead {bytesOf(segment.deadBytes)}, free{' '}
            {bytesOf(segment.freeBytes)}.
          </span>
        </>
      ) : (
        <span class="muted">A box is a segment of 64 KiB: dark are live bytes, pale are dead ones. Point at one.</span>
      )}
    </p>
  );
}
