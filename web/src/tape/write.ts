// A tape as text: parseTape() reads it back to an equal tape.

import { escapeBytes } from '../base/escape.js';
import { TAPE_VERSION } from './limits.js';
import type { SendStep, Step, Tape } from './types.js';

const encoder = new TextEncoder();
const SIZES = [
  ['m', 1024 * 1024],
  ['k', 1024],
] as const;
const TIMES = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

export function writeTape(tape: Tape): string {
  return `${[header(), ...writeSettings(tape), ...tape.steps.map(writeStep)].join('\n')}\n`;
}

export function header(): string {
  return `isocache tape ${TAPE_VERSION}`;
}

export function writeSettings(tape: Tape): string[] {
  const title = tape.title === undefined ? [] : [`title ${oneLine(tape.title)}`];
  return [...title, `memory ${inUnits(tape.memoryBytes, SIZES, '')}`];
}

/** One line, without its end. */
export function writeStep(step: Step): string {
  switch (step.kind) {
    case 'send':
      return writeSend(step);
    case 'wait':
      return `+${inUnits(step.seconds, TIMES, 's')}`;
    case 'fill':
      return `fill ${escapeBytes(encoder.encode(step.prefix))} ${step.count} ${step.valueBytes}`;
    case 'evict':
      return 'evict';
    case 'note':
      return step.text === '' ? '#' : `# ${oneLine(step.text)}`;
  }
}

function writeSend({ client, bytes }: SendStep): string {
  const ends = bytes.length >= 2 && bytes.at(-2) === 13 && bytes.at(-1) === 10;
  const text = escapeBytes(ends ? bytes.subarray(0, -2) : bytes);
  // A space at either end is easily lost where text is copied.
  const kept = text.replace(/^ | $/g, '\\x20');
  // A line end alone is spelled out, so that something stands behind the name.
  return kept === '' && ends ? `@${client} \\r\\n\\` : `@${client} ${kept}${ends ? '' : '\\'}`;
}

function inUnits(amount: number, units: readonly (readonly [string, number])[], one: string): string {
  const unit = units.find(([, size]) => amount > 0 && amount % size === 0);
  return unit ? `${amount / unit[1]}${unit[0]}` : `${amount}${one}`;
}

function oneLine(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}
