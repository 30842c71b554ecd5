// Clients that speak memcached's binary protocol, which is not supported: the server closes their connection at once,
// and its log says why.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';

import { RawClient, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { passwordFiles, USERS } from '../lib/logins.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { certificates, needTls, serverPair } from '../lib/tls.mjs';
import { FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const NOOP = `\x80\x0a${'\0'.repeat(22)}`;
const passwordFile = passwordFiles();

/** Sends the bytes; what comes back until the server closes, which it does at once. */
async function answerTo(server, bytes) {
  const client = await RawClient.connect(server.address);
  const began = Date.now();
  await client.send(bytes);
  const answer = await client.readToEnd(5000);
  assert.ok(Date.now() - began < 2000, `closed after ${Date.now() - began} ms`);
  client.close();
  return answer;
}

async function isClosedAndLogged(args, peer, prepare = () => {}) {
  await withServer(startIsocached, [...args, '-v'], async (server) => {
    prepare(server);
    for (const bytes of [NOOP, '\x80', `${NOOP}mn\r\n`]) assert.equal(await answerTo(server, bytes), '');
    const line = new RegExp(`^warning: closed ${peer}: it speaks the binary protocol, which is not supported;`, 'gm');
    await eventually(() => server.stderr.match(line)?.length === 3, `three lines, not: ${server.stderr}`);
  });
}

describe('a client of the binary protocol', { skip: needIsocached }, () => {
  test('is closed at once over TCP', limit, () => isClosedAndLogged([], 'tcp:127\\.0\\.0\\.1:\\d+'));

  test('is closed at once where passwords are asked for', limit, () =>
    isClosedAndLogged(['-Y', passwordFile(USERS)], 'tcp:127\\.0\\.0\\.1:\\d+'),
  );

  test('is closed at once on a unix socket', limit, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'isocache-binary-'));
    try {
      await isClosedAndLogged(['-s', path.join(folder, 'socket')], 'unix:\\S+');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('is closed at once over TLS', { ...limit, skip: needTls }, () =>
    isClosedAndLogged(certificates.serverArgs(serverPair), 'tcp:127\\.0\\.0\\.1:\\d+', (server) => {
      server.tls = certificates.clientOptions();
    }),
  );

  test('is closed with 1008 over WebSocket', { ...limit, skip: needWs }, () =>
    withServer(startIsocached, ['--http', '127.0.0.1:0', '-v'], async (server) => {
      const client = await FrameClient.connect(webSocketUrl(server));
      client.send(NOOP);
      setTimeout(() => client.close(), 2000).unref(); // then it ends with 1006
      assert.deepEqual(await client.closed, { code: 1008, reason: 'the binary protocol is not supported' });
      await eventually(
        () => /closed tcp:127\.0\.0\.1:\d+: it speaks the binary protocol/.test(server.stderr),
        server.stderr,
      );
    }),
  );

  test('is not mistaken: the byte is text anywhere else', limit, () =>
    withServer(startIsocached, ['-v'], (server) =>
      withClient(server, async (client) => {
        assert.equal(await client.ask('set k 0 0 1\r\n\x80\r\n'), 'STORED\r\n');
        assert.equal(await client.ask('\x80\r\n'), 'CLIENT_ERROR bad command line format\r\n');
        assert.equal(await client.ask('get k\r\n'), 'VALUE k 0 1\r\n\x80\r\nEND\r\n');
        assert.doesNotMatch(server.stderr, /binary/);
      }),
    ),
  );
});
