// isocache/server over WebSocket.

import assert from 'node:assert/strict';
import http from 'node:http';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { createServer } from 'isocache/server';
import { WebSocket } from 'ws';

import { sleep, withServer } from './lib/serve.mjs';

const limit = { timeout: 60_000 };
const serve = (options, use) =>
  withServer(options, (server) => use(server, `ws://127.0.0.1:${server.websocketPort}/memcached`), {
    websocketPort: 0,
  });

/** A socket with what arrives: {socket, received(), closed: promise of the code}. */
async function connect(url, protocols = 'memcached', options = {}) {
  const socket = new WebSocket(url, protocols, options);
  const chunks = [];
  socket.on('message', (data, isBinary) => {
    assert.equal(isBinary, true);
    chunks.push(data);
  });
  const closed = new Promise((resolve) => {
    socket.on('close', resolve);
  });
  await new Promise((resolve, reject) => {
    socket.on('open', resolve).on('error', reject);
  });
  const received = () => Buffer.concat(chunks).toString('latin1');
  const until = async (end) => {
    for (let i = 0; i < 1000 && !received().endsWith(end); ++i) await sleep(5);
    return received();
  };
  return { socket, received, until, closed };
}

for (const [name, options] of [
  ['plain', {}],
  ['with a hook', { onRequest: async (request, internal) => internal(request) }],
]) {
  test(`frames are a byte stream, whatever their borders (${name})`, limit, () =>
    serve(options, async (_server, url) => {
      const { socket, until } = await connect(url);
      assert.equal(socket.protocol, 'memcached');
      for (const byte of Buffer.from('set a 0 0 3\r\nabc\r\n')) socket.send(Buffer.of(byte));
      socket.send(Buffer.from('get a\r\nmg a v\r\nm'));
      socket.send(Buffer.alloc(0));
      socket.send(Buffer.from('n\r\n'));
      assert.equal(await until('MN\r\n'), 'STORED\r\nVALUE a 0 3\r\nabc\r\nEND\r\nVA 3\r\nabc\r\nMN\r\n');
      socket.close();
    }),
  );

  test(`who does not read is not read from, and loses nothing (${name})`, limit, () =>
    serve(options, async (server, url) => {
      server.store.set('big', 'v'.repeat(1_000_000));
      const { socket } = await connect(url);
      socket.removeAllListeners('message');
      socket.pause();
      const before = process.memoryUsage().rss;
      // Each frame asks for more than is ever held; all of them arrive in one piece.
      for (let i = 0; i < 200; ++i) socket.send(Buffer.from('get big\r\n'));
      socket.send(Buffer.from('mn\r\n'));
      await sleep(300);
      const grown = process.memoryUsage().rss - before;
      assert.ok(grown < 120e6, `${grown} bytes`);
      let received = 0;
      const done = new Promise((resolve) => {
        socket.on('message', (data) => {
          received += data.length;
          if (data.toString('latin1').endsWith('MN\r\n')) resolve();
        });
      });
      socket.resume();
      await done;
      assert.equal(received, 200 * ('VALUE big 0 1000000\r\n\r\nEND\r\n'.length + 1_000_000) + 4);
      socket.close();
    }),
  );
}

test('quit closes', limit, () =>
  serve({}, async (_server, url) => {
    const { socket, closed, received } = await connect(url);
    socket.send(Buffer.from('mn\r\nquit\r\n'));
    assert.equal(await closed, 1005);
    assert.equal(received(), 'MN\r\n');
  }),
);

test('a text frame closes with 1003, one that is too large with 1009', limit, () =>
  serve({}, async (_server, url) => {
    const first = await connect(url);
    first.socket.send('version\r\n');
    assert.equal(await first.closed, 1003);
    assert.equal(first.received(), '');
    const second = await connect(url);
    second.socket.send(Buffer.alloc(5 << 20));
    assert.equal(await second.closed, 1009);
  }),
);

test('subprotocol: memcached, or none', limit, () =>
  serve({}, async (_server, url) => {
    assert.equal((await connect(url, ['other', 'memcached'])).socket.protocol, 'memcached');
    assert.equal((await connect(url, [])).socket.protocol, '');
    await assert.rejects(connect(url, ['other']));
  }),
);

test('pages of other origins are refused, unless they are on the list', limit, async () => {
  const asked = (url, origin) =>
    connect(url, 'memcached', { headers: { Origin: origin } }).then(
      ({ socket }) => {
        socket.close();
        return 101;
      },
      (error) => Number(/\d{3}/.exec(error.message)?.[0]),
    );
  await serve({}, async (server, url) => {
    assert.equal(await asked(url, `http://127.0.0.1:${server.websocketPort}`), 101);
    assert.equal(await asked(url, 'https://example.org'), 403);
    assert.equal(await asked(url, 'null'), 403);
  });
  await serve({ origins: ['https://example.org'] }, async (_server, url) => {
    assert.equal(await asked(url, 'https://example.org'), 101);
    assert.equal(await asked(url, 'https://example.org:8443'), 403);
  });
  await serve({ origins: ['*'] }, async (_server, url) => assert.equal(await asked(url, 'https://example.org'), 101));
});

test('other paths, and plain HTTP', limit, () =>
  serve({}, async (_server, url) => {
    await assert.rejects(connect(url.replace('/memcached', '/other')), /400/);
    const response = await fetch(url.replace('ws:', 'http:'));
    assert.equal(response.status, 426);
  }),
);

test('behind an HTTP server of the user', limit, async () => {
  const server = await createServer();
  const front = http.createServer((_request, response) => response.end('a page'));
  front.on('upgrade', (...upgrade) => server.upgrade(...upgrade));
  await new Promise((resolve) => {
    front.listen(0, '127.0.0.1', resolve);
  });
  const { port } = front.address();
  const client = createClient({ url: `ws://127.0.0.1:${port}/memcached`, WebSocket });
  await client.set('a', '1');
  assert.equal(await client.get('a'), '1');
  assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'a page');
  await client.close();
  await server.close();
  front.close();
  front.closeAllConnections();
});

test('a client whose WebSocket is refused, or breaks', limit, async () => {
  const client = createClient({ url: 'ws://127.0.0.1:1/memcached' });
  await assert.rejects(client.get('a'), { code: 'CLOSED' });
  await client.close();
  const server = await createServer({ onRequest: () => new Promise(() => {}) });
  await server.listen({ websocketPort: 0 });
  const other = createClient({ url: `ws://127.0.0.1:${server.websocketPort}/memcached` });
  const refused = assert.rejects(other.get('a'), { code: 'CLOSED' });
  await sleep(50);
  await server.close();
  await refused;
  await other.close();
});
