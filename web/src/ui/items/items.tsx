// What the store holds: one row an item. Rows that the last step touched are lit up.

import './items.css';
import { computed } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { ItemState } from 'isocache/inspect';
import { focusComposer } from '../../app/focus.js';
import { keyId } from '../../app/keys.js';
import { current, position, store } from '../../app/state.js';
import { escapeBytes } from '../../base/escape.js';
import { ItemRow } from './item-row.js';
import { rowsOf } from './rows.js';
import { useActiveRow, useRows, useTight } from './window.js';

const ROW_PX = 32;
const TIGHT_ROW_PX = 64;
const HEADINGS = ['Key', 'Value', 'TTL', 'cas', 'flags', 'Marks'];

const rows = computed(() => store.value && rowsOf(store.value.inspector));

function Head({ sorted }: { readonly sorted: boolean }) {
  return (
    <div class="item-row items-head" role="row">
      {HEADINGS.map((title) => (
        <span
          key={title}
          role="columnheader"
          title={title === 'Key' && !sorted ? 'In the order of the index' : undefined}
        >
          {title}
        </span>
      ))}
    </div>
  );
}

function Nothing() {
  if (position.value > 0) return <p class="empty">Nothing is stored now.</p>;
  return (
    <p class="empty">
      Nothing is stored yet. Type <code>ms page 5</code>, Enter, <code>hello</code>, Enter.
    </p>
  );
}

/** Puts a command into the console that shows the item. */
function ask(item: ItemState): void {
  const key = item.binaryKey ? `${btoa(String.fromCharCode(...item.key))} b` : escapeBytes(item.key);
  focusComposer({ text: `mg ${key} v s t` });
}

export function Items() {
  const all = rows.value;
  const count = all?.count ?? 0;
  const box = useRef<HTMLDivElement>(null);
  const isTight = useTight(box);
  const rowPx = isTight ? TIGHT_ROW_PX : ROW_PX;
  const { scroller, first, last, onScroll } = useRows(count, rowPx);
  const { active, onKeyDown } = useActiveRow(scroller, count, rowPx, 'item-');
  const inspector = store.value?.inspector;
  const touched = new Set((current.value?.effect.keys ?? []).map(keyId));
  return (
    <div
      ref={box}
      class={`items${count > 0 ? '' : ' is-empty'}${isTight ? ' is-tight' : ''}`}
      role="table"
      aria-label="Items"
      aria-rowcount={count + 1}
    >
      <Head sorted={all?.sorted ?? true} />
      <div ref={scroller} class="items-rows scroll" role="rowgroup" onScroll={onScroll} onKeyDown={onKeyDown}>
        <div class="items-all" style={{ height: `${count * rowPx}px` }}>
          {inspector &&
            all
              ?.get(first, last)
              .map((item, index) => (
                <ItemRow
                  key={keyId(item.key)}
                  item={item}
                  inspector={inspector}
                  index={first + index}
                  top={(first + index) * rowPx}
                  isTouched={touched.has(keyId(item.key))}
                  isActive={first + index === active}
                  ask={ask}
                />
              ))}
        </div>
      </div>
      {all && count === 0 && <Nothing />}
    </div>
  );
}
