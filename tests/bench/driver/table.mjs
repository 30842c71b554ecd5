// Tables for the terminal and for Markdown, and the few statistics that go into them.

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

// `rows` are arrays of strings, as many as `head` has.
export function print(title, head, rows, markdown) {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i].length)));
  const pad = (row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])));
  if (markdown) {
    const line = (row) => `| ${pad(row).join(' | ')} |`;
    const rule = `|${widths.map((width, i) => (i === 0 ? `-${'-'.repeat(width)}-` : `-${'-'.repeat(width)}:`)).join('|')}|`;
    console.log(`\n### ${title}\n\n${line(head)}\n${rule}\n${rows.map(line).join('\n')}`);
  } else {
    console.log(`\n${title}\n${[head, ...rows].map((row) => pad(row).join('  ')).join('\n')}`);
  }
}
