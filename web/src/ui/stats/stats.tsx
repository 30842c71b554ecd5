// What `stats` says now, asked on a copy of the store: looking changes nothing.

import './stats.css';
import { useSignal } from '@preact/signals';
import { store } from '../../app/state.js';
import { readStats } from './read-stats.js';
import { GROUPS } from './groups.js';

function Rows({ rows }: { readonly rows: readonly (readonly [string, string])[] }) {
  return (
    <table class="stats-table">
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td class="number">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Stats() {
  const filter = useSignal('');
  const inspector = store.value?.inspector;
  if (!inspector) return <div class="empty" aria-busy="true" />;
  const all = readStats(inspector);
  const wanted = filter.value.trim().toLowerCase();
  const shown = wanted === '' ? all : all.filter(([name]) => name.includes(wanted));
  const grouped = new Set(GROUPS.flatMap(({ names }) => names));
  const rest = shown.filter(([name]) => !grouped.has(name));
  return (
    <div class="stats">
      <label class="stats-filter">
        <span class="unseen">Filter by name</span>
        <input
          type="search"
          placeholder="Filter: hits"
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value;
          }}
        />
      </label>
      {shown.length === 0 && <p class="empty">No row has “{filter.value}” in its name.</p>}
      {GROUPS.map(({ title, names }) => {
        const rows = shown.filter(([name]) => names.includes(name));
        return (
          rows.length > 0 && (
            <section key={title}>
              <h2 class="minor">{title}</h2>
              <Rows rows={rows} />
            </section>
          )
        );
      })}
      {rest.length > 0 && (
        <section>
          <h2 class="minor">Everything else</h2>
          <Rows rows={rest} />
        </section>
      )}
    </div>
  );
}
