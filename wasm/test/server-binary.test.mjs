// The binary protocol in isocache/server and isocache/testing: who speaks it, and who is hung up on.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import { open } from 'isocache';
import { createServer } from 'isocache/server';
import { startMemcached } from 'isocache/testing';
import { open as openTiered } from 'isocache/tier';
import memjs from 'memjs';

import { frame, noop, OPCODE, parseReplies, STATUS, storeExtras } from '../../tests/lib/binary.mjs';
import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { runProgram } from '../../tests/lib/server.mjs';
import { FrameClient, webSocketUrl } from '../../tests/lib/websocket.mjs';
import { withServer } from './lib/serve.mjs';

const limit = { timeout: 120_000 };
const MEMCCAPABLE = '/usr/bin/memccapable';
const MEMCCAPABLE_TESTS = 27; // of its binary protocol
const LARGE_BYTES = 300_000;

const value = 'v'.repeat(LARGE_BYTES);
const frames = Buffer.concat([
  frame(OPCODE.set, { key: 'k', value, extras: storeExtras(5) }),
  frame(OPCODE.getkq, { key: 'none' }),
  frame(OPCODE.getk, { key: 'k' }),
  frame(OPCODE.quit),
]);

function check(bytes) {
  const { replies } = parseReplies(Buffer.from(bytes, 'latin1'));
  assert.deepEqual(
    replies.map(({ status }) => status),
    [STATUS.ok, STATUS.ok, STATUS.ok],
  );
  assert.ok(replies[1].value === value);
}

/** What the server sends until it hangs up, which it does at once. */
async function answerTo(server, bytes) {
  const client = await RawClient.connect(server.address);
  await client.send(bytes);
  const answer = await client.readToEnd(5000);
  client.close();
  return answer;
}

test('a server speaks it, over TCP and WebSocket, in whatever pieces', limit, () =>
  withServer(
    {},
    async (server) => {
      check(await answerTo(server, frames));
      const slow = await RawClient.connect(server.address);
      const pieces = Array.from({ length: 40 }, (_, at) => frames.subarray(at, at + 1));
      await slow.sendPieces([...pieces, frames.subarray(40)]);
      check(await slow.readToEnd());
      const client = await FrameClient.connect(webSocketUrl({ httpPort: server.websocketPort }));
      client.send(frames);
      await client.closed;
      check(client.received);
      await withClient(server, async (text) => assert.equal(await text.ask('mg k s\r\n'), `HD s${LARGE_BYTES}\r\n`));
    },
    { port: 0, websocketPort: 0 },
  ),
);

test('memjs', limit, () =>
  withServer({}, async (server) => {
    const cache = memjs.Client.create(`127.0.0.1:${server.port}`);
    assert.equal(await cache.set('a', 'text', {}), true);
    assert.equal((await cache.get('a')).value.toString(), 'text');
    assert.equal((await cache.increment('hits', 5, { initial: 10 })).value, 10);
    assert.equal(await cache.delete('a'), true);
    cache.close();
  }),
);

test('memccapable -b', { ...limit, skip: existsSync(MEMCCAPABLE) ? false : 'no libmemcached-tools here' }, () =>
  withServer({}, async (server) => {
    const args = ['-b', '-v', '-h', '127.0.0.1', '-p', String(server.port)];
    const { stdout, stderr } = await runProgram(MEMCCAPABLE, args);
    assert.equal((stdout + stderr).match(/\[pass\]/g)?.length, MEMCCAPABLE_TESTS, stdout + stderr);
  }),
);

test('a client of a protocol that is not spoken is hung up on at once', limit, async () => {
  await withServer({ protocol: 'ascii' }, async (server) => {
    for (const bytes of [noop(), noop().subarray(0, 1)]) assert.equal(await answerTo(server, bytes), '');
    await withClient(server, async (text) =>
      assert.equal(await text.ask('mn\r\n\x80\r\nmn\r\n'), 'MN\r\nCLIENT_ERROR bad command line format\r\nMN\r\n'),
    );
  });
  await withServer({ protocol: 'binary' }, async (server) => {
    assert.equal(await answerTo(server, 'mn\r\n'), '');
    check(await answerTo(server, frames));
  });
});

test('a hook sees nothing of it, so a server with a hook does not speak it', limit, async () => {
  const seen = [];
  const onRequest = (request) => void seen.push(request.command);
  await withServer({ onRequest }, async (server) => {
    assert.equal(await answerTo(server, frames), '');
    assert.deepEqual(seen, []);
  });
  await assert.rejects(createServer({ onRequest, protocol: 'binary' }), /onRequest does not speak the binary protocol/);
  await assert.rejects(createServer({ protocol: 'udp' }), /protocol must be auto, ascii or binary/);
});

test('a store of isocache/tier speaks it, one of isocache does not', limit, async () => {
  for (const [opens, speaks] of [
    [openTiered, true],
    [open, false],
  ]) {
    const store = await opens();
    await withServer({ store }, async (server) => {
      const answer = await answerTo(server, frames);
      if (speaks) check(answer);
      else assert.equal(answer, '');
    });
    store.close();
  }
});

test('the double for tests speaks it, by its own clock', limit, async () => {
  const memcached = await startMemcached();
  const cache = memjs.Client.create(`127.0.0.1:${memcached.port}`);
  await cache.set('a', 'text', { expires: 60 });
  memcached.advance(59_000);
  assert.equal((await cache.get('a')).value.toString(), 'text');
  memcached.advance(1000);
  assert.equal((await cache.get('a')).value, null);
  cache.close();
  await memcached.close();
});
