// Keys that are longer than the protocol takes.

import { checkValue, isWellFormed, wrong } from '../base/arguments.js';
import { MAX_KEY_BYTES } from '../base/limits.js';
import { encodeText, latin1 } from '../base/text.js';
import { IsocacheError, type Key } from '../base/types.js';
import { needsBase64 } from '../protocol/key.js';

// In base64 these are 248; see wireKey().
const MAX_BINARY_KEY_BYTES = 186;

let loadCrypto = async (): Promise<Crypto> => {
  if (globalThis.crypto) return globalThis.crypto;
  throw new IsocacheError('BAD_KEY', 'no crypto.subtle to shorten the key');
};

/** For Node 18, which has no global `crypto`. */
export function takeCryptoFrom(load: () => Promise<Crypto>): void {
  loadCrypto = load;
}

/**
 * The key itself if a cache takes it; else `sha256:` and the SHA-256 of its bytes in hex, 71 bytes in all. A key has
 * the same name in process and over a client, where spaces and control characters make it longer.
 */
export async function shortKey(key: Key): Promise<Key> {
  checkValue('key', key, 'BAD_KEY');
  if (key.length <= MAX_BINARY_KEY_BYTES / 3) return key;
  if (typeof key === 'string' && !isWellFormed(key)) throw wrong('key', 'well-formed text', 'BAD_KEY');
  const bytes = typeof key === 'string' ? encodeText(key) : key;
  const most = bytes.length <= MAX_KEY_BYTES && needsBase64(latin1(bytes)) ? MAX_BINARY_KEY_BYTES : MAX_KEY_BYTES;
  if (bytes.length <= most) return key;
  const { subtle } = await loadCrypto();
  const hash = new Uint8Array(await subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
  return `sha256:${Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
