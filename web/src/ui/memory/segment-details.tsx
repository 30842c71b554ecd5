import type { SegmentState } from 'isocache/inspect';
import { bytesOf, counted } from '../../base/words.js';

/** Room is kept for it, so that the page does not jump when one is chosen. */
export function SegmentDetails({ segment }: { readonly segment: SegmentState | undefined }) {
  return (
    <p class="segment-details">
      {segment ? (
        <>
          <strong>Segment {segment.id}</strong>: {counted(segment.items, 'item')}, size band {segment.band}
          {segment.open ? ', open (new items go here)' : ''}.{' '}
          <span class="muted">
            Live {bytesOf(segment.liveBytes)}, dead {bytesOf(segment.deadBytes)}, free {bytesOf(segment.freeBytes)}.
          </span>
        </>
      ) : (
        <span class="muted">A box is a segment of 64 KiB: dark are live bytes, pale are dead ones. Point at one.</span>
      )}
    </p>
  );
}
