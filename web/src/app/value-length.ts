// The length of a value, filled in while the value is typed.

import { lengthInBytes, lengthWord } from './lines.js';

/** A flag of ms, or one with a number or a mode: the length in front of it was left out. */
const FLAG = /^(?:[a-zA-Z]|[CEFIT]-?\d+|M[a-zA-Z]|O\S+)$/;

interface LengthPlace {
  /** Where the length's digits are in the first line. */
  readonly from: number;
  readonly to: number;
  readonly digits: string;
}

/** Where the first line has, or lacks, its value's length; undefined: no value follows the command. */
function lengthPlace(line: string): LengthPlace | undefined {
  const words = [...line.matchAll(/[^ ]+/g)].filter(({ 0: word }) => !word.startsWith('@'));
  const index = lengthWord(words[0]?.[0] ?? '');
  if (index === 0 || words.length < index) return undefined;
  const word = words[index];
  if (word && /^\d+$/.test(word[0])) return { from: word.index, to: word.index + word[0].length, digits: word[0] };
  const from = word ? word.index : line.length;
  return { from, to: from, digits: '' };
}

/** The first line of a command that takes a value, with a length of 0 if it has none; undefined: it needs none. */
export function withPlaceForLength(line: string): string | undefined {
  const words = line.split(/ +/).filter((word) => word !== '' && !word.startsWith('@'));
  const missing = lengthWord(words[0] ?? '') - words.length;
  // "set page" lacks client flags and exptime, too: 0 is what people write there.
  const padded = words.length > 1 && missing > 0 ? `${line.trimEnd()}${' 0'.repeat(missing)}` : line;
  const place = lengthPlace(padded);
  if (place?.digits !== '' || strangerAtLength(line) !== undefined) return undefined;
  const after = padded.slice(place.to).trim();
  return `${padded.slice(0, place.from).trimEnd()} 0${after === '' ? '' : ` ${after}`}`;
}

/** The word that stands where the value's length is due and can be neither a number nor a flag; undefined: none. */
export function strangerAtLength(line: string): string | undefined {
  const words = line.split(/ +/).filter((word) => word !== '' && !word.startsWith('@'));
  const verb = words[0] ?? '';
  const word = words[lengthWord(verb)];
  if (lengthWord(verb) === 0 || word === undefined || /^\d+$/.test(word)) return undefined;
  return verb === 'ms' && FLAG.test(word) ? undefined : word;
}

/** Whether a value has to follow this line. */
export const takesValue = (line: string): boolean => lengthPlace(line) !== undefined;

/** The text with the length that its value has; the same text if it takes no value. */
export function withLength(text: string): string {
  const end = text.indexOf('\n');
  if (end < 0) return text;
  const place = lengthPlace(text.slice(0, end));
  if (!place || place.digits === '') return text;
  return text.slice(0, place.from) + valueLength(text) + text.slice(place.to);
}

/** The bytes of the lines behind the first. */
export function valueLength(text: string): number {
  return text
    .split('\n')
    .slice(1)
    .reduce((sum, line, index) => sum + lengthInBytes(line) + (index > 0 ? 1 : 0), 0);
}
