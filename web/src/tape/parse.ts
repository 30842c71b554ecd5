// Reads the text of a tape. Every error says where it is, what was expected, and shows an example.

import {
  DEFAULT_MEMORY_BYTES,
  MAX_MEMORY_BYTES,
  MAX_TAPE_BYTES,
  MAX_TITLE_CHARACTERS,
  MIN_MEMORY_BYTES,
  TAPE_VERSION,
} from './limits.js';
import { type Fault, isFault, parseStep } from './parse-step.js';
import { header } from './write.js';
import { Totals } from './totals.js';
import type { ParsedSteps, ParsedTape, Step, TapeError } from './types.js';

interface Settings {
  title?: string;
  memoryBytes: number;
}

/** A whole tape. The result is frozen in no way, but callers treat it as a value. */
export function parseTape(text: string): ParsedTape {
  const settings: Settings = { memoryBytes: DEFAULT_MEMORY_BYTES };
  const result = parseLines(text, settings);
  return result.error ? { error: result.error } : { tape: { ...settings, steps: result.steps } };
}

/** Steps alone, as lessons have them: no first line, no settings. */
export function parseSteps(text: string): ParsedSteps {
  return parseLines(text, null);
}

function parseLines(text: string, settings: Settings | null): ParsedSteps {
  if (text.length > MAX_TAPE_BYTES) return { error: at(1, 1, tooLong()) };
  const lines = text.replace(/^\ufeff/, '').split('\n');
  const steps: Step[] = [];
  const totals = new Totals();
  let expectHeader = settings !== null;
  for (const [index, raw] of lines.entries()) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '') continue;
    const fail = ({ column, message }: Fault) => ({ error: at(index + 1, column, message) });
    if (expectHeader) {
      const fault = checkHeader(line);
      if (fault) return fail(fault);
      expectHeader = false;
      continue;
    }
    const setting = settings && steps.length === 0 ? readSetting(line, settings) : null;
    if (setting) {
      if (setting !== 'done') return fail(setting);
      continue;
    }
    if (settings && /^(memory|title) /.test(line)) return fail({ column: 1, message: LATE_SETTING });
    const step = parseStep(line);
    if (isFault(step)) return fail(step);
    const fault = totals.add(step);
    if (fault) return fail({ column: 1, message: fault });
    steps.push(step);
  }
  if (expectHeader) return { error: at(1, 1, `The tape is empty. Its first line is \`${header()}\`.`) };
  return { steps };
}

const LATE_SETTING = 'The settings `memory 1m` and `title A lease` stand before the first step, behind the first line.';

function at(line: number, column: number, message: string): TapeError {
  return { line, column, message };
}

function tooLong(): string {
  return `The tape is longer than ${MAX_TAPE_BYTES / 1024} KiB. Shorten its values, or use \`fill user: 300 4096\`.`;
}

function checkHeader(line: string): Fault | null {
  const match = /^isocache tape (\d{1,9})\s*$/.exec(line);
  if (!match) return { column: 1, message: `This is no tape. Its first line is \`${header()}\`.` };
  const version = Number(match[1]);
  if (version === TAPE_VERSION) return null;
  const message =
    version > TAPE_VERSION
      ? `The tape has version ${version}, and this playground reads version ${TAPE_VERSION}. A newer one can open it.`
      : `There is no version ${version} of tapes. The first line is \`${header()}\`.`;
  return { column: 'isocache tape '.length + 1, message };
}

/** Null: the line is no setting. */
function readSetting(line: string, settings: Settings): Fault | 'done' | null {
  if (line.startsWith('title ')) {
    const title = line.slice('title '.length);
    if (title.length > MAX_TITLE_CHARACTERS) {
      const message = `A title has at most ${MAX_TITLE_CHARACTERS} characters. A note is a line such as \`# the story\`.`;
      return { column: 'title '.length + 1, message };
    }
    settings.title = title;
    return 'done';
  }
  if (!/^memory\b/.test(line)) return null;
  const match = /^memory (\d{1,12})([km]?)\s*$/.exec(line);
  const bytes = match ? Number(match[1]) * ({ k: 1024, m: 1024 * 1024 }[match[2]!] ?? 1) : 0;
  if (bytes < MIN_MEMORY_BYTES || bytes > MAX_MEMORY_BYTES) {
    const [least, most] = [MIN_MEMORY_BYTES, MAX_MEMORY_BYTES].map((size) => `${size / 1024 / 1024}m`);
    return {
      column: 'memory '.length + 1,
      message: `Expected a size from ${least} to ${most}, for example \`memory 1m\`.`,
    };
  }
  settings.memoryBytes = bytes;
  return 'done';
}
