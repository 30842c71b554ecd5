// How much work a whole tape may cause. Its unit is about a byte that is copied or an instruction or two; a step that
// would go beyond the budget does not run.

import { MAX_FILL_ITEMS, MAX_FILL_VALUE_BYTES, MAX_PREFIX_BYTES, MAX_WAIT_SECONDS } from '../tape/limits.js';
import type { Step } from '../tape/types.js';
import { number } from '../base/words.js';

export const MAX_WORK = 256 * 1024 * 1024;
/** A reply is cut there, and the connection closed. */
export const MAX_REPLY_BYTES = 4 * 1024 * 1024;

const STEP = 4096;
const SENT_BYTE = 8;
export const REPLY_BYTE = 4;
const STORED_ITEM = 512;
const WAITED_SECOND = 1024;
/** The engine does the background work of so many seconds of a wait. */
const WORKING_SECONDS = 256;
const EVICTED_SEGMENT = 64 * 1024;
export const LISTED_ITEM = 512;

/** What is known before a step runs. */
export function costOf(step: Step): number {
  switch (step.kind) {
    case 'send':
      return STEP + SENT_BYTE * step.bytes.length;
    case 'wait':
      return STEP + WAITED_SECOND * Math.min(step.seconds, WORKING_SECONDS);
    case 'fill':
      return STEP + step.count * (STORED_ITEM + step.valueBytes);
    case 'evict':
      return STEP + EVICTED_SEGMENT;
    case 'note':
      return 0;
  }
}

/** Why a step cannot run at all; the parser refuses such steps as well. */
export function faultOf(step: Step): string | undefined {
  if (step.kind === 'wait' && !within(step.seconds, 1, MAX_WAIT_SECONDS)) {
    return `A wait takes whole seconds, 1 to ${number(MAX_WAIT_SECONDS)}.`;
  }
  if (step.kind !== 'fill') return undefined;
  if (!within(step.count, 1, MAX_FILL_ITEMS)) return `fill stores 1 to ${number(MAX_FILL_ITEMS)} items.`;
  if (!within(step.valueBytes, 0, MAX_FILL_VALUE_BYTES)) {
    return `The values of fill have at most ${number(MAX_FILL_VALUE_BYTES)} bytes.`;
  }
  const bytes = new TextEncoder().encode(step.prefix);
  const fits =
    bytes.length >= 1 && bytes.length <= MAX_PREFIX_BYTES && bytes.every((byte) => byte > 32 && byte !== 127);
  return fits ? undefined : `The prefix of fill has 1 to ${MAX_PREFIX_BYTES} visible bytes.`;
}

function within(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

export const BEYOND_BUDGET =
  'This step did not run: the tape asks for more work than a page does for it. Remove large fills or long replies before it.';
