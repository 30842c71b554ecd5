// Every transcript through Store.connect(): command by command, and pipelined in random fragments.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { RawClient } from '../../tests/lib/client.mjs';
import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { playFragmented, playStepwise, readRecorded, readTranscripts } from '../../tests/lib/transcript.mjs';
import { open } from '../dist/esm/entry/index.js';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const shared = path.join(process.env.ISOCACHE_SHARED ?? path.join(root, '..', 'shared'), 'transcripts');
const seed = seedFromEnvironment(Date.now() % 1_000_000);
const START_MS = 1_800_000_000_000;

/** A connection in the shape of a socket. */
class ConnectionSocket extends EventEmitter {
  #connection;
  constructor(connection) {
    super();
    this.#connection = connection;
  }

  get destroyed() {
    return this.#connection.closed;
  }

  write(bytes, done) {
    for (let input = bytes; ; input = undefined) {
      const replies = this.#connection.feed(input);
      if (replies.length > 0) this.emit('data', Buffer.from(replies));
      if (!this.#connection.pending) break;
    }
    done();
    if (this.#connection.closed) this.emit('end');
  }

  destroy() {
    this.#connection.close();
  }
}

/** A new store, as a server that the transcripts can be played to. */
async function newServer() {
  let now = START_MS;
  const store = await open({ now: () => now, hashSeed: 1n });
  return {
    connect: () => new RawClient(new ConnectionSocket(store.connect()), 10_000),
    advance: (seconds) => {
      now += seconds * 1000;
    },
  };
}

async function play({ name, sections }, player) {
  const server = await newServer();
  const problems = [];
  for (const section of sections) problems.push(...(await player(server, section)));
  assert.ok(problems.length === 0, `${name}\n${problems.slice(0, 5).join('\n\n')}\n(${problems.length} problems)`);
}

function playInPieces(server, section) {
  return playFragmented(server, section, new Random(seed));
}

for (const [folder, transcripts] of [
  ['by hand', readTranscripts(path.join(root, 'tests', 'conformance'))],
  ['recorded from memcached 1.6.45', readRecorded(shared)],
]) {
  describe(folder, { skip: transcripts.length === 0 && 'there are none here' }, () => {
    for (const transcript of transcripts) {
      test(transcript.name, () => play(transcript, playStepwise));
      test(`${transcript.name}, fragmented`, (context) => {
        context.diagnostic(`ISOCACHE_SEED=${seed}`);
        return play(transcript, playInPieces);
      });
    }
  });
}
