// Bytes as a table shows them.

import type { ByteCell } from './types.js';

const NAMES: Readonly<Record<number, string>> = {
  0: 'NUL',
  9: 'TAB',
  10: 'LF',
  13: 'CR',
  27: 'ESC',
  32: 'SP',
  127: 'DEL',
};

/** Of bytes [from, from + count): whoever shows many asks for what is in sight. */
export function bytesView(bytes: Uint8Array, from = 0, count = bytes.length): ByteCell[] {
  const cells: ByteCell[] = [];
  for (let offset = from; offset < Math.min(bytes.length, from + count); ++offset) {
    const byte = bytes[offset]!;
    const shown = NAMES[byte] ?? (byte > 32 && byte < 127 ? String.fromCharCode(byte) : '.');
    cells.push({ offset, hex: byte.toString(16).padStart(2, '0'), shown, kind: kindOf(byte) });
  }
  return cells;
}

function kindOf(byte: number): ByteCell['kind'] {
  if (byte === 10 || byte === 13) return 'end';
  if (byte === 32) return 'space';
  if (byte < 32 || byte === 127) return 'control';
  return byte < 127 ? 'text' : 'high';
}
