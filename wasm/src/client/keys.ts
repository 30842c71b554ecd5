// All keys of a cache, in the order in which `lru_crawler metadump` lists them.

import { IsocacheError } from '../base/types.js';
import { LIST_ALL, LIST_BEGIN, LIST_END, listedKey } from '../protocol/listing.js';
import { bare } from './commands.js';
import { MORE, NEXT, type Pipeline } from './pipeline.js';

// How many keys may wait for their reader before the server is made to wait.
const MAX_WAITING = 10_000;
// Over a WebSocket the server cannot be made to wait. Then so many keys are kept.
const MAX_WAITING_UNASKED = 1_000_000;

/** Takes the whole of `pipeline`: a slow reader must not hold up anybody else's replies. */
export async function* listKeys(pipeline: Pipeline): AsyncGenerator<string, void, undefined> {
  let waiting: string[] = [];
  let wake = () => {};
  let begun = false;
  const finished = pipeline.request(
    bare(LIST_ALL, ({ line }) => {
      if (line === LIST_END) return true;
      const isFirst = !begun;
      begun = true;
      if (isFirst && line === LIST_BEGIN) return MORE;
      if (waiting.push(listedKey(line)) === MAX_WAITING) pipeline.pause();
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
