// The console's text and the bytes it stands for. A line's end is CR LF, except inside a value whose length says that
// it goes on: there it is LF alone, as in a file. Escapes (\r \n \t \\ \xNN) are those of a tape, and so is a lone
// backslash at the end: no line end follows.

import { COMMANDS, type CommandName } from 'isocache/protocol';
import { unescape } from '../base/escape.js';

const encoder = new TextEncoder();
const CR = 0x0d;
const LF = 0x0a;

/** Which word of a command line is the length of the value that follows; 0: no value follows. */
export const lengthWord = (verb: string): number =>
  Object.hasOwn(COMMANDS, verb) ? COMMANDS[verb as CommandName].length : 0;

/** How long the value after this command line is; undefined: none follows, or the length is no number. */
function valueBytes(line: string): number | undefined {
  const words = line.split(/ +/).filter((word) => word !== '');
  const index = lengthWord(words[0] ?? '');
  const length = words[index] ?? '';
  return index > 0 && /^\d{1,10}$/.test(length) ? Number(length) : undefined;
}

/**
 * The bytes that a client sends. The last line end is implied, except behind a value that is not complete: `anyway`
 * puts one there, too, as a person would who presses Enter.
 */
export function bytesOfLines(text: string, anyway = false): { bytes: Uint8Array } | { error: string } {
  const open = /(?:^|[^\\])(?:\\\\)*\\$/.test(text);
  const lines = (open ? text.slice(0, -1) : text).split('\n');
  const out: number[] = [];
  let missing: number | undefined;
  for (const [index, line] of lines.entries()) {
    const bytes = unescape(line);
    if (bytes.error !== undefined) return { error: bytes.error };
    for (const byte of bytes.bytes) out.push(byte);
    if (open && index === lines.length - 1) break;
    if (missing === undefined) {
      out.push(CR, LF);
      missing = valueBytes(line);
    } else if (missing <= bytes.bytes.length) {
      out.push(CR, LF);
      missing = undefined;
    } else if (index < lines.length - 1) {
      out.push(LF);
      missing -= bytes.bytes.length + 1;
    } else if (anyway) {
      out.push(CR, LF);
    }
  }
  return { bytes: Uint8Array.from(out) };
}

/** How many bytes a text of the console is, escapes taken as one byte. */
export function lengthInBytes(text: string): number {
  const bytes = unescape(text);
  return bytes.error === undefined ? bytes.bytes.length : encoder.encode(text).length;
}
