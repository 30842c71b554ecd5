// Replies to `lru_crawler metadump`: one line for each key.

import { utf8Of } from '../base/bytes.js';
import { IsocacheError } from '../base/types.js';
import { unexpected } from './reply.js';

export const LIST_ALL = 'lru_crawler metadump all';
/** Newer servers begin with it. */
export const LIST_BEGIN = 'OK';
export const LIST_END = 'END';

export function listedKey(line: string): string {
  const key = /^key=(\S*)/.exec(line)?.[1];
  if (key !== undefined) return percentDecode(key);
  throw line.startsWith('BUSY') ? new IsocacheError('SERVER_ERROR', line) : unexpected(line);
}

/** As decodeURIComponent(), but for bytes of any kind. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  const characters = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return utf8Of(characters);
}
