// The picture in the top README, drawn from what the benchmark measured: three panels, in each a pair of bars
// for every case, memcached's above isocached's. Bars of one pair share a scale, so that their lengths compare;
// pairs do not, because a get and a multiget differ a hundredfold. The numbers stand behind the bars.

const panels = [
  {
    title: 'CPU time a request, µs',
    better: 'shorter is better',
    of: ({ wire }) =>
      [
        ['get', 'get 100 B, 1 deep, 16 connections'],
        ['get, 32 pipelined', 'get 100 B, 32 deep, 16 connections'],
        ['mg, 32 pipelined', 'mg 100 B, 32 deep, 16 connections'],
        ['set', 'set 100 B, 1 deep, 16 connections'],
        ['set, 32 pipelined', 'set 100 B, 32 deep, 16 connections'],
        ['multiget of 100', 'multiget of 100 x 100 B, 16 connections'],
      ].map(([label, title]) => [label, wire?.[title]?.cpuUs]),
    show: (us) => (us >= 100 ? us.toFixed(0) : us >= 10 ? us.toFixed(1) : us.toFixed(2)),
  },
  {
    title: 'Items held in 64 MB',
    better: 'longer is better',
    of: ({ memory }) =>
      ['10', '100', '1000'].map((size) => {
        const held = memory?.[`-m 64, ${size} B`];
        return [`${Number(size).toLocaleString('en-US')} B values`, held && [held.theirs, held.ours]];
      }),
    show: (items) => (items >= 1e6 ? `${(items / 1e6).toFixed(2)} M` : `${Math.round(items / 1e3)} k`),
  },
  {
    title: 'Share of gets that miss, 64 MB',
    better: 'shorter is better',
    of: ({ traces }) =>
      [
        ['OLTP', 'oltp'],
        ['block storage', 'cloudphysics'],
        ['Zipf 0.9', 'zipf'],
        ['Zipf with scans', 'scan'],
        ['changing sizes', 'overwrite'],
        ['10 B to 500 KB', 'mixed'],
      ].map(([label, trace]) => {
        const misses = traces?.[`${trace}, 64 MB`];
        return [label, misses && [misses.theirs, misses.ours]];
      }),
    show: (ratio) => `${(100 * ratio).toFixed(1)} %`,
  },
];

// Pixels.
const margin = 20;
const panelWidth = 286;
const panelGap = 20;
const labelWidth = 108;
const numberWidth = 52;
const barWidth = panelWidth - labelWidth - numberWidth;
const barHeight = 9;
const pairHeight = 30;
const top = 64;

const style = `
  text { font: 12px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .title { font-size: 14px; font-weight: 600; }
  .quiet, .number { fill: #59636e; }
  .number { font-size: 11px; font-variant-numeric: tabular-nums; }
  .ours.number { fill: #0b62d6; font-weight: 600; }
  rect.theirs { fill: #b3bac3; }
  rect.ours { fill: #0b62d6; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .quiet, .number { fill: #9198a1; }
    .ours.number { fill: #6cb0ff; }
    rect.theirs { fill: #5b636e; }
    rect.ours { fill: #4a98ff; }
  }`;

const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

function bar(side, value, most, x, y, show) {
  const width = Math.max(1, (barWidth * value) / most).toFixed(1);
  return (
    `<rect class="${side}" x="${x}" y="${y}" width="${width}" height="${barHeight}" rx="1.5"/>` +
    `<text class="${side} number" x="${(x + Number(width) + 5).toFixed(1)}" y="${y + barHeight - 1}">${show(value)}</text>`
  );
}

function pair([label, [theirs, ours]], x, y, show) {
  const most = Math.max(theirs, ours);
  const bars = x + labelWidth;
  return [
    `<text x="${x}" y="${y + barHeight + 4}">${escaped(label)}</text>`,
    bar('theirs', theirs, most, bars, y, show),
    bar('ours', ours, most, bars, y + barHeight + 2, show),
  ].join('\n');
}

function panel({ title, better, show }, cases, at) {
  const x = margin + at * (panelWidth + panelGap);
  return [
    `<text class="title" x="${x}" y="${top - 28}">${escaped(title)}</text>`,
    `<text class="quiet" x="${x}" y="${top - 11}">${better}</text>`,
    ...cases.map((one, i) => pair(one, x, top + i * pairHeight, show)),
  ].join('\n');
}

/**
 * The picture as SVG, or null if a case that it shows was not measured. `results`: what the parts wire, memory and
 * traces resolved with; `theirs`, `ours`: name and version of each server.
 */
export function picture(results, { theirs, ours, date }) {
  const drawn = panels.map((one) => ({ one, cases: one.of(results) }));
  if (!drawn.every(({ cases }) => cases.every(([, values]) => values?.every(Number.isFinite)))) return null;
  const rows = Math.max(...drawn.map(({ cases }) => cases.length));
  const width = 2 * margin + panels.length * panelWidth + (panels.length - 1) * panelGap;
  const legendY = top + rows * pairHeight + 18;
  const summary = `${ours} beside ${theirs}: ${drawn.map(({ one }) => one.title.toLowerCase()).join('; ')}`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${legendY + 14}" role="img" aria-label="${escaped(summary)}">
<style>${style}
</style>
${drawn.map(({ one, cases }, at) => panel(one, cases, at)).join('\n')}
<rect class="theirs" x="${margin}" y="${legendY - 9}" width="18" height="${barHeight}" rx="1.5"/>
<text class="quiet" x="${margin + 24}" y="${legendY}">${escaped(theirs)}</text>
<rect class="ours" x="${margin + 150}" y="${legendY - 9}" width="18" height="${barHeight}" rx="1.5"/>
<text class="quiet" x="${margin + 174}" y="${legendY}">${escaped(ours)}; measured ${date}, server on one core, load on another</text>
</svg>
`;
}
