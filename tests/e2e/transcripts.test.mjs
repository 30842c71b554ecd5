// Every transcript, over TCP: command by command, and pipelined in random fragments. They run against memcached as
// well, so they say what memcached does and not what we think it does.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { RawClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import {
  needIsocached,
  needMemcached,
  QUIET_MEMCACHED,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { parseTranscript, playFragmented, playStepwise, readRecorded, readTranscripts } from '../lib/transcript.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const shared = path.join(process.env.ISOCACHE_SHARED ?? path.join(root, '..', 'shared'), 'transcripts');
const seed = seedFromEnvironment(Date.now() % 1_000_000);
const limit = { timeout: 120_000 };

const ours = readTranscripts(path.join(root, 'tests', 'conformance'));
const recorded = readRecorded(shared);

async function play(server, sections, player) {
  const problems = [];
  for (const section of sections) problems.push(...(await player(server, section)));
  assert.ok(problems.length === 0, `\n${problems.slice(0, 5).join('\n\n')}\n(${problems.length} problems)`);
}

describe('isocached', { skip: needIsocached }, () => {
  let server;
  before(async () => {
    server = await startIsocached(['-t', '2']);
  });
  after(() => server?.stop());

  for (const { name, sections } of ours) {
    test(name, limit, () => play(server, sections, playStepwise));
    test(`${name}, fragmented`, limit, (context) => {
      context.diagnostic(`ISOCACHE_SEED=${seed}`);
      const random = new Random(seed);
      return play(server, sections, (to, section) => playFragmented(to, section, random));
    });
  }

  // Each on a new server, as it was recorded, and with the same cas ids: some compare them with
  // ids of their own, one sends such an id where a length belongs.
  const playRecorded = async (player) => {
    for (const { name, sections } of recorded) {
      await withServer(startIsocached, ['-t', '2'], (fresh) => play(fresh, sections, player)).catch((error) => {
        throw new Error(`${name}: ${error.message}`);
      });
    }
  };

  test(`recorded from memcached 1.6.45 (${recorded.length} files)`, limit, () => playRecorded(playStepwise));

  test('recorded from memcached 1.6.45, fragmented', limit, (context) => {
    context.diagnostic(`ISOCACHE_SEED=${seed}`);
    const random = new Random(seed);
    return playRecorded((to, section) => playFragmented(to, section, random));
  });
});

describe('memcached says the same', { skip: needMemcached }, () => {
  for (const { name, sections } of ours) {
    // The crawler's commands need the crawler.
    const args = name === 'admin.txt' ? [] : QUIET_MEMCACHED;
    test(name, limit, () =>
      withServer(startMemcached, args, async (server) => {
        const client = await RawClient.connect(server.address);
        const version = (await client.ask('version\r\n')).split(' ')[1].trim();
        client.close();
        await play(server, sections, (to, section) => playStepwise(to, section, { version }));
      }),
    );
  }

  test('a wrong transcript is found out', limit, () =>
    withServer(startMemcached, [], async (server) => {
      const wrong = parseTranscript(
        [
          '> get a\\r\\n',
          '< VALUE a 0 1\\r\\nx\\r\\nEND\\r\\n',
          '> set a 0 0 1\\r\\nx\\r\\n',
          '< STORED\\r\\n',
          '> gets a\\r\\n',
          '< VALUE a 0 1 {cas1}\\r\\nx\\r\\nEND\\r\\n',
          '> set a 0 0 1\\r\\nx\\r\\n',
          '< STORED\\r\\n',
          '> gets a\\r\\n',
          '< VALUE a 0 1 {cas1}\\r\\nx\\r\\nEND\\r\\n',
          '> mg a t\\r\\n',
          '< HD t9\\r\\n',
          '> mn\\r\\n',
          '< MN\\r\\n<closed>',
        ].join('\n'),
      );
      const problems = await playStepwise(server, wrong[0], { version: '1.6.18', limitMs: 500 });
      assert.deepEqual(
        problems.map((problem) => /^line (\d+)/.exec(problem)[1]),
        ['1', '9', '11', '13'],
      );
      assert.equal((await playFragmented(server, wrong[0], new Random(1))).length, 1);
    }),
  );
});
