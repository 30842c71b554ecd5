// Requests and replies in one line of text, for pictures.

const PRINTABLE = /[\x20-\x7e]/;

/** One character for each byte; what cannot be seen is written as in a tape. */
function visible(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    const char = String.fromCharCode(byte);
    if (char === '\n') text += '\n';
    else if (char !== '\r') text += PRINTABLE.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
  }
  return text.replace(/\n$/, '');
}

/** A command and its value: `ms page 5 ↵ hello`. */
export const showRequest = (bytes: Uint8Array): string => visible(bytes).replaceAll('\n', ' ↵ ');

/** A reply; an empty value leaves no mark. */
export function showReply(bytes: Uint8Array): string {
  const text = visible(bytes).replace(/\n+$/, '').replaceAll('\n', ' ↵ ');
  return text === '' ? 'no reply' : text;
}
