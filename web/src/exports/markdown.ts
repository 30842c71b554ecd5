// A played tape as Markdown, for a page of documentation or an issue.

import { escapeBytes } from '../base/escape.js';
import { duration, nameOf, quoteKey } from '../base/words.js';
import type { Played, Tape } from '../tape/types.js';

export interface Told extends Played {
  readonly effect: { readonly text: string; readonly evicted: number };
}

/** `href`: where the tape opens. */
export function markdownOf(tape: Tape, played: readonly Told[], href?: string): string {
  const blocks = [
    `# ${plain(tape.title ?? 'A tape')}`,
    ...(href ? [`[Play it](<${href}>)`] : []),
    ...played.map(blockOf),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function blockOf({ step, reply, closed, effect, error }: Told): string {
  const end = error === undefined ? `${effect.text}.` : plain(error);
  switch (step.kind) {
    case 'note':
      return plain(step.text);
    case 'wait':
      return `*${duration(step.seconds)} pass.* ${end}`;
    case 'fill':
      return `*${step.count} items are stored under keys that begin with* ${quoteKey(new TextEncoder().encode(step.prefix))}. ${end}`;
    case 'evict':
      return `*A step of eviction.* ${end}`;
    case 'send': {
      const lines = [
        ...linesOf(step.bytes, '> '),
        ...linesOf(reply, '< '),
        ...(closed ? ['(the connection is closed)'] : []),
      ];
      return `**${nameOf(step.client)}**\n\n${fenced(lines)}\n\n${end}`;
    }
  }
}

function linesOf(bytes: Uint8Array, mark: string): string[] {
  if (bytes.length === 0) return [];
  const text = escapeBytes(bytes).replace(/\\r\\n$/, '');
  return text.split('\\r\\n').map((line) => (mark + line).trimEnd());
}

/** A fence that no line of the block ends. */
function fenced(lines: readonly string[]): string {
  const longest = Math.max(2, ...lines.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, ...lines, fence].join('\n');
}

function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>()#+\-.!|~&]/g, '\\$&');
}
