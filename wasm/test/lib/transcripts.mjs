// Every transcript to a server in this process: command by command, and pipelined in random fragments.

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Random, seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { playFragmented, playStepwise, readRecorded, readTranscripts } from '../../../tests/lib/transcript.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const shared = path.join(process.env.ISOCACHE_SHARED ?? path.join(root, '..', 'shared'), 'transcripts');
const seed = seedFromEnvironment(Date.now() % 1_000_000);

async function play({ name, sections }, newServer, player) {
  const server = await newServer();
  const problems = [];
  for (const section of sections) problems.push(...(await player(server, section)));
  assert.ok(problems.length === 0, `${name}\n${problems.slice(0, 5).join('\n\n')}\n(${problems.length} problems)`);
}

function playInPieces(server, section) {
  return playFragmented(server, section, new Random(seed));
}

/** Tests of all transcripts. `newServer` gives a new one: { connect() -> RawClient, advance(seconds) }. */
export function testTranscripts(newServer) {
  for (const [folder, transcripts] of [
    ['by hand', readTranscripts(path.join(root, 'tests', 'conformance'))],
    ['recorded from memcached 1.6.45', readRecorded(shared)],
  ]) {
    describe(folder, { skip: transcripts.length === 0 && 'there are none here' }, () => {
      for (const transcript of transcripts) {
        test(transcript.name, () => play(transcript, newServer, playStepwise));
        test(`${transcript.name}, fragmented`, (context) => {
          context.diagnostic(`ISOCACHE_SEED=${seed}`);
          return play(transcript, newServer, playInPieces);
        });
      }
    });
  }
}
