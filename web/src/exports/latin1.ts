// Bytes as C escapes in plain ASCII, as transcripts and string literals take them.

const NAMED: Readonly<Record<number, string>> = { 0: '\\x00', 9: '\\t', 10: '\\n', 13: '\\r', 92: '\\\\' };

/** `also` are characters that mean something where the text will stand. */
export function escapeAscii(bytes: Uint8Array, also: string): string {
  const parts: string[] = [];
  for (const byte of bytes) {
    const character = String.fromCharCode(byte);
    const plain = byte >= 32 && byte < 127 && !also.includes(character);
    parts.push(NAMED[byte] ?? (plain ? character : `\\x${byte.toString(16).padStart(2, '0')}`));
  }
  return parts.join('');
}

/** Of one or more steps of a client. */
export function joinBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
