// isocache/server over its sockets: memcached's behaviour with and without a hook, limits, back-pressure.

import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';
import { createServer } from 'isocache/server';

import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { eventually } from '../../tests/lib/eventually.mjs';
import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { playFragmented, playStepwise, readTranscripts } from '../../tests/lib/transcript.mjs';
import { makeCertificate } from './lib/tls.mjs';
import { sleep, withServer } from './lib/serve.mjs';

const conformance = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'tests', 'conformance');
const limit = { timeout: 120_000 };

// Every way that a request can go must answer as memcached does.
const WAYS = [
  ['without a hook', {}],
  ['with a hook that looks on', { onRequest: () => {} }],
  ['with a hook that executes', { onRequest: async (request, internal) => internal(request) }],
];

for (const [name, options] of WAYS) {
  describe(`transcripts ${name}`, () => {
    let server;
    before(async () => {
      server = await createServer(options);
      await server.listen({ port: 0 });
    });
    after(() => server.close());
    const seed = seedFromEnvironment(Date.now() % 1_000_000);

    for (const { name: file, sections } of readTranscripts(conformance)) {
      test(`${file} (ISOCACHE_SEED=${seed})`, limit, async () => {
        const to = { address: { host: '127.0.0.1', port: server.port } };
        const random = new Random(seed);
        const problems = [];
        for (const section of sections) {
          problems.push(...(await playStepwise(to, section)), ...(await playFragmented(to, section, random)));
        }
        assert.ok(problems.length === 0, `\n${problems.slice(0, 3).join('\n\n')}\n(${problems.length} problems)`);
      });
    }
  });

  describe(name, () => {
    test('who ends its side still gets the replies', () =>
      withServer(options, async (server) => {
        const socket = net.connect({ port: server.port, allowHalfOpen: true });
        socket.end('set a 0 0 1\r\n1\r\nget a\r\nget');
        let text = '';
        for await (const chunk of socket) text += chunk;
        assert.equal(text, 'STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\n');
      }));

    test('quit, a line without end, and HTTP end the connection', () =>
      withServer(options, async (server) => {
        for (const [sent, reply] of [
          ['version\r\nquit\r\nversion\r\n', /^VERSION [\d.]+\r\n$/],
          ['x'.repeat(3000), /^$/],
          ['GET / HTTP/1.1\r\n', /^$/],
        ]) {
          await withClient(server, async (client) => {
            await client.send(sent);
            assert.match(await client.readToEnd(), reply);
          });
        }
      }));

    test('a value that is too large is refused, and the connection goes on', () =>
      withServer(options, async (server) => {
        await withClient(server, async (client) => {
          await client.ask('set a 0 0 1\r\n1\r\n');
          const sent = `set a 0 0 3000000\r\n${'x'.repeat(3_000_000)}\r\nget a\r\n`;
          assert.equal(await client.ask(sent), 'SERVER_ERROR object too large for cache\r\nEND\r\n');
        });
      }));

    test('who does not read is not read from, and loses nothing', limit, () =>
      withServer(options, async (server) => {
        const value = 'v'.repeat(1_000_000);
        server.store.set('big', value);
        const client = await RawClient.connect(server.address, { limitMs: 60_000 });
        client.socket.pause();
        const count = 400;
        const memory = () => process.memoryUsage().rss;
        const before = memory();
        client.send(`${'get big\r\n'.repeat(count)}mn\r\n`);
        let most = 0;
        for (let i = 0; i < 20; ++i) {
          await sleep(20);
          most = Math.max(most, memory() - before);
        }
        assert.ok(most < 150e6, `${most} bytes for replies that nobody reads`);
        client.socket.resume();
        const reply = `VALUE big 0 ${value.length}\r\n`.length + value.length + '\r\nEND\r\n'.length;
        let received = 0;
        client.socket.removeAllListeners('data');
        await new Promise((resolve) => {
          let tail = '';
          client.socket.on('data', (chunk) => {
            received += chunk.length;
            tail = (tail + chunk.toString('latin1')).slice(-4);
            if (tail === 'MN\r\n') resolve();
          });
        });
        assert.equal(received, reply * count + 4);
        client.close();
      }),
    );

    test('who sends without end and does not read is stopped', limit, () =>
      withServer(options, async (server) => {
        server.store.set('big', 'v'.repeat(500_000));
        const socket = net.connect(server.port, '127.0.0.1');
        socket.pause();
        let sent = 0;
        const requests = Buffer.from('get big\r\n'.repeat(10_000));
        const ended = Date.now() + 1000;
        while (Date.now() < ended && !socket.writableNeedDrain) {
          socket.write(requests, () => {
            sent += requests.length;
          });
          await sleep(5);
        }
        assert.ok(socket.writableNeedDrain || sent < 20e6, `${sent} bytes taken`);
        socket.destroy();
      }),
    );

    test('connections that break off in the middle of anything', () =>
      withServer(options, async (server) => {
        for (const sent of [
          '',
          'get',
          'set a 0 0 100\r\nabc',
          `set a 0 0 500000\r\n${'x'.repeat(200_000)}`,
          'get a\r\n'.repeat(1000),
        ]) {
          const client = await RawClient.connect(server.address);
          await client.send(sent);
          client.reset();
        }
        await withClient(server, async (client) => assert.equal(await client.ask('get a\r\n'), 'END\r\n'));
      }));
  });
}

test('connections beyond the limit are hung up on', () =>
  withServer({ maxConnections: 2 }, async (server) => {
    const clients = await Promise.all([1, 2].map(() => RawClient.connect(server.address)));
    for (const client of clients) assert.equal(await client.ask('get a\r\n'), 'END\r\n');
    const third = await RawClient.connect(server.address);
    assert.equal(await third.readToEnd(), '');
    clients[0].close();
    const isServed = () => withClient(server, (client) => client.ask('get a\r\n')).catch(() => false);
    await eventually(async () => (await isServed()) === 'END\r\n', 'one that is gone still counts');
    clients[1].close();
  }));

test('a store that is given is served, and stays open', async () => {
  const store = await open();
  store.set('a', 'one');
  const server = await createServer({ store });
  await server.listen({ port: 0 });
  const client = createClient({ port: server.port });
  assert.equal(await client.get('a'), 'one');
  await client.set('b', 'two');
  await client.close();
  await server.close();
  assert.equal(store.get('b'), 'two');
});

test('a store that is closed under its server: connections end, nothing else', async () => {
  const store = await open();
  const server = await createServer({ store });
  await server.listen({ port: 0 });
  const client = createClient({ port: server.port });
  await client.set('a', '1');
  store.close();
  await assert.rejects(client.get('a'), { code: 'CLOSED' });
  await client.close();
  await server.close();
});

test('close hangs up on everybody, also on who does not read', limit, async () => {
  const server = await createServer();
  await server.listen({ port: 0 });
  const address = { host: '127.0.0.1', port: server.port };
  const idle = await RawClient.connect(address);
  const stuck = await RawClient.connect(address);
  server.store.set('big', 'v'.repeat(1_000_000));
  stuck.socket.pause();
  await stuck.send('get big\r\n'.repeat(100));
  await sleep(50);
  const start = Date.now();
  await server.close();
  assert.ok(Date.now() - start < 5000);
  assert.equal(await idle.readToEnd(), '');
  await assert.rejects(RawClient.connect(address));
  await assert.rejects(server.listen({ port: 0 }), { code: 'CLOSED' });
  stuck.close();
});

for (const [name, options] of WAYS) {
  test(`close({ drain }) answers what has begun, ${name}`, limit, async () => {
    const server = await createServer(options);
    await server.listen({ port: 0 });
    const address = { host: '127.0.0.1', port: server.port };
    const requests = [
      ['set k 0 0 5\r\nab', 'cde\r\n', 'STORED\r\n'],
      ['ms m 5\r\n', 'abcde\r\n', 'HD\r\n'],
      ['mg no', 'body\r\n', 'EN\r\n'],
      [`set l 0 0 ${1 << 21}\r\n`, `${'v'.repeat(1 << 21)}\r\n`, 'SERVER_ERROR object too large for cache\r\n'],
    ];
    const idle = await RawClient.connect(address);
    const clients = [];
    for (const [begin] of requests) {
      const client = await RawClient.connect(address);
      await client.send(`mn\r\n${begin}`);
      await client.read(4);
      clients.push(client);
    }
    const closed = server.close({ drain: 60_000 });
    assert.equal(await idle.readToEnd(), '');
    for (const [i, [, end, reply]] of requests.entries()) {
      await clients[i].send(end);
      assert.equal(await clients[i].readToEnd(), reply);
    }
    await closed;
  });

  test(`close({ drain }) waits no longer than that, ${name}`, limit, async () => {
    const server = await createServer(options);
    await server.listen({ port: 0 });
    const client = await RawClient.connect({ host: '127.0.0.1', port: server.port });
    await client.send('mn\r\nset k 0 0 5\r\nab');
    await client.read(4);
    const start = Date.now();
    await server.close({ drain: 300 });
    assert.ok(Date.now() - start >= 299);
    assert.ok(Date.now() - start < 10_000);
    client.close();
  });
}

test('a port that is taken', () =>
  withServer({}, async (server) => {
    const second = await createServer();
    await assert.rejects(second.listen({ port: server.port }), { code: 'EADDRINUSE' });
    await second.close();
  }));

test('unix sockets: a stale one is replaced, a live one is not', async () => {
  const file = `/tmp/isocache-server-${process.pid}.sock`;
  const first = await createServer();
  await first.listen({ path: file });
  assert.equal(first.port, undefined);
  const second = await createServer();
  await assert.rejects(second.listen({ path: file }), { code: 'EADDRINUSE' });
  const client = createClient({ path: file });
  assert.equal(await client.get('a'), undefined);
  await client.close();
  await first.close();
  assert.equal(existsSync(file), false);

  const { status } = (await import('node:child_process')).spawnSync(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`,
  ]);
  assert.equal(status, null);
  assert.equal(existsSync(file), true);
  await second.listen({ path: file });
  await second.close();

  writeFileSync(file, 'no socket');
  const third = await createServer();
  await assert.rejects(third.listen({ path: file }), { code: 'EADDRINUSE' });
  await third.close();
  (await import('node:fs')).unlinkSync(file);
});

test('TLS: connections that tls.createServer accepted', async () => {
  const { key, cert } = makeCertificate();
  const server = await createServer();
  const door = tls.createServer({ key, cert, allowHalfOpen: true }, (socket) => server.accept(socket));
  await new Promise((resolve) => {
    door.listen(0, '127.0.0.1', resolve);
  });
  const client = createClient({ host: 'localhost', port: door.address().port, tls: { ca: cert } });
  await client.set('a', 'secret');
  assert.equal(await client.get('a'), 'secret');
  await client.close();
  door.close();
  await server.close();
});

test('what listen() and createServer() cannot be told', async () => {
  for (const address of [
    8123,
    '8123',
    null,
    { port: 'x' },
    { port: 99_999 },
    { websocketPort: 1.5 },
    { host: 5 },
    { path: 5 },
  ]) {
    const server = await createServer();
    await assert.rejects(server.listen(address), { code: 'BAD_ARGUMENT' }, JSON.stringify(address));
    await server.close();
  }
  await assert.rejects(createServer({ store: open() }), { code: 'BAD_ARGUMENT' });
});
