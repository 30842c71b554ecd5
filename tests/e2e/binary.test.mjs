// The binary protocol on every way in, and which protocols a server or a listener speaks. What frames answer is judged
// by differential.test.mjs and the unit tests.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';

import { frame, noop, OPCODE, parseReplies, REPLY_MAGIC, STATUS, storeExtras } from '../lib/binary.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { passwordFiles, USERS } from '../lib/logins.mjs';
import { freePort, isocachedPath, needIsocached, runProgram, startIsocached, withServer } from '../lib/server.mjs';
import { certificates, needTls, serverPair } from '../lib/tls.mjs';
import { FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const passwordFile = passwordFiles();
const EX_USAGE = 64;
const LARGE_BYTES = 300_000;

const set = (key, value) => frame(OPCODE.set, { key, value, extras: storeExtras(7) });
const get = (key) => frame(OPCODE.getk, { key, opaque: 9 });
const sasl = (message) => frame(OPCODE.saslAuth, { key: 'PLAIN', value: message });
const END = 0x7eee_eeee;
const endReply = frame(OPCODE.noop, { opaque: END, lengths: { magic: REPLY_MAGIC } }).toString('latin1');

/** The replies to these frames. */
async function ask(client, frames) {
  client.send(Buffer.concat([frames, noop(END)].flat()));
  const bytes = await client.readUntil(endReply);
  return parseReplies(Buffer.from(bytes, 'latin1')).replies.slice(0, -1);
}

function checkReplies([stored, small, storedLarge, large, miss], value) {
  assert.equal(stored.status, STATUS.ok);
  assert.equal(small.value, 'value');
  assert.equal(small.extras, '00000007');
  assert.equal(small.opaque, 9);
  assert.equal(small.cas, stored.cas);
  assert.equal(storedLarge.status, STATUS.ok);
  assert.ok(large.value === value);
  assert.equal(miss.status, STATUS.notFound);
  assert.equal(miss.key, 'none');
}

const value = 'large '.repeat(LARGE_BYTES / 6);
const session = [set('k', 'value'), get('k'), set('large', value), get('large'), get('none')];

/** What a client of another protocol gets: nothing, at once. */
async function isClosedAtOnce(server, bytes) {
  const client = await RawClient.connect(server.address);
  const began = Date.now();
  await client.send(bytes);
  assert.equal(await client.readToEnd(5000), '');
  assert.ok(Date.now() - began < 2000, `closed after ${Date.now() - began} ms`);
  client.close();
}

describe('the binary protocol', { skip: needIsocached }, () => {
  test('over TCP, beside the text protocol', limit, () =>
    withServer(startIsocached, ['-t', '2'], async (server) => {
      await withClient(server, async (client) => checkReplies(await ask(client, session), value));
      await withClient(server, async (client) => {
        assert.match(await client.ask('gets k\r\n'), /^VALUE k 7 5 \d+\r\nvalue\r\nEND\r\n$/);
        assert.equal(await client.ask('\x80\r\n'), 'CLIENT_ERROR bad command line format\r\n');
        assert.equal((await statsOf(client, 'settings')).binding_protocol, 'auto-negotiate');
      });
    }),
  );

  test('on a unix socket', limit, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'isocache-binary-'));
    try {
      await withServer(startIsocached, ['-s', path.join(folder, 'socket')], (server) =>
        withClient(server, async (client) => checkReplies(await ask(client, session), value)),
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test('over TLS', { ...limit, skip: needTls }, () =>
    withServer(startIsocached, certificates.serverArgs(serverPair), async (server) => {
      server.tls = certificates.clientOptions();
      await withClient(server, async (client) => checkReplies(await ask(client, session), value));
    }),
  );

  test('over WebSocket, whatever the frames of that', { ...limit, skip: needWs }, () =>
    withServer(startIsocached, ['--http', '127.0.0.1:0'], async (server) => {
      const client = await FrameClient.connect(webSocketUrl(server));
      const bytes = Buffer.concat([...session, noop(END)]);
      for (let from = 0, size = 1; from < bytes.length; from += size, size = Math.min(size * 3, 70_000)) {
        client.send(bytes.subarray(from, from + size));
      }
      const received = await client.until(endReply);
      checkReplies(parseReplies(Buffer.from(received, 'latin1')).replies, value);
      client.close();
    }),
  );

  test('is not spoken with -B ascii, and the text protocol not with -B binary', limit, async () => {
    for (const [protocol, other, name] of [
      ['ascii', noop(), 'binary'],
      ['binary', 'get k\r\n', 'text'],
    ]) {
      await withServer(startIsocached, ['-v', '-B', protocol], async (server) => {
        for (const bytes of [other, other.slice(0, 1)]) await isClosedAtOnce(server, bytes);
        const line = new RegExp(
          `^warning: closed tcp:\\S+: it speaks the ${name} protocol, which -B does not allow`,
          'gm',
        );
        await eventually(() => server.stderr.match(line)?.length === 2, `two lines, not: ${server.stderr}`);
      });
    }
  });

  test('a WebSocket client of another protocol gets 1008', { ...limit, skip: needWs }, () =>
    withServer(startIsocached, ['--http', '127.0.0.1:0', '-B', 'ascii'], async (server) => {
      const client = await FrameClient.connect(webSocketUrl(server));
      client.send(noop());
      setTimeout(() => client.close(), 2000).unref(); // then it ends with 1006
      assert.deepEqual(await client.closed, { code: 1008, reason: 'this protocol is not allowed here' });
    }),
  );

  test('each listener may have its own', limit, async () => {
    const ports = [await freePort(), await freePort()];
    const listen = ['-l', `proto[ascii]:127.0.0.1:${ports[0]}`, '-l', `proto[binary]:127.0.0.1:${ports[1]}`];
    await withServer(startIsocached, listen, async (server) => {
      const at = (port) => ({ address: { host: '127.0.0.1', port } });
      await isClosedAtOnce(at(ports[0]), noop());
      await isClosedAtOnce(at(ports[1]), 'mn\r\n');
      await withClient(at(ports[0]), async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
      await withClient(at(ports[1]), async (client) => assert.equal((await ask(client, [set('k', 'v')])).length, 1));
      assert.ok(server.alive);
    });
  });

  test('with passwords: SASL, or the first set', limit, () =>
    withServer(startIsocached, ['-v', '-Y', passwordFile(USERS)], async (server) => {
      await withClient(server, async (client) => {
        const [listed, wrong, right, stored] = await ask(client, [
          frame(OPCODE.saslList),
          sasl('\0foo\0wrong'),
          sasl('\0foo\0bar'),
          set('k', 'v'),
        ]);
        assert.equal(listed.value, 'PLAIN');
        assert.equal(wrong.status, STATUS.authError);
        assert.equal(right.value, 'Authenticated');
        assert.equal(stored.status, STATUS.ok);
      });
      const client = await RawClient.connect(server.address);
      await client.send(get('k'));
      const { replies } = parseReplies(Buffer.from(await client.readToEnd(5000), 'latin1'));
      assert.deepEqual(
        replies.map(({ status }) => status),
        [STATUS.authError],
      );
      await withClient(server, async (text) => {
        assert.equal(await text.ask('set any 0 0 7\r\nfoo bar\r\nget k\r\n'), 'STORED\r\nVALUE k 7 1\r\nv\r\nEND\r\n');
        const settings = await statsOf(text, 'settings');
        assert.equal(settings.auth_enabled_sasl, 'yes');
      });
      await eventually(() => /login failed: tcp:/.test(server.stderr), server.stderr);
    }),
  );

  test('-S allows only the binary protocol, and needs -Y', limit, async () => {
    const file = passwordFile(USERS);
    await withServer(startIsocached, ['-S', '-Y', file], async (server) => {
      await isClosedAtOnce(server, 'set any 0 0 7\r\nfoo bar\r\n');
      await withClient(server, async (client) => {
        assert.equal((await ask(client, [sasl('\0foo\0bar')]))[0].status, STATUS.ok);
      });
    });
    for (const [args, why] of [
      [['-S'], /-S: add the file of passwords: -Y <file>/],
      [['-S', '-Y', file, '-B', 'ascii'], /-S: You cannot allow only the ASCII protocol while using SASL/],
      [['-B', 'udp'], /-B: one of auto, ascii and binary, not 'udp'/],
    ]) {
      const { code, stderr } = await runProgram(isocachedPath, ['-p', '0', ...args]);
      assert.equal(code, EX_USAGE, stderr);
      assert.match(stderr, why);
    }
  });

  test('at -vv the log shows neither values nor passwords', limit, () =>
    withServer(startIsocached, ['-vv', '-Y', passwordFile(USERS)], async (server) => {
      await withClient(server, (client) => ask(client, [sasl('\0foo\0bar'), set('k', 'a\nsecret\n'), get('k')]));
      await eventually(() => />\d+ \(\d+ bytes of the binary protocol\)/.test(server.stderr), server.stderr);
      assert.match(server.stderr, /<\d+ \(\d+ bytes of the binary protocol\)/);
      assert.doesNotMatch(server.stderr, /secret|bar/);
    }),
  );

  test('a client that closes its side gets its replies', limit, () =>
    withServer(startIsocached, [], async (server) => {
      const client = await RawClient.connect(server.address, { allowHalfOpen: true });
      await client.send(Buffer.concat(session));
      client.end();
      const { replies } = parseReplies(Buffer.from(await client.readToEnd(10_000), 'latin1'));
      checkReplies(replies, value);
      client.close();
    }),
  );
});
