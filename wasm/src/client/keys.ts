// All keys of a cache, as `lru_crawler metadump` lists them, in the order it likes.

import { fromLatin1 } from '../base/bytes.js';
import { type Reply, replyError } from '../protocol/meta.js';
import { decodeText } from '../base/text.js';
import { IsocacheError } from '../base/types.js';
import { bare } from './commands.js';
import { MORE, NEXT, type Pipeline } from './pipeline.js';

// Keys that wait for their reader before the server is asked to wait, too.
const MAX_WAITING = 10_000;
// A WebSocket cannot be asked. What waits is then kept up to here.
const MAX_WAITING_UNASKED = 1_000_000;

/** Takes the whole of `pipeline`: a slow reader must not hold up anybody else's replies. */
export async function* listKeys(pipeline: Pipeline): AsyncGenerator<string, void, undefined> {
  let waiting: string[] = [];
  let wake = () => {};
  let begun = false;
  const finished = pipeline.request(
    bare('lru_crawler metadump all', (reply) => {
      if (reply.line === 'END') return true;
      const isFirst = !begun;
      begun = true;
      if (isFirst && reply.line === 'OK') return MORE; // newer servers begin with it
      if (waiting.push(keyOf(reply)) === MAX_WAITING) pipeline.pause();
      if (waiting.length > MAX_WAITING_UNASKED)
        throw new IsocacheError('PROTOCOL', 'keys come faster than they are read');
      wake();
      return NEXT;
    }),
  );
  let ended = false;
  let failed = false;
  finished
    .catch(() => {
      failed = true;
    })
    .then(() => {
      ended = true;
      wake();
    });

  try {
    while (!ended || waiting.length > 0) {
      if (waiting.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const batch = waiting;
      waiting = [];
      if (batch.length >= MAX_WAITING) pipeline.resume();
      for (const key of batch) {
        if (failed) break;
        yield key;
      }
      if (failed) break;
    }
    await finished;
  } finally {
    pipeline.destroy();
  }
}

function keyOf({ line }: Reply): string {
  const key = /^key=(\S*)/.exec(line)?.[1];
  if (key !== undefined) return percentDecode(key);
  if (line.startsWith('BUSY')) throw new IsocacheError('SERVER_ERROR', line);
  throw replyError(line) ?? new IsocacheError('PROTOCOL', `not a key: ${line}`);
}

/** As decodeURIComponent(), but for bytes of any kind. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  const characters = text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return decodeText(fromLatin1(characters));
}
