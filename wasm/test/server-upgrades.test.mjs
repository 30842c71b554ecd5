// Who may have a WebSocket: upgrades that are refused, pages of other origins, those who ask for nothing.

import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, test } from 'node:test';

import { createServer } from 'isocache/server';

import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { eventually } from '../../tests/lib/eventually.mjs';
import { sleep } from './lib/serve.mjs';
import { limit, withBoth, openSocket, upgradeText, REFUSED, dial } from './lib/hostile-clients.mjs';

/** Whether so many clients at once are. */
async function areServed(server, count) {
  const clients = await Promise.all(Array.from({ length: count }, () => RawClient.connect(server.address)));
  const replies = await Promise.all(clients.map((client) => client.ask('mn\r\n').catch(() => '')));
  for (const client of clients) client.close();
  return replies.every((reply) => reply === 'MN\r\n');
}

describe('upgrades that are refused', { concurrency: 12 }, () => {
  for (const [name, status, fields] of REFUSED) {
    test(`${name}: an answer, and an end whether the other side closes or not`, limit, () =>
      withBoth({ maxConnections: 3 }, async (server) => {
        const stubborn = await Promise.all([1, 2, 3].map(() => dial(server.websocketPort, upgradeText(fields))));
        for (const { ended } of stubborn) await ended;
        for (const { text } of stubborn) assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
        assert.ok(Date.now() - stubborn[0].began < 3000);
        await eventually(() => areServed(server, 2), 'those who were refused still count');
        for (const { socket } of stubborn) socket.destroy();
      }),
    );
  }

  for (const own of [false, true]) {
    test(`and reset, at any time: nobody else notices (${own ? 'a server of the user' : 'listen()'})`, limit, () =>
      withBoth({}, async (server) => {
        const front = http.createServer((_, response) => response.end());
        front.on('upgrade', (...upgrade) => server.upgrade(...upgrade));
        await new Promise((resolve) => {
          front.listen(0, '127.0.0.1', resolve);
        });
        const port = own ? front.address().port : server.websocketPort;
        for (const [, , fields] of REFUSED) {
          for (const wait of [0, 0, 1, 5]) {
            const { socket } = await dial(port, upgradeText(fields));
            if (wait > 0) await sleep(wait);
            socket.resetAndDestroy();
          }
        }
        await sleep(100);
        await withClient(server, async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
        front.close();
        front.closeAllConnections();
      }),
    );
  }

  test('a socket that fails while upgrade() is waiting, or has failed', limit, async () => {
    const server = await createServer();
    const front = http.createServer();
    const taken = new Promise((resolve) => {
      front.on('upgrade', (request, socket, head) => {
        const done = server.upgrade(request, socket, head);
        socket.destroy(new Error('reset'));
        resolve(done);
      });
    });
    await new Promise((resolve) => {
      front.listen(0, '127.0.0.1', resolve);
    });
    const { socket } = await dial(front.address().port, upgradeText());
    await taken;
    socket.destroy();
    await server.close();
    front.close();
  });
});

describe('who may connect from a page', () => {
  const asked = async (server, fields) => {
    const seen = await dial(server.websocketPort, upgradeText({ 'Sec-WebSocket-Protocol': 'memcached', ...fields }));
    for (let i = 0; i < 400 && !seen.text.includes('\r\n\r\n'); ++i) await sleep(5);
    seen.socket.destroy();
    return Number(/^HTTP\/1.1 (\d+)/.exec(seen.text)?.[1]);
  };

  test('pages of this server: by address or localhost, not by a name that somebody else may own', limit, () =>
    withBoth({}, async (server) => {
      const table = [
        [101, '127.0.0.1:80', 'http://127.0.0.1:80'],
        [101, '192.168.1.7:8080', 'http://192.168.1.7:8080'],
        [101, '[::1]:8080', 'http://[::1]:8080'],
        [101, 'localhost:8080', 'http://localhost:8080'],
        [101, 'LocalHost', 'http://localhost'],
        [403, 'evil.example', 'http://evil.example'],
        [403, 'evil.example:8080', 'http://evil.example:8080'],
        [403, '127.0.0.1.evil.example', 'http://127.0.0.1.evil.example'],
        [403, 'localhost.evil.example', 'http://localhost.evil.example'],
        [403, '127.0.0.1', 'https://127.0.0.1'],
        [403, '127.0.0.1', 'http://127.0.0.1:81'],
        [403, '127.0.0.1', 'null'],
        [403, '127.0.0.1', ''],
        [403, '127.0.0.1', 'http://'],
        [403, '', 'http://'],
      ];
      for (const [status, Host, Origin] of table)
        assert.equal(await asked(server, { Host, Origin }), status, `${Host} ${Origin}`);
      assert.equal(await asked(server, { Host: 'evil.example' }), 101, 'a program');
    }),
  );

  test('pages of the list: whole origins, as browsers send them', limit, () =>
    withBoth({ origins: ['HTTPS://App.Example:443', 'http://cache.lan:8080'] }, async (server) => {
      for (const [status, Origin] of [
        [101, 'https://app.example'],
        [101, 'http://cache.lan:8080'],
        [403, 'https://app.example.evil.example'],
        [403, 'http://app.example'],
        [403, 'https://app.exampl'],
        [403, 'https://app.example:8443'],
        [403, 'http://cache.lan'],
      ]) {
        assert.equal(await asked(server, { Origin }), status, Origin);
      }
    }),
  );

  test('options that make no sense are refused', async () => {
    for (const wrong of [
      { origins: 'https://app.example' },
      { origins: ['app.example'] },
      { origins: ['https://app.example/path'] },
      { origins: ['https://*.example'] },
      { origins: [5] },
      { origins: [null] },
      { concurrency: 0 },
      { concurrency: NaN },
      { concurrency: '2' },
      { maxConnections: NaN },
      { maxConnections: 0 },
      { maxConnections: 1.5 },
      { onRequest: 'x' },
      { onError: {} },
    ]) {
      await assert.rejects(createServer(wrong), { code: 'BAD_ARGUMENT' }, JSON.stringify(wrong));
    }
  });
});

describe('silent ones', () => {
  test('on the WebSocket port: they count as connections, and go after 10 seconds', limit, () =>
    withBoth({ maxConnections: 6 }, async (server) => {
      const silent = await Promise.all(
        ['', '', 'GET', 'GET /memcached HTTP/1.1\r\nHost:', upgradeText().slice(0, -2)].map((text) =>
          dial(server.websocketPort, text),
        ),
      );
      const drip = setInterval(() => silent[3].socket.write('a'), 200);
      await sleep(100);
      const last = await RawClient.connect(server.address);
      assert.equal(await last.ask('mn\r\n'), 'MN\r\n');
      const beyond = await RawClient.connect(server.address);
      assert.equal(await beyond.readToEnd(), '');
      const beyondHttp = await dial(server.websocketPort, '');
      await beyondHttp.ended;
      for (const { ended } of silent) await ended;
      clearInterval(drip);
      const took = Date.now() - silent[0].began;
      assert.ok(took > 5000 && took < 15_000, `${took} ms`);
      const opens = () =>
        openSocket(server)
          .then((socket) => socket.close() ?? true)
          .catch(() => false);
      await eventually(opens, 'those who are gone still count');
      last.close();
    }),
  );

  test('do not hold up close()', limit, async () => {
    const server = await createServer();
    await server.listen({ port: 0, websocketPort: 0 });
    for (const text of ['', 'GET', upgradeText({ Origin: 'https://example.org' })])
      await dial(server.websocketPort, text);
    const start = Date.now();
    await server.close();
    assert.ok(Date.now() - start < 3000, `${Date.now() - start} ms`);
  });
});
