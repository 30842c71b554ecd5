// What could come next where the caret is: commands, keys that were used, flags that this command takes, modes. From
// the protocol's tables, so it knows nothing that the engine does not.

import { COMMANDS, type MetaCommand, type MetaFlag, META_FLAGS, MODES, USED_FLAGS } from 'isocache/protocol';
import { commandWords, flagArgument, flagWords, modeWords } from './words.js';

export interface Suggestion {
  /** What is put in place of [from, to) of the text. */
  readonly insert: string;
  readonly from: number;
  readonly to: number;
  /** The letters, and what they mean in a word or two. */
  readonly label: string;
  readonly words: string;
}

/** The most used first. */
const META_COMMANDS = ['mg', 'ms', 'md', 'ma', 'me', 'mn'] as const;
/** The server's; the page's engine is without it. */
const NOT_HERE = 'flush_prefix';
const OTHER_STEPS: readonly (readonly [string, string])[] = [
  ['+30s', 'time passes'],
  ['fill user: 300 4096', 'many items'],
  ['evict', 'eviction'],
];
/** In the order in which people need them. */
const FLAG_ORDER = 'vNRTtcCEMIxkOqbhlfFsDJu';
const MOST_KEYS = 6;

export interface Surroundings {
  /** Keys of the tape, the last used first. */
  readonly keys: readonly string[];
  /** Whether steps that are no commands may be suggested. */
  readonly otherSteps: boolean;
}

export function suggest(text: string, caret: number, around: Surroundings): Suggestion[] {
  const lineStart = text.lastIndexOf('\n', caret - 1) + 1;
  const lineEnd = text.indexOf('\n', caret) < 0 ? text.length : text.indexOf('\n', caret);
  // Lines behind the first are values, most often.
  if (lineStart > 0) return [];
  const line = text.slice(lineStart, lineEnd);
  const from = lineStart + line.slice(0, caret - lineStart).lastIndexOf(' ') + 1;
  const before = text
    .slice(lineStart, from)
    .split(/ +/)
    .filter((word) => word !== '' && !word.startsWith('@'));
  const word = text.slice(from, caret);
  // In front of a word something is put in; inside of one, the word is replaced.
  const rest = word === '' ? '' : (/^[^ \n]*/.exec(text.slice(caret))?.[0] ?? '');
  const place: Place = { word, from, to: caret + rest.length, line };
  if (before.length === 0) return commands(place, around);
  const command = before[0]!;
  if (before.length === 1) return keysFor(command, place, around);
  return Object.hasOwn(USED_FLAGS, command) ? flags(command as MetaCommand, place) : [];
}

interface Place {
  /** The part of the word before the caret. */
  readonly word: string;
  readonly from: number;
  readonly to: number;
  readonly line: string;
  /** What parts the next word from the one before it. */
  readonly after?: string;
}

/** Whether a word is a flag to which nothing has to be added. */
function isWhole(command: MetaCommand, word: string): boolean {
  const letter = word[0];
  if (letter === undefined || !USED_FLAGS[command].includes(letter)) return false;
  return word.length > 1 || META_FLAGS[letter as MetaFlag] === 'none';
}

const at = ({ from, to, after = '' }: Place, insert: string, label: string, words: string): Suggestion => ({
  insert: after + insert,
  from,
  to,
  label,
  words,
});

function commands(place: Place, around: Surroundings): Suggestion[] {
  const others = Object.keys(COMMANDS).filter(
    (name) => name !== NOT_HERE && !(META_COMMANDS as readonly string[]).includes(name),
  );
  const names = place.word === '' ? META_COMMANDS : [...META_COMMANDS, ...others];
  const found = names
    .filter((name) => name.startsWith(place.word) && name !== place.word)
    .map((name) => at(place, name === 'mn' ? name : `${name} `, name, commandWords(name)));
  const steps = around.otherSteps
    ? OTHER_STEPS.filter(([text]) => text.startsWith(place.word)).map(([text, words]) => at(place, text, text, words))
    : [];
  return [...found, ...steps];
}

function keysFor(command: string, place: Place, around: Surroundings): Suggestion[] {
  if (!Object.hasOwn(COMMANDS, command) || COMMANDS[command as keyof typeof COMMANDS].key !== 1) return [];
  return around.keys
    .filter((key) => key.startsWith(place.word) && key !== place.word)
    .slice(0, MOST_KEYS)
    .map((key) => at(place, `${key} `, key, 'key'));
}

function flags(command: MetaCommand, place: Place): Suggestion[] {
  if (place.word === 'M' && command in MODES) return modes(command, place);
  if (isWhole(command, place.word)) return flags(command, { ...place, word: '', from: place.to, after: ' ' });
  const rest = place.line.slice(0, place.from) + place.line.slice(place.to);
  const there = new Set(
    rest
      .split(/ +/)
      .slice(2)
      .map((word) => word[0]),
  );
  const usable = [...FLAG_ORDER].filter((letter) => USED_FLAGS[command].includes(letter)) as MetaFlag[];
  return usable
    .filter((flag) => flag.startsWith(place.word) && !there.has(flag))
    .map((flag) => {
      const insert = flag + (flag === 'M' ? '' : `${flagArgument(flag)} `);
      const label = META_FLAGS[flag] === 'none' ? flag : flag + flagArgument(flag);
      return at(place, insert, label, flagWords(command, flag));
    });
}

function modes(command: MetaCommand, place: Place): Suggestion[] {
  if (command !== 'ms' && command !== 'ma') return [];
  return [...MODES[command]].map((mode) => at(place, `M${mode} `, `M${mode}`, modeWords(command, mode)));
}
