// The two queues and their segments as they are, what eviction takes next, and the ghost.

import './memory.css';
import { useSignal } from '@preact/signals';
import { addSteps } from '../../app/actions.js';
import { bytesOf, number } from '../../base/words.js';
import { current, store, tape } from '../../app/state.js';
import type { Step } from '../../tape/types.js';
import { partsOf } from './parts.js';
import { Queue } from './queue.js';
import { SegmentDetails } from './segment-details.js';

/** Keys that no fill of the tape has stored yet, so that memory fills. */
function nextFill(): Step {
  const used = tape.value.steps.filter(({ kind }) => kind === 'fill').length;
  return { kind: 'fill', prefix: used === 0 ? 'user:' : `user${used + 1}:`, count: 300, valueBytes: 4096 };
}

/** The engine's rule. */
const GHOST_LIMIT_BYTES = 2 * 1024 * 1024;

function Legend() {
  const inspector = store.value!.inspector;
  return (
    <dl class="legend">
      {partsOf(inspector.memory(), inspector.segments()).map(({ id, name, bytes: size }) => (
        <div key={id}>
          <dt>
            <span class={`legend-mark part-${id}`} /> {name}
          </dt>
          <dd class="number">{bytesOf(size)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Ghost() {
  const inspector = store.value!.inspector;
  const { entries, capacity } = inspector.ghost();
  const memory = inspector.memory();
  return (
    <section class="queue-box">
      <h2 class="minor">
        Ghost{' '}
        <span class="muted queue-note">
          {number(entries)} of {number(capacity)} places
        </span>
      </h2>
      <p class="muted">
        Remembers what was dropped from the small queue, not its value. A key that comes back while it is remembered
        goes straight to the main queue.
      </p>
      {capacity === 0 && (
        <p class="muted">
          {memory.limit < GHOST_LIMIT_BYTES ? (
            <>
              A store below 2 MiB keeps none: a tape with <code>memory 4m</code> has one.
            </>
          ) : (
            'It begins with the first eviction.'
          )}
        </p>
      )}
      <div class="ghost-bar">
        <div style={{ width: `${(100 * entries) / Math.max(1, capacity)}%` }} />
      </div>
    </section>
  );
}

export function Memory() {
  const chosen = useSignal<number | undefined>(undefined);
  const inspector = store.value?.inspector;
  if (!inspector) return <div class="empty" aria-busy="true" />;
  const segments = inspector.segments();
  const lit = new Set(current.value?.effect.segments ?? []);
  const details = segments.find(({ id }) => id === chosen.value);
  return (
    <div class="memory">
      <div class="memory-actions">
        <button type="button" class="button" onClick={() => addSteps([{ kind: 'evict' }])}>
          Evict a segment
        </button>
        <button type="button" class="button" onClick={() => addSteps([nextFill()])}>
          Fill: 300 × 4 KB
        </button>
      </div>
      <Queue queue="small" title="Small queue" segments={segments} lit={lit} chosen={chosen}>
        New items wait here. If nobody reads one before its turn, it is dropped.
      </Queue>
      <Queue queue="main" title="Main queue" segments={segments} lit={lit} chosen={chosen}>
        Items that were read while they waited. Those that are read again get another round.
      </Queue>
      <SegmentDetails segment={details} />
      <Ghost />
      <section class="queue-box">
        <h2 class="minor">Every byte of it</h2>
        <Legend />
      </section>
    </div>
  );
}
