// What is typed in the console: a command with its value in lines of their own, or any line of a tape.

import { parseSteps } from '../tape/parse.js';
import type { Step } from '../tape/types.js';
import { bytesOfLines } from './lines.js';

export type Typed =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'send'; readonly client: string; readonly bytes: Uint8Array }
  | { readonly kind: 'step'; readonly step: Step }
  | { readonly kind: 'error'; readonly message: string };

/** Lines that no memcached command begins like. */
const OTHER_STEPS = /^(\+\d|fill |evict$|#)/;
const ADDRESSED = /^@([a-z][a-z0-9]{0,15})(?: |$)/;

/** The text without "@bob " at its beginning, and who speaks. */
function addressed(text: string, speaker: string): { client: string; text: string } {
  const found = ADDRESSED.exec(text);
  return found ? { client: found[1]!, text: text.slice(found[0].length) } : { client: speaker, text };
}

/**
 * What a text stands for. `speaker`: who speaks unless the text begins with "@name". `anyway`: see bytesOfLines().
 */
export function draftOf(text: string, speaker: string, anyway = false): Typed {
  if (text.trim() === '') return { kind: 'nothing' };
  if (OTHER_STEPS.test(text.trim())) {
    const parsed = parseSteps(text.trim());
    if (parsed.error) return { kind: 'error', message: parsed.error.message };
    const step = parsed.steps[0];
    return step ? { kind: 'step', step } : { kind: 'nothing' };
  }
  const { client, text: lines } = addressed(text, speaker);
  if (lines.trim() === '') return { kind: 'nothing' };
  const bytes = bytesOfLines(lines, anyway);
  return 'error' in bytes ? { kind: 'error', message: bytes.error } : { kind: 'send', client, bytes: bytes.bytes };
}
