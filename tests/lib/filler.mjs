// Fills a server with a flash tier, not faster than its disk writes.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { statsOf } from './client.mjs';
import { set } from './talk.mjs';

const BATCH = 100;
const BATCH_BYTES = 400_000;
const CHECK_BYTES = 500_000; // less than a shard's buffers
const RECORD_BYTES = 50; // of an item on the disk, beside its value
const FASTEST = 40_000; // bytes a millisecond
const SLOWEST = 4000;
const FASTER = 1.25;

/** A value that names its key, so that any byte of another one would show. */
export const bytesOf = (key, length) => `${key}.`.repeat(Math.ceil(length / (key.length + 1))).slice(0, length);

/** Items that left memory while the disk was behind, and are not on it. */
export const dropped = async (client) => Number((await statsOf(client)).isocache_tier_not_appended);

export class Filler {
  #client;
  #pace = FASTEST;

  constructor(client) {
    this.#client = client;
  }

  /** Stores keys `${prefix}0` and so on. While the disk is behind, so that items are dropped, it goes on slower. */
  async fill(prefix, count, length) {
    const batch = Math.max(1, Math.min(BATCH, Math.floor(BATCH_BYTES / length)));
    let lost = await dropped(this.#client);
    let unchecked = 0;
    for (let from = 0; from < count; from += batch) {
      const keys = Array.from({ length: Math.min(batch, count - from) }, (_, n) => `${prefix}${from + n}`);
      await this.#client.send(keys.map((key) => set(key, bytesOf(key, length))).join(''));
      const stored = 'STORED\r\n'.repeat(keys.length);
      assert.equal(await this.#client.read(stored.length), stored);
      const bytes = keys.length * (length + RECORD_BYTES);
      await sleep(bytes / this.#pace);
      unchecked += bytes;
      if (unchecked < CHECK_BYTES) continue;
      unchecked = 0;
      const now = await dropped(this.#client);
      this.#pace = now === lost ? Math.min(FASTEST, this.#pace * FASTER) : Math.max(SLOWEST, this.#pace / 2);
      lost = now;
    }
  }

  /** Does it until nothing was dropped meanwhile: then all that left memory is on the disk. */
  async untilNothingIsDropped(fill) {
    for (let tries = 0; tries < 8; ++tries) {
      const before = await dropped(this.#client);
      await fill();
      if ((await dropped(this.#client)) === before) return;
    }
    assert.fail('the disk is behind, however slowly it is filled');
  }
}
