// Keys as they go over the wire.

import { isWellFormed } from '../base/arguments.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import { plainBytesOf } from '../base/plain-bytes.js';
import { latin1 } from '../base/text.js';
import { IsocacheError, type Key } from '../base/types.js';

/**
 * A key as it goes over the wire, with " b" after it if it had to be base64. A key with spaces or control bytes has to
 * be, and may have 186 bytes at most, since memcached counts the 250 on the wire.
 */
export interface WireKey {
  readonly text: string;
  readonly flag: '' | ' b';
}

export function wireKey(key: Key): WireKey {
  if (typeof key === 'string' && /^[!-~]{1,250}$/.test(key)) return { text: key, flag: '' };
  const text = latin1(plainBytesOf(key, 'key', 'BAD_KEY'));
  if (typeof key === 'string' && !isWellFormed(key)) throw new IsocacheError('BAD_KEY', 'key must be well-formed text');
  const binary = needsBase64(text);
  const sent = binary ? btoa(text) : text;
  if (sent.length === 0 || sent.length > MAX_KEY_BYTES) {
    const how = binary ? `${text.length} bytes, ${sent.length} in base64` : `${text.length} bytes`;
    throw new IsocacheError('BAD_KEY', `key must have 1 to ${MAX_KEY_BYTES} bytes; this one has ${how}`);
  }
  return { text: sent, flag: binary ? ' b' : '' };
}

/** Whether a key with these bytes, one a character, would be several words, or none. */
export function needsBase64(bytes: string): boolean {
  return /[\0- \x7f]/.test(bytes);
}
