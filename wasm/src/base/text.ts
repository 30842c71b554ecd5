// Strings to and from bytes in wasm memory. Short strings go character by character, and long ones by the platform: a
// call out of JavaScript costs as much as some 30 characters (measured on Node 20).

const SHORT = 32;

export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const LINE_END_BYTES = '\r\n'.length;
export const NO_BYTES: Uint8Array = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}
export function decodeText(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Writes `text` as UTF-8, and gives the number of bytes; -1: they are more than `room`. */
export function writeText(text: string, bytes: Uint8Array, at: number, room: number): number {
  const { length } = text;
  if (length > room) return -1;
  if (length > SHORT) return writeLong(text, bytes, at, room);
  for (let i = 0; i < length; ++i) {
    const code = text.charCodeAt(i);
    if (code > 127) return writeLong(text, bytes, at, room);
    bytes[at + i] = code;
  }
  return length;
}

function writeLong(text: string, bytes: Uint8Array, at: number, room: number): number {
  const { read, written } = encoder.encodeInto(text, bytes.subarray(at, at + room));
  return read === text.length ? written : -1;
}

/** Reads UTF-8 out of one piece of memory. */
export type TextReader = (at: number, length: number) => string;

/** What Node's arrays can do. */
interface Slices {
  utf8Slice(from: number, to: number): string;
  latin1Slice(this: Uint8Array, from: number, to: number): string;
}
declare const Buffer: { from(buffer: ArrayBufferLike): Uint8Array; prototype: Slices } | undefined;
// Takes half as long as TextDecoder for a hundred bytes, since it needs no view of them.
const hasBuffer = typeof Buffer !== 'undefined' && 'utf8Slice' in Buffer.prototype;

export function textReader(bytes: Uint8Array): TextReader {
  if (hasBuffer) {
    const buffer = Buffer!.from(bytes.buffer) as Uint8Array & Slices;
    return (at, length) => buffer.utf8Slice(at, at + length);
  }
  return (at, length) => {
    if (length > SHORT / 2) return decoder.decode(bytes.subarray(at, at + length));
    let text = '';
    for (let i = at; i < at + length; ++i) {
      const code = bytes[i]!;
      if (code > 127) return decoder.decode(bytes.subarray(at, at + length));
      text += String.fromCharCode(code);
    }
    return text;
  };
}

export function concat(parts: Uint8Array[]): Uint8Array {
  if (parts.length <= 1) return parts[0] ?? NO_BYTES;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of parts) {
    whole.set(part, to);
    to += part.length;
  }
  return whole;
}

/** One character a byte. */
export function latin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (hasBuffer) return Buffer!.prototype.latin1Slice.call(bytes, from, to);
  return bytes.subarray(from, to).reduce((text, byte) => text + String.fromCharCode(byte), '');
}
