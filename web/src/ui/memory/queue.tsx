import type { SegmentState } from 'isocache/inspect';
import type { Signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { counted } from '../../base/words.js';
import { Segment } from './segment.js';

/** More are drawn smaller. */
const MANY = 24;

interface Props {
  readonly queue: 'small' | 'main';
  readonly title: string;
  readonly segments: readonly SegmentState[];
  /** Those that the last step touched. */
  readonly lit: ReadonlySet<number>;
  readonly chosen: Signal<number | undefined>;
  readonly children: ComponentChildren;
}

/** One queue: the oldest segment stands first; eviction passes over those that are still open. */
export function Queue({ queue, title, segments, lit, chosen, children }: Props) {
  const own = segments.filter((segment) => segment.queue === queue).sort((a, b) => a.order - b.order);
  const items = own.reduce((sum, segment) => sum + segment.items, 0);
  return (
    <section class={`queue-box of-${queue}`}>
      <h2 class="minor">
        <span class="queue-mark" /> {title}{' '}
        <span class="muted queue-note">
          {counted(items, 'item')} in {counted(own.length, 'segment')}
          {own.length > 1 ? ', oldest first' : ''}
        </span>
      </h2>
      <p class="muted">{children}</p>
      {own.length === 0 ? (
        <p class="queue-empty muted">No segment yet.</p>
      ) : (
        <div class={own.length > MANY ? 'segments is-many' : 'segments'}>
          {own.map((segment) => (
            <Segment key={segment.id} segment={segment} isLit={lit.has(segment.id)} chosen={chosen} />
          ))}
        </div>
      )}
    </section>
  );
}
