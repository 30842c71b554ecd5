// Where the store's memory is, to the byte. It stays in sight whatever view is under it.

import './memory-bar.css';
import { number } from '../../base/words.js';
import { store } from '../../app/state.js';
import { partsOf, type MemoryPart } from './parts.js';

function describe(parts: readonly MemoryPart[]): string {
  return parts.map(({ name, bytes }) => `${name} ${number(bytes)}`).join(', ');
}

export function MemoryBar() {
  const inspector = store.value?.inspector;
  const memory = inspector?.memory();
  const parts = inspector && memory ? partsOf(memory, inspector.segments()) : [];
  const items = inspector?.itemCount ?? 0;
  return (
    <div class="memory-bar">
      <p class="memory-figures">
        {memory && (
          <>
            <span>
              <strong class="number">{number(items)}</strong> {items === 1 ? 'item' : 'items'}
            </span>
            <span key={memory.used} class="muted">
              <span class="number">{number(memory.used)}</span> of{' '}
              <span class="number">{number(memory.limit)} bytes</span>
            </span>
          </>
        )}
      </p>
      <div class="memory-stack" role="img" aria-label={`Memory in bytes: ${describe(parts)}`} title={describe(parts)}>
        {parts.map(({ id, bytes }) => (
          <span key={id} class={`memory-part part-${id}`} style={{ flexGrow: String(bytes) }} />
        ))}
      </div>
    </div>
  );
}
