// Every transcript over ws and wss: command by command, and pipelined in random fragments.

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { playFragmented, playStepwise, readRecorded, readTranscripts } from '../lib/transcript.mjs';
import { connectOverWebSocket, needWs, webSocketUrl } from '../lib/websocket.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const shared = path.join(process.env.ISOCACHE_SHARED ?? path.join(root, '..', 'shared'), 'transcripts');
const seed = seedFromEnvironment(Date.now() % 1_000_000);
const limit = { timeout: 120_000 };
const AT_A_TIME = 4;

for (const scheme of ['ws', 'wss']) {
  describe(`isocached over ${scheme}`, { skip: needIsocached || needWs || (scheme === 'wss' && needOpenssl) }, () => {
    const args = ['--http', '127.0.0.1:0', '-t', '2'];
    let clientOptions;
    let server;
    before(async () => {
      if (scheme === 'wss') {
        const certificates = new Certificates();
        args.push(...certificates.serverArgs(certificates.issue('server')));
        clientOptions = certificates.clientOptions();
      }
      server = await startIsocached(args);
    });
    after(() => server?.stop());

    const over = (to) => ({ connect: () => connectOverWebSocket(webSocketUrl(to, scheme), clientOptions) });
    const play = async (to, sections, player) => {
      const problems = [];
      for (const section of sections) {
        for (const step of section.steps) {
          // the one command that knows of TLS
          if (scheme === 'wss' && step.sent === 'refresh_certs\r\n') step.expected = 'OK\r\n';
        }
        problems.push(...(await player(over(to), section)));
      }
      assert.ok(problems.length === 0, `\n${problems.slice(0, 5).join('\n\n')}\n(${problems.length} problems)`);
    };
    // Of its own for each file, so that the seed makes the same pieces whatever runs beside it.
    const fragmented = () => {
      const random = new Random(seed);
      return (to, section) => playFragmented(to, section, random);
    };

    for (const { name, sections } of readTranscripts(path.join(root, 'tests', 'conformance'))) {
      test(name, limit, async (context) => {
        context.diagnostic(`ISOCACHE_SEED=${seed}`);
        await play(server, sections, playStepwise);
        await play(server, sections, fragmented());
      });
    }

    // Each on a new server, as in transcripts.test.mjs; some at a time, for most of it is waiting.
    const recorded = readRecorded(shared);
    const playRecorded = async (playerOf) => {
      const files = recorded.values();
      const playSome = async () => {
        for (const { name, sections } of files) {
          await withServer(startIsocached, args, (fresh) => play(fresh, sections, playerOf())).catch((error) => {
            throw new Error(`${name}: ${error.message}`);
          });
        }
      };
      await Promise.all(Array.from({ length: AT_A_TIME }, playSome));
    };
    test(`recorded from memcached 1.6.45 (${recorded.length} files)`, limit, () => playRecorded(() => playStepwise));
    test('recorded from memcached 1.6.45, fragmented', limit, (context) => {
      context.diagnostic(`ISOCACHE_SEED=${seed}`);
      return playRecorded(fragmented);
    });
  });
}
