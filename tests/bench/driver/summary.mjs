// The bars that the project set itself, beside what this run measured.
import { fixed, print, times } from './table.mjs';

const most = (what, bar, of, show = times) => ({
  what,
  bar: `<= ${show(bar)}`,
  of,
  show,
  met: (result) => result <= bar,
});
const least = (what, bar, of, show = times) => ({
  what,
  bar: `>= ${show(bar)}`,
  of,
  show,
  met: (result) => result >= bar,
});

const wireCpu =
  (title) =>
  ({ wire }) =>
    wire?.[title]?.cpu;
const itemsAt64 =
  (valueSize) =>
  ({ memory }) => {
    const held = memory?.[`-m 64, ${valueSize} B`];
    return held && held.ours / held.theirs;
  };
// The figures whose titles match.
const those = (figures = {}, pattern) =>
  Object.keys(figures)
    .filter((title) => pattern.test(title))
    .map((title) => figures[title]);
const highest = (numbers) => (numbers.length === 0 ? undefined : Math.max(...numbers));
const lowest = (numbers) => (numbers.length === 0 ? undefined : Math.min(...numbers));

const p999Evicting = ({ wire }) => highest(those(wire, /^evicting/).map(({ p999 }) => p999));
const missesMore = ({ traces }) => highest(those(traces, /./).map(({ theirs, ours }) => ours - theirs));
const twoThreads = ({ scaling }) => lowest(those(scaling?.process, /uniform.*, 2 threads/));

// What WebSocket and TLS may cost beside plain TCP; WebSocket, whose frames are per batch, in a pipeline.
const waysIn = ['get', 'set', 'mg'].flatMap((workload) =>
  [
    ['WebSocket', 32],
    ['TLS', 32],
    ['TLS', 1],
  ].map(([way, depth]) =>
    most(
      `CPU of ${workload}, 100 B, ${depth} deep, ${way} / plain`,
      1.5,
      ({ transports }) => transports?.[`${workload} 100 B, ${depth} deep, ${way}`],
    ),
  ),
);

// Ratios are isocached / memcached unless it says otherwise. `of` gives undefined for what was not measured.
const bars = [
  most('CPU of get, 100 B, 32 deep, 16 connections', 0.7, wireCpu('get 100 B, 32 deep, 16 connections')),
  most('CPU of get, 100 B, 1 deep, 16 connections', 1, wireCpu('get 100 B, 1 deep, 16 connections')),
  most('CPU of set, 100 B, 32 deep, 16 connections', 0.75, wireCpu('set 100 B, 32 deep, 16 connections')),
  most('CPU of multiget of 100 x 100 B, 16 connections', 0.7, wireCpu('multiget of 100 x 100 B, 16 connections')),
  least('items of 10 B at -m 64', 1.45, itemsAt64(10)),
  least('items of 100 B at -m 64', 1.25, itemsAt64(100)),
  least('items of 1,000 B at -m 64', 1.1, itemsAt64(1000)),
  most('misses of OLTP at 64 MB', 0.345, ({ traces }) => traces?.['oltp, 64 MB']?.ours, fixed(3)),
  most('more misses than memcached, the worst trace', 0.01, missesMore, fixed(3)),
  most('p99.9 of evicting sets, the worst', 1, p999Evicting),
  least('2 threads over 1, in process, uniform keys, the worst', 1.6, twoThreads),
  least('a batch of 32 gets over single ones, in process', 2, ({ process }) => process?.batchSpeedUp),
  most('wasm over native, in process, the worst', 1.7, ({ process }) => process?.wasmOverNative),
  ...waysIn,
  most('KB of an idle plain connection', 8, ({ idle }) => idle?.plain, fixed(1)),
  most('the longest single operation, ms', 1, ({ stalls }) => stalls?.longestMs, fixed(3)),
];

export function printSummary(results, { markdown }) {
  const rows = bars
    .map((bar) => ({ ...bar, result: bar.of(results) }))
    .filter(({ result }) => result !== undefined)
    .map(({ what, bar, show, result, met }) => [what, bar, show(result), met(result) ? 'yes' : 'NO']);
  if (rows.length > 0) print('Summary: isocached / memcached, and bars', ['', 'bar', 'result', 'met'], rows, markdown);
}
