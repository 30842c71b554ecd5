// Tables for the terminal and for Markdown, and the few statistics that go into them.

// Every table that was printed, in order: { title, head, rows }. figures.mjs keeps them.
export const printed = [];

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export function count(number) {
  return Math.round(number).toLocaleString('en-US');
}

export function fixed(digits) {
  return (number) => (Number.isFinite(number) ? number.toFixed(digits) : '-');
}

export function times(ratio) {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}x` : '-';
}

function widthsOf(head, rows) {
  return head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
}

function padded(row, widths) {
  return row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
}

/** One table in Markdown, with its title as a heading. */
export function markdownTable({ title, head, rows }) {
  const widths = widthsOf(head, rows);
  const line = (row) => `| ${padded(row, widths).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? `-${'-'.repeat(width)}-` : `-${'-'.repeat(width)}:`)).join('|')}|`;
  return `### ${title}\n\n${line(head)}\n${rule}\n${rows.map(line).join('\n')}`;
}

// `rows` are arrays of strings, as many as `head` has.
export function print(title, head, rows, markdown) {
  printed.push({ title, head, rows });
  if (markdown) {
    console.log(`\n${markdownTable({ title, head, rows })}`);
  } else {
    const widths = widthsOf(head, rows);
    console.log(`\n${title}\n${[head, ...rows].map((row) => padded(row, widths).join('  ')).join('\n')}`);
  }
}
