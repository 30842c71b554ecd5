// memcached over WebSocket: frames are a byte stream, and bad ones end with the right code.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached, runProgram, startIsocached, withServer } from '../lib/server.mjs';
import { playFragmented, playStepwise, readTranscripts } from '../lib/transcript.mjs';
import { closeCode, connectOverWebSocket, frame, FrameClient, needWs, OPCODE, openWebSocket, readFrame, upgraded,
  upgradeRequest, WebSocket, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const PYTHON_WEBSOCKETS = '/usr/lib/python3/dist-packages/websockets/__init__.py';
const HTTP = ['--http', '127.0.0.1:0'];
const MB = 2 ** 20;
const seed = seedFromEnvironment(Date.now() % 1_000_000);
const transcripts = readTranscripts(path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'conformance'));

const set = (key, value) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`;
const onServer = (args, use) => withServer(startIsocached, [...HTTP, ...args], use);
/** With a client that sees frames. */
const talk = (args, use, options) => onServer(args, async (server) => {
  const client = await FrameClient.connect(webSocketUrl(server), options);
  try {
    return await use(client, server);
  } finally {
    client.close();
  }
});
const refusedWith = (status) => (error) => error.status === status || assert.fail(`${error.message}`);

describe('isocached', { skip: needIsocached || needWs }, () => {
  for (const scheme of ['ws', 'wss']) {
    describe(`transcripts over ${scheme}`, { skip: scheme === 'wss' && needOpenssl }, () => {
      let server;
      let over;
      before(async () => {
        const certificates = scheme === 'wss' ? new Certificates() : null;
        const args = certificates?.serverArgs(certificates.issue('server')) ?? [];
        server = await startIsocached([...HTTP, '-t', '2', ...args]);
        over = { connect: () => connectOverWebSocket(webSocketUrl(server, scheme), certificates?.clientOptions()) };
      });
      after(() => server?.stop());

      for (const { name, sections } of transcripts) {
        test(name, { timeout: 120_000 }, async (context) => {
          context.diagnostic(`ISOCACHE_SEED=${seed}`);
          const random = new Random(seed);
          for (const section of sections) {
            for (const step of section.steps) {  // the one command that knows of TLS
              if (scheme === 'wss' && step.sent === 'refresh_certs\r\n') step.expected = 'OK\r\n';
            }
            const problems = [...await playStepwise(over, section), ...await playFragmented(over, section, random)];
            assert.ok(problems.length === 0, `\n${problems.slice(0, 5).join('\n\n')}`);
          }
        });
      }
    });
  }

  test('frames are a byte stream, whatever their borders', limit, () => talk([], async (client) => {
    assert.equal(client.socket.protocol, 'memcached');
    for (const byte of Buffer.from('set a 0 0 3\r\nabc\r\n')) client.socket.send(Buffer.of(byte));
    client.send('get a\r\nmg a v\r\nm');
    client.send('');
    client.send('n\r\n');
    assert.equal(await client.until('MN\r\n'), 'STORED\r\nVALUE a 0 3\r\nabc\r\nEND\r\nVA 3\r\nabc\r\nMN\r\n');
    const { socket } = client;  // one message in three frames, with a ping in between
    socket.send(Buffer.from('mg a'), { fin: false });
    socket.ping('?');
    socket.send(Buffer.from(' v\r\nmn'), { fin: false });
    const pong = new Promise((resolve) => { socket.once('pong', (data) => resolve(data.toString())); });
    socket.send(Buffer.from('\r\n'), { fin: true });
    client.frames.length = 0;
    assert.equal(await client.until('MN\r\n'), 'VA 3\r\nabc\r\nMN\r\n');
    assert.equal(await pong, '?');
  }));

  test('the replies to what arrives together leave as one frame', limit, () => onServer([], async (server) => {
    const client = await upgraded(server);
    const requests = Array.from({ length: 32 }, (_, i) => frame(OPCODE.binary, `mg key${i} v\r\n`));
    await client.send(Buffer.concat(requests));  // 32 frames in one packet
    assert.deepEqual(await readFrame(client), { fin: true, opcode: OPCODE.binary, payload: 'EN\r\n'.repeat(32) });
    await client.send(frame(OPCODE.binary, 'mn\r\n'.repeat(5000)));
    assert.deepEqual((await readFrame(client)).payload.length % 'MN\r\n'.length, 0);
    client.close();
  }));

  test('large values, in both directions', limit, () => talk(['-m', '256', '-I', '32m'], async (client) => {
    const random = new Random(seed);
    for (const size of [1000, 16_384, 65_536, MB, 20 * MB]) {
      const bytes = Buffer.from(random.bytes(size), 'latin1');
      client.frames.length = 0;
      client.send(`set k 0 0 ${size}\r\n`);
      for (let at = 0; at < size; at += 70_000) client.send(bytes.subarray(at, at + 70_000));
      client.send('\r\nget k\r\n');
      const expected = `STORED\r\nVALUE k 0 ${size}\r\n${bytes.toString('latin1')}\r\nEND\r\n`;
      assert.ok(await client.until('\r\nEND\r\n') === expected, `${size} bytes`);
    }
  }));

  test('a pipeline of 20,000 commands in one frame', limit, () => talk([], async (client) => {
    client.send(`${set('n', '0')}${'incr n 1\r\n'.repeat(20_000)}mn\r\n`);
    const expected = `STORED\r\n${Array.from({ length: 20_000 }, (_, i) => `${i + 1}\r\n`).join('')}MN\r\n`;
    assert.ok(await client.until('MN\r\n') === expected);
  }));

  test('a dump, which is longer than any buffer', limit, () => talk([], async (client) => {
    const count = 20_000;
    for (let i = 0; i < count; i += 1000) {
      client.send(Array.from({ length: 1000 }, (_, j) => `ms key-with-a-long-name-${'x'.repeat(100)}${i + j} 1 q\r\nv\r\n`).join(''));
    }
    client.send('lru_crawler metadump all\r\n');
    const lines = (await client.until('END\r\n')).split('\r\n').length;
    assert.ok(lines >= 1, `${lines}`);
    assert.equal(client.received.match(/^key=/gm).length, count);
  }));

  test('what was asked before the goodbye is answered before it', limit, () => onServer([], async (server) => {
    for (const [last, code] of [[frame(OPCODE.close, '\x03\xe8'), 1000], [frame(OPCODE.text, 'x'), 1003]]) {
      const client = await upgraded(server);
      await client.send(Buffer.concat([frame(OPCODE.binary, 'mn\r\n'), last]));
      assert.equal((await readFrame(client))?.payload, 'MN\r\n');
      assert.equal(closeCode(await readFrame(client)), code);
      client.close();
    }
  }));

  describe('what ends a connection, and with which code', () => {
    let server;
    before(async () => { server = await startIsocached([...HTTP, '-I', '64k']); });
    after(() => server?.stop());

    const { binary, close, continuation, ping, text } = OPCODE;
    const cases = [
      ['a text frame', [frame(text, 'mn\r\n')], 1003],
      ['an empty text frame', [frame(text)], 1003],
      ['a text frame with bad UTF-8', [frame(text, '\xff\xfe')], [1003, 1007]],
      ['a frame above twice the item limit', [frame(binary, 'x', { length: 131_073n })], 1009],
      ['a frame of 2^62 bytes', [frame(binary, '', { length: 1n << 62n })], 1009],
      ['a frame whose length has its highest bit set', [frame(binary, '', { length: 1n << 63n })], [1002, 1009]],
      ['fragments above twice the item limit together',
        [frame(binary, 'get ', { fin: false }), ...Array(14).fill(frame(continuation, 'x'.repeat(10_000), { fin: false }))], 1009],
      ['an unmasked frame', [frame(binary, 'mn\r\n', { masked: false })], 1002],
      ['a reserved bit', [frame(binary, 'mn\r\n', { reserved: 4 })], 1002],
      ['an unknown opcode', [frame(3, 'x')], 1002],
      ['an unknown control opcode', [frame(11, 'x')], 1002],
      ['a continuation of nothing', [frame(continuation, 'mn\r\n')], 1002],
      ['a new message within another', [frame(binary, 'm', { fin: false }), frame(binary, 'n\r\n')], 1002],
      ['a fragmented ping', [frame(ping, 'x', { fin: false })], 1002],
      ['a ping of 126 bytes', [frame(ping, 'x'.repeat(126))], 1002],
      ['a close frame of one byte', [frame(close, '\x03')], 1002],
      ['a close frame with a code that is not for sending', [frame(close, '\x03\xed')], 1002],
      ['a close frame with bad UTF-8', [frame(close, '\x03\xe8\xff')], [1002, 1007]],
      ['a close frame', [frame(close, '\x03\xe8bye')], 1000],
      ['a close frame without a code', [frame(close)], [1000, null, 1005]],
      ['quit', [frame(binary, 'quit\r\n')], 1000],
      ['a line without end', [frame(binary, 'x'.repeat(3000))], 1008],
      ['an HTTP request in a frame', [frame(binary, 'GET / HTTP/1.1\r\n\r\n')], 1008],
    ];
    for (const [name, frames, codes] of cases) {
      test(name, limit, async () => {
        const client = await upgraded(server);
        await client.send(Buffer.concat(frames));
        for (;;) {
          const received = await readFrame(client);
          assert.ok(received, 'closed without a word');
          if (received.opcode !== close) continue;
          assert.ok([codes].flat().includes(closeCode(received)), `code ${closeCode(received)}`);
          break;
        }
        await client.send(frame(close, '\x03\xe8'));
        await client.readToEnd();
        client.close();
        assert.equal(await withClient(server, (other) => other.ask('mn\r\n')), 'MN\r\n');
      });
    }

    test('who does not answer a close is cut off', limit, async () => {
      const client = await upgraded(server);
      await client.send(frame(binary, 'quit\r\n'));
      assert.equal(closeCode(await readFrame(client)), 1000);
      await client.readToEnd(15_000);  // although our end stays open and silent
      client.close();
    });
  });

  describe('who may connect', () => {
    const url = webSocketUrl;
    const open = async (address, options) => {
      const socket = await openWebSocket(address, options);
      const { protocol } = socket;
      socket.terminate();
      return protocol;
    };

    test('a program, with the subprotocol or without', limit, () => onServer([], async (server) => {
      assert.equal(await open(url(server)), 'memcached');
      assert.equal(await open(url(server), { protocols: ['mqtt', 'memcached'] }), 'memcached');
      assert.equal(await open(url(server), { protocols: [] }), '');
    }));

    test('a page of the same origin, with the subprotocol', limit, () => onServer([], async (server) => {
      const own = `http://127.0.0.1:${server.httpPort}`;
      assert.equal(await open(url(server), { origin: own }), 'memcached');
      assert.equal(await open(url(server).replace('127.0.0.1', 'localhost'), { origin: own.replace('127.0.0.1', 'localhost') }), 'memcached');
      await assert.rejects(open(url(server), { origin: own, protocols: [] }), refusedWith(400));
      await assert.rejects(open(url(server), { origin: own, protocols: ['other'] }), refusedWith(400));
      for (const origin of ['http://127.0.0.1', `https://127.0.0.1:${server.httpPort}`, `http://127.0.0.1:${server.httpPort + 1}`, 'https://evil.example', 'null', 'file://',
        `http://127.0.0.1:${server.httpPort}.evil.example`]) {
        await assert.rejects(open(url(server), { origin }), refusedWith(403), origin);
      }
      // A name that was made to point to this machine after its page was loaded (DNS rebinding).
      const rebound = `evil.example:${server.httpPort}`;
      await assert.rejects(open(url(server), { origin: `http://${rebound}`, headers: { Host: rebound } }), refusedWith(403));
    }));

    test('pages of the origins in --allow-origin', limit, () => onServer(['--allow-origin', 'https://app.example,http://b.example:81'],
      async (server) => {
        assert.equal(await open(url(server), { origin: 'https://app.example' }), 'memcached');
        assert.equal(await open(url(server), { origin: 'http://b.example:81' }), 'memcached');
        await assert.rejects(open(url(server), { origin: 'http://app.example' }), refusedWith(403));
        await assert.rejects(open(url(server), { origin: 'https://app.example:444' }), refusedWith(403));
      }));

    test('any page with --allow-origin "*"', limit, () => onServer(['--allow-origin', '*'], async (server) => {
      assert.equal(await open(url(server), { origin: 'https://anything.example' }), 'memcached');
    }));
  });

  test('an upgrade that is wrong is refused with a reason', limit, () => onServer([], async (server) => {
    const ask = async (request) => {
      const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
      await client.send(request);
      const reply = await client.readToEnd();
      client.close();
      return reply;
    };
    assert.match(await ask(upgradeRequest({ 'Sec-WebSocket-Version': '8' })), /^HTTP\/1.1 426 [^]*\r\nSec-WebSocket-Version: 13\r\n/);
    assert.match(await ask(upgradeRequest({ 'Sec-WebSocket-Key': undefined })), /^HTTP\/1.1 400 /);
    assert.match(await ask(upgradeRequest({ Connection: 'close' })), /^HTTP\/1.1 426 [^]*\r\nUpgrade: websocket\r\n/);
    assert.match(await ask(upgradeRequest({ Connection: 'close' }, { method: 'POST' })), /^HTTP\/1.1 405 /);
    assert.match(await ask(upgradeRequest({ 'Content-Length': '4' }) + 'mn\r\n'), /^HTTP\/1.1 400 /);
    assert.match(await ask(upgradeRequest({ 'Transfer-Encoding': 'gzip' })), /^HTTP\/1.1 400 /);
    assert.match(await ask(upgradeRequest({}, { path: '/other' }).replace('Connection: Upgrade', 'Connection: close')), /^HTTP\/1.1 404 /);
    assert.match(await ask(upgradeRequest() + frame(OPCODE.binary, 'mn\r\n').toString('latin1')), /^HTTP\/1.1 400 /);
  }));

  test('the fields of an upgrade may be spread', limit, () => onServer([], async (server) => {
    const client = await upgraded(server, { Connection: 'keep-alive\r\nConnection: Upgrade',
      'Sec-WebSocket-Protocol': 'mqtt\r\nSec-WebSocket-Protocol: memcached' });
    await client.send(frame(OPCODE.binary, 'mn\r\n'));
    assert.equal((await readFrame(client)).payload, 'MN\r\n');
    client.close();
  }));

  test('permessage-deflate is off, and on when asked for', limit, async () => {
    const options = { perMessageDeflate: { threshold: 0 } };
    await talk([], async ({ socket }) => assert.equal(socket.extensions, ''), options);
    await talk(['--websocket-deflate'], async (client) => {
      assert.match(client.socket.extensions, /^permessage-deflate/);
      const value = 'compressible '.repeat(50_000);
      client.send(`${set('k', value)}get k\r\nmn\r\n`);
      assert.ok(await client.until('MN\r\n') === `STORED\r\nVALUE k 0 ${value.length}\r\n${value}\r\nEND\r\nMN\r\n`);
      // Few bytes on the wire that become more than any item may be: not beyond the limit of a frame.
      client.send(Buffer.alloc(4 * MB, 'x'));
      assert.ok([1008, 1009].includes((await client.closed).code));
    }, options);
  });

  test('SIGTERM says goodbye', limit, () => talk([], async (client, server) => {
    client.send('mn\r\n');
    await client.until('MN\r\n');
    const { code } = await server.stop('SIGTERM');
    assert.equal(code, 0);
    assert.equal((await client.closed).code, 1001);
  }));

  test('shutdown over a WebSocket ends the server', limit, () => talk(['-A'], async (client, server) => {
    client.send('shutdown\r\n');
    await client.closed;
    for (let i = 0; i < 500 && server.alive; ++i) await sleep(10);
    assert.equal(server.alive, false);
  }));

  test('stats count it, stats conns shows it', limit, () => talk([], async (client, server) => {
    await withClient(server, async (other) => {
      const before = await statsOf(other);
      assert.equal(before.curr_connections, '2');
      client.send('mn\r\n'.repeat(100));
      await client.until('MN\r\n'.repeat(100));
      const later = await statsOf(other);
      assert.ok(Number(later.bytes_read) - Number(before.bytes_read) >= 400);
      assert.ok(Number(later.bytes_written) - Number(before.bytes_written) >= 400);
      const conns = Object.values(await statsOf(other, 'conns'));
      assert.equal(conns.filter((value) => value === `tcp:127.0.0.1:${server.httpPort}`).length, 2);  // listener, client
      client.close();
      for (let i = 0; i < 500 && (await statsOf(other)).curr_connections !== '1'; ++i) await sleep(10);
      assert.equal((await statsOf(other)).curr_connections, '1');
    });
  }));

  test('-o idle_timeout', limit, () => talk(['-o', 'idle_timeout=1'], async (client) => {
    assert.deepEqual(await client.closed, { code: 1000, reason: 'idle' });
  }));

  test('both ports see the same items', limit, () => talk([], async (client, server) => {
    client.send(set('a', 'from the web'));
    await client.until('STORED\r\n');
    assert.equal(await withClient(server, (other) => other.ask('mg a v\r\n')), 'VA 12\r\nfrom the web\r\n');
  }));

  const packaged = new URL('../../wasm/dist/esm/client/node.js', import.meta.url);
  test('the client of the npm package', { ...limit, skip: existsSync(packaged) ? false : 'the npm package is not built' }, () => onServer([], async (server) => {
    const { createClient } = await import(packaged);
    const client = createClient({ url: webSocketUrl(server), WebSocket });
    try {
      await client.set('greeting', 'hello');
      assert.deepEqual(await Promise.all(Array.from({ length: 100 }, () => client.get('greeting'))), Array(100).fill('hello'));
    } finally {
      await client.close();
    }
    assert.equal(await withClient(server, (other) => other.ask('mg greeting v\r\n')), 'VA 5\r\nhello\r\n');
  }));

  test('python3-websockets', { ...limit, skip: existsSync(PYTHON_WEBSOCKETS) ? false : 'no python3-websockets here' }, () => onServer([], async (server) => {
    const program = `
import asyncio, sys, websockets
async def talk(url):
    async with websockets.connect(url, subprotocols=["memcached"], origin=url.replace("ws:", "http:").removesuffix("/memcached"), max_size=None) as ws:
        assert ws.subprotocol == "memcached", ws.subprotocol
        value = bytes(range(256)) * 4000
        await ws.send([b"set a 0 0 %d\\r\\n" % len(value), value, b"\\r\\n"])  # one message, fragmented
        assert await ws.recv() == b"STORED\\r\\n"
        await ws.send(b"get a\\r\\n")
        assert await ws.recv() == b"VALUE a 0 %d\\r\\n%s\\r\\nEND\\r\\n" % (len(value), value)
        await (await ws.ping(b"there?"))
        await ws.send("text")
        try:
            await ws.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 1003, closed
            print("fine")
asyncio.run(talk(sys.argv[1]))`;
    const { code, stdout, stderr } = await runProgram('/usr/bin/python3', ['-c', program, webSocketUrl(server)]);
    assert.equal(`${stdout}${stderr}`, 'fine\n');
    assert.equal(code, 0);
  }));
});
