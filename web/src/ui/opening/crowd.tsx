// 200 clients and one missing page, played on the real engine: two numbers, and how they compare.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { openStore } from '../../app/wasm.js';
import { type HerdResult, type HerdRow, playHerd } from '../../herd/index.js';

const SHOWN: Readonly<Record<string, string>> = { naive: 'Without a lease', lease: 'With a lease' };

function Bar({ row, most }: { readonly row: HerdRow; readonly most: number }) {
  return (
    <tr class={`crowd-${row.id}`}>
      <th scope="row">{SHOWN[row.id]}</th>
      <td class="crowd-bar">
        <svg width="100%" height="20" aria-hidden="true">
          <rect width={`${Math.max((row.originCalls / most) * 100, 1)}%`} height="20" rx="2" />
        </svg>
      </td>
      <td class="crowd-number number">{row.originCalls}</td>
    </tr>
  );
}

/** The table is its own chart. Its room is kept while the engine counts. */
export function Crowd() {
  const result = useSignal<HerdResult | undefined>(undefined);
  useEffect(() => {
    const ended = new AbortController();
    playHerd({ open: openStore, signal: ended.signal }).then(
      (found) => {
        result.value = found;
      },
      () => {},
    );
    return () => ended.abort();
  }, []);
  const rows = result.value?.rows.filter(({ id }) => id in SHOWN) ?? [];
  const most = Math.max(...rows.map(({ originCalls }) => originCalls));
  return (
    <table class="crowd" aria-busy={!result.value}>
      <caption>Calls to the origin by {result.value?.clients ?? 200} clients</caption>
      <tbody>
        {rows.map((row) => (
          <Bar key={row.id} row={row} most={most} />
        ))}
      </tbody>
    </table>
  );
}
