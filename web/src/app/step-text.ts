// A step as the console shows it and takes it back.

import type { Step } from '../tape/types.js';
import { escapeBytes } from '../base/escape.js';
import { writeStep } from '../tape/write.js';
import { bytesOfLines } from './lines.js';

const same = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, at) => byte === b[at]);

/** What the console takes for something else than a command: the first letter is spelled out. */
const LIKE_A_STEP = /^(?:[@+#]|fill |evict$)/;

/** One line of a tape without the client, or several lines if a value or more commands follow. */
export function textOfStep(step: Step): string {
  return step.kind === 'send' ? textOfBytes(step.bytes) : writeStep(step);
}

/** The text of the console for these bytes: bytesOfLines() gives them back. */
export function textOfBytes(bytes: Uint8Array): string {
  const escaped = escapeBytes(bytes);
  const lines = escaped.replace(/\\r\\n$/, '').replaceAll('\\r\\n', '\n');
  const back = bytesOfLines(lines);
  const text = 'bytes' in back && same(back.bytes, bytes) ? lines : `${escaped}\\`;
  if (!LIKE_A_STEP.test(text)) return text;
  return `\\x${text.charCodeAt(0).toString(16)}${text.slice(1)}`;
}
