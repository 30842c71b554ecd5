// Bytes as text on one line, and back: \r \n \t \0 \\ \xHH. Characters that can be seen stand for their UTF-8.

/** Letters, digits, punctuation, symbols, marks. Not format characters: they cannot be seen, or turn text around. */
const VISIBLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u;
/** Some of those cannot be seen either: variation selectors, fillers, an empty Braille cell. */
const EMPTY = /^[\p{Default_Ignorable_Code_Point}\u2800]$/u;
const SHORT: Readonly<Record<number, string>> = { 0: '\\0', 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };
const MEANT: Readonly<Record<string, number>> = { '0': 0, t: 9, n: 10, r: 13, '\\': 92 };
const encoder = new TextEncoder();

/** Also used for tokens and keys on the page: what people read is the same everywhere. */
export function escapeBytes(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const byte = bytes[at]!;
    if (byte < 0x80) {
      parts.push(SHORT[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : hexEscape(byte)));
      ++at;
      continue;
    }
    const length = sequenceLength(bytes, at);
    const character = length > 0 ? decodeOne(bytes, at, length) : '';
    if (character !== '' && VISIBLE.test(character) && !EMPTY.test(character)) {
      parts.push(character);
      at += length;
    } else {
      parts.push(hexEscape(byte));
      ++at;
    }
  }
  return parts.join('');
}

function hexEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Of the UTF-8 sequence at `at`, or 0 if there is none. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  const length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > bytes.length) return 0;
  for (let i = 1; i < length; ++i) {
    if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[at + 1]!;
  const tooLong = (first === 0xe0 && second < 0xa0) || (first === 0xf0 && second < 0x90);
  const noCharacter = (first === 0xed && second > 0x9f) || (first === 0xf4 && second > 0x8f);
  return tooLong || noCharacter ? 0 : length;
}

function decodeOne(bytes: Uint8Array, at: number, length: number): string {
  let code = bytes[at]! & (0xff >> (length + 1));
  for (let i = 1; i < length; ++i) code = (code << 6) | (bytes[at + i]! & 0x3f);
  return String.fromCodePoint(code);
}

export type Unescaped =
  | { readonly bytes: Uint8Array; readonly error?: never }
  /** `at` is where in the text the escape begins that means nothing. */
  | { readonly error: string; readonly at: number };

export function unescape(text: string): Unescaped {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\\', at);
    const plain = text.slice(at, next < 0 ? text.length : next);
    if (plain !== '') for (const byte of encoder.encode(plain)) bytes.push(byte);
    if (next < 0) break;
    const letter = text[next + 1] ?? '';
    const digits = /^x[0-9a-fA-F]{2}/.exec(text.slice(next + 1, next + 4));
    const meant = MEANT[letter];
    if (digits) bytes.push(Number.parseInt(digits[0].slice(1), 16));
    else if (meant !== undefined) bytes.push(meant);
    else return { error: unknownEscape(letter), at: next };
    at = next + (digits ? 4 : 2);
  }
  return { bytes: Uint8Array.from(bytes) };
}

function unknownEscape(letter: string): string {
  const known = 'Use `\\r` `\\n` `\\t` `\\0` `\\\\`, or `\\x` and two digits of 0-9 a-f, for example `\\xff`.';
  if (letter === '') return `A backslash stands alone. ${known}`;
  if (letter === 'x') return `Two digits are missing after \`\\x\`. ${known}`;
  return `\`\\${letter}\` means nothing. ${known}`;
}
