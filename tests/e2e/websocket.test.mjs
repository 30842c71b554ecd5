// memcached over WebSocket: frames are a byte stream, and only permitted pages may connect. Single frames, compression,
// transcripts and Python's client have files of their own.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import {
  closeCode,
  closeFrame,
  frame,
  FrameClient,
  needWs,
  OPCODE,
  openWebSocket,
  readFrame,
  upgraded,
  upgradeRequest,
  WebSocket,
  webSocketUrl,
} from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const HTTP = ['--http', '127.0.0.1:0'];
const MB = 2 ** 20;
const seed = seedFromEnvironment(Date.now() % 1_000_000);

const set = (key, value) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`;
const onServer = (args, use) => withServer(startIsocached, [...HTTP, ...args], use);
/** With a client that sees frames. */
const talk = (args, use, options) =>
  onServer(args, async (server) => {
    const client = await FrameClient.connect(webSocketUrl(server), options);
    try {
      return await use(client, server);
    } finally {
      client.close();
    }
  });
const refusedWith = (status) => (error) => error.status === status || assert.fail(`${error.message}`);

describe('isocached', { skip: needIsocached || needWs }, () => {
  test('frames are a byte stream, whatever their borders', limit, () =>
    talk([], async (client) => {
      assert.equal(client.socket.protocol, 'memcached');
      for (const byte of Buffer.from('set a 0 0 3\r\nabc\r\n')) client.socket.send(Buffer.of(byte));
      client.send('get a\r\nmg a v\r\nm');
      client.send('');
      client.send('n\r\n');
      assert.equal(await client.until('MN\r\n'), 'STORED\r\nVALUE a 0 3\r\nabc\r\nEND\r\nVA 3\r\nabc\r\nMN\r\n');
      const { socket } = client; // one message in three frames, with a ping in between
      socket.send(Buffer.from('mg a'), { fin: false });
      socket.ping('?');
      socket.send(Buffer.from(' v\r\nmn'), { fin: false });
      const pong = new Promise((resolve) => {
        socket.once('pong', (data) => resolve(data.toString()));
      });
      socket.send(Buffer.from('\r\n'), { fin: true });
      client.frames.length = 0;
      assert.equal(await client.until('MN\r\n'), 'VA 3\r\nabc\r\nMN\r\n');
      assert.equal(await pong, '?');
    }),
  );

  test('the replies to what arrives together leave as one frame', limit, () =>
    onServer([], async (server) => {
      const client = await upgraded(server);
      const requests = Array.from({ length: 32 }, (_, i) => frame(OPCODE.binary, `mg key${i} v\r\n`));
      await client.send(Buffer.concat(requests)); // 32 frames in one packet
      assert.deepEqual(await readFrame(client), { fin: true, opcode: OPCODE.binary, payload: 'EN\r\n'.repeat(32) });
      await client.send(frame(OPCODE.binary, 'mn\r\n'.repeat(5000)));
      assert.deepEqual((await readFrame(client)).payload.length % 'MN\r\n'.length, 0);
      client.close();
    }),
  );

  test('large values, in both directions', limit, () =>
    talk(['-m', '256', '-I', '32m'], async (client) => {
      const random = new Random(seed);
      for (const size of [1000, 16_384, 65_536, MB, 20 * MB]) {
        const bytes = Buffer.from(random.bytes(size), 'latin1');
        client.frames.length = 0;
        client.send(`set k 0 0 ${size}\r\n`);
        for (let at = 0; at < size; at += 70_000) client.send(bytes.subarray(at, at + 70_000));
        client.send('\r\nget k\r\n');
        const expected = `STORED\r\nVALUE k 0 ${size}\r\n${bytes.toString('latin1')}\r\nEND\r\n`;
        assert.ok((await client.until('\r\nEND\r\n')) === expected, `${size} bytes`);
      }
    }),
  );

  test('a pipeline of 20,000 commands in one frame', limit, () =>
    talk([], async (client) => {
      client.send(`${set('n', '0')}${'incr n 1\r\n'.repeat(20_000)}mn\r\n`);
      const expected = `STORED\r\n${Array.from({ length: 20_000 }, (_, i) => `${i + 1}\r\n`).join('')}MN\r\n`;
      assert.ok((await client.until('MN\r\n')) === expected);
    }),
  );

  test('a dump, which is longer than any buffer', limit, () =>
    talk([], async (client) => {
      const count = 20_000;
      for (let i = 0; i < count; i += 1000) {
        client.send(
          Array.from(
            { length: 1000 },
            (_, j) => `ms key-with-a-long-name-${'x'.repeat(100)}${i + j} 1 q\r\nv\r\n`,
          ).join(''),
        );
      }
      client.send('lru_crawler metadump all\r\n');
      const lines = (await client.until('END\r\n')).split('\r\n').length;
      assert.ok(lines >= 1, `${lines}`);
      assert.equal(client.received.match(/^key=/gm).length, count);
    }),
  );

  test('what was asked before the goodbye is answered before it', limit, () =>
    onServer([], async (server) => {
      for (const [last, code] of [
        [closeFrame(1000), 1000],
        [frame(OPCODE.text, 'x'), 1003],
      ]) {
        const client = await upgraded(server);
        await client.send(Buffer.concat([frame(OPCODE.binary, 'mn\r\n'), last]));
        assert.equal((await readFrame(client))?.payload, 'MN\r\n');
        assert.equal(closeCode(await readFrame(client)), code);
        client.close();
      }
    }),
  );

  describe('who may connect', () => {
    const url = webSocketUrl;
    const open = async (address, options) => {
      const socket = await openWebSocket(address, options);
      const { protocol } = socket;
      socket.terminate();
      return protocol;
    };

    test('a program, with the subprotocol or without', limit, () =>
      onServer([], async (server) => {
        assert.equal(await open(url(server)), 'memcached');
        assert.equal(await open(url(server), { protocols: ['mqtt', 'memcached'] }), 'memcached');
        assert.equal(await open(url(server), { protocols: [] }), '');
      }),
    );

    test('a page of the same origin, with the subprotocol', limit, () =>
      onServer([], async (server) => {
        const own = `http://127.0.0.1:${server.httpPort}`;
        assert.equal(await open(url(server), { origin: own }), 'memcached');
        assert.equal(
          await open(url(server).replace('127.0.0.1', 'localhost'), { origin: own.replace('127.0.0.1', 'localhost') }),
          'memcached',
        );
        await assert.rejects(open(url(server), { origin: own, protocols: [] }), refusedWith(400));
        await assert.rejects(open(url(server), { origin: own, protocols: ['other'] }), refusedWith(400));
        for (const origin of [
          'http://127.0.0.1',
          `https://127.0.0.1:${server.httpPort}`,
          `http://127.0.0.1:${server.httpPort + 1}`,
          'https://evil.example',
          'null',
          'file://',
          `http://127.0.0.1:${server.httpPort}.evil.example`,
        ]) {
          await assert.rejects(open(url(server), { origin }), refusedWith(403), origin);
        }
        // A name that was made to point to this machine after its page was loaded (DNS rebinding).
        const rebound = `evil.example:${server.httpPort}`;
        await assert.rejects(
          open(url(server), { origin: `http://${rebound}`, headers: { Host: rebound } }),
          refusedWith(403),
        );
      }),
    );

    test('pages of the origins in --allow-origin', limit, () =>
      onServer(['--allow-origin', 'https://app.example,http://b.example:81'], async (server) => {
        assert.equal(await open(url(server), { origin: 'https://app.example' }), 'memcached');
        assert.equal(await open(url(server), { origin: 'http://b.example:81' }), 'memcached');
        await assert.rejects(open(url(server), { origin: 'http://app.example' }), refusedWith(403));
        await assert.rejects(open(url(server), { origin: 'https://app.example:444' }), refusedWith(403));
      }),
    );

    test('any page with --allow-origin "*"', limit, () =>
      onServer(['--allow-origin', '*'], async (server) => {
        assert.equal(await open(url(server), { origin: 'https://anything.example' }), 'memcached');
      }),
    );
  });

  test('an upgrade that is wrong is refused with a reason', limit, () =>
    onServer([], async (server) => {
      const ask = async (request) => {
        const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
        await client.send(request);
        const reply = await client.readToEnd();
        client.close();
        return reply;
      };
      assert.match(
        await ask(upgradeRequest({ 'Sec-WebSocket-Version': '8' })),
        /^HTTP\/1.1 426 [^]*\r\nSec-WebSocket-Version: 13\r\n/,
      );
      assert.match(await ask(upgradeRequest({ 'Sec-WebSocket-Key': undefined })), /^HTTP\/1.1 400 /);
      assert.match(await ask(upgradeRequest({ Connection: 'close' })), /^HTTP\/1.1 426 [^]*\r\nUpgrade: websocket\r\n/);
      assert.match(await ask(upgradeRequest({ Connection: 'close' }, { method: 'POST' })), /^HTTP\/1.1 405 /);
      assert.match(await ask(`${upgradeRequest({ 'Content-Length': '4' })}mn\r\n`), /^HTTP\/1.1 400 /);
      assert.match(await ask(upgradeRequest({ 'Transfer-Encoding': 'gzip' })), /^HTTP\/1.1 400 /);
      assert.match(await ask(upgradeRequest() + frame(OPCODE.binary, 'mn\r\n').toString('latin1')), /^HTTP\/1.1 400 /);
    }),
  );

  test('elsewhere an upgrade is not one, and the connection is still good for one here', limit, () =>
    onServer([], async (server) => {
      const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
      for (const path of ['/other', '/', '/memcached/', '/memcached2']) {
        await client.send(upgradeRequest({}, { path }));
        const head = await client.readUntil('\r\n\r\n');
        assert.match(head, path === '/' ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 404 /, path);
        await client.read(Number(/^Content-Length: (\d+)\r$/m.exec(head)[1]));
      }
      await client.send(upgradeRequest());
      assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1.1 101 /);
      client.close();
    }),
  );

  test('the fields of an upgrade may be spread', limit, () =>
    onServer([], async (server) => {
      const client = await upgraded(server, {
        Connection: 'keep-alive\r\nConnection: Upgrade',
        'Sec-WebSocket-Protocol': 'mqtt\r\nSec-WebSocket-Protocol: memcached',
      });
      await client.send(frame(OPCODE.binary, 'mn\r\n'));
      assert.equal((await readFrame(client)).payload, 'MN\r\n');
      client.close();
    }),
  );

  test('SIGTERM says goodbye', limit, () =>
    talk([], async (client, server) => {
      client.send('mn\r\n');
      await client.until('MN\r\n');
      const { code } = await server.stop('SIGTERM');
      assert.equal(code, 0);
      assert.equal((await client.closed).code, 1001);
    }),
  );

  test('shutdown over a WebSocket ends the server', limit, () =>
    talk(['-A'], async (client, server) => {
      client.send('shutdown\r\n');
      await client.closed;
      for (let i = 0; i < 500 && server.alive; ++i) await sleep(10);
      assert.equal(server.alive, false);
    }),
  );

  test('stats count it, stats conns shows it', limit, () =>
    talk([], async (client, server) => {
      await withClient(server, async (other) => {
        const before = await statsOf(other);
        assert.equal(before.curr_connections, '2');
        client.send('mn\r\n'.repeat(100));
        await client.until('MN\r\n'.repeat(100));
        const later = await statsOf(other);
        assert.ok(Number(later.bytes_read) - Number(before.bytes_read) >= 400);
        assert.ok(Number(later.bytes_written) - Number(before.bytes_written) >= 400);
        const conns = Object.values(await statsOf(other, 'conns'));
        assert.equal(conns.filter((value) => value === `tcp:127.0.0.1:${server.httpPort}`).length, 2); // listener, client
        client.close();
        for (let i = 0; i < 500 && (await statsOf(other)).curr_connections !== '1'; ++i) await sleep(10);
        assert.equal((await statsOf(other)).curr_connections, '1');
      });
    }),
  );

  test('-o idle_timeout', limit, () =>
    talk(['-o', 'idle_timeout=1'], async (client) => {
      assert.deepEqual(await client.closed, { code: 1000, reason: 'idle' });
    }),
  );

  test('both ports see the same items', limit, () =>
    talk([], async (client, server) => {
      client.send(set('a', 'from the web'));
      await client.until('STORED\r\n');
      assert.equal(await withClient(server, (other) => other.ask('mg a v\r\n')), 'VA 12\r\nfrom the web\r\n');
    }),
  );

  const packaged = new URL('../../wasm/dist/esm/client/node.js', import.meta.url);
  test(
    'the client of the npm package',
    { ...limit, skip: existsSync(packaged) ? false : 'the npm package is not built' },
    () =>
      onServer([], async (server) => {
        const { createClient } = await import(packaged);
        const client = createClient({ url: webSocketUrl(server), WebSocket });
        try {
          await client.set('greeting', 'hello');
          assert.deepEqual(
            await Promise.all(Array.from({ length: 100 }, () => client.get('greeting'))),
            Array(100).fill('hello'),
          );
        } finally {
          await client.close();
        }
        assert.equal(await withClient(server, (other) => other.ask('mg greeting v\r\n')), 'VA 5\r\nhello\r\n');
      }),
  );
});
