// The HTTP port with -Z: who may connect, how long a handshake may take, and that it does not delay other clients.
// Runs alone: it measures how long things take.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Certificates, needOpenssl, opensslPath } from '../lib/certificates.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { until } from '../lib/cluster.mjs';
import { httpAddress, request } from '../lib/http.mjs';
import { exitOf, needIsocached, spawnBound, startIsocached, withServer } from '../lib/server.mjs';
import { connectOverWebSocket, needWs, upgradeRequest, webSocketUrl } from '../lib/websocket.mjs';

const skip = needIsocached || needOpenssl;
const limit = { timeout: 60_000 };
const HANDSHAKE_LIMIT_MS = 10_000; // HttpTimes::first_request
const BOTH = ['TLSv1.2', 'TLSv1.3'];
const HELLO = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'; // how one begins

const certificates = skip ? null : new Certificates();
const serverPair = certificates?.issue('server');

/** With a server whose clients trust it. */
const onServer = (use, { args = [], words = [] } = {}) =>
  withServer(
    async () => {
      const server = await startIsocached([
        '--http',
        '127.0.0.1:0',
        ...args,
        ...certificates.serverArgs(serverPair, ...words),
      ]);
      server.tls = certificates.clientOptions();
      return server;
    },
    [],
    use,
  );

/** How a request for /healthz, and a get over WebSocket, of a client with these options end. */
async function outcomes(server, options) {
  const why = (error) => `${error.code} ${error.message}`;
  const page = request(server, '/healthz', options).then(({ status }) => status, why);
  const socket = connectOverWebSocket(webSocketUrl(server, 'wss'), { ...server.tls, ...options }).then(
    async (client) => {
      const reply = await client.ask('mn\r\n');
      client.close();
      return reply;
    },
    why,
  );
  return Promise.all([page, socket]);
}
const SERVED = [200, 'MN\r\n'];
// TLS 1.3 tells a client so only when it has asked already.
const REFUSED = /alert (handshake failure|certificate required|unknown ca)|ECONNRESET|EPIPE|socket hang up/;

const handshakeErrors = async (server) =>
  Number(/^isocache_tls_handshake_errors_total (\d+)/m.exec((await request(server, '/metrics')).body)[1]);

/** Sends so many key updates over s_client, whose `K` is one, then asks for /healthz: all that came back. */
async function afterKeyUpdates(server, count) {
  const client = spawnBound(opensslPath, ['s_client', '-connect', `127.0.0.1:${server.httpPort}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let received = '';
  for (const stream of [client.stdout, client.stderr])
    stream.setEncoding('latin1').on('data', (text) => {
      received += text;
    });
  client.stdin.on('error', () => {}); // it ended before we did
  await until('the end of the handshake', () => received.includes('Verify return code'));
  for (let i = 0; i < count && client.exitCode === null; ++i) {
    client.stdin.write('K\n');
    await sleep(5); // it takes a line for a command if it comes alone
  }
  client.stdin.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await exitOf(client, 10_000);
  return received;
}

describe('isocached --http with TLS', { skip: skip || needWs, concurrency: 1 }, () => {
  test('who asks for new keys now and then is served, who does nothing else is not', limit, () =>
    onServer(async (server) => {
      assert.match(await afterKeyUpdates(server, 3), /KEYUPDATE[^]*HTTP\/1\.1 200 [^]*\nok\n/);
      assert.doesNotMatch(await afterKeyUpdates(server, 40), /HTTP\/1\.1/);
      assert.equal((await request(server, '/healthz')).status, 200);
    }),
  );

  test('ssl_verify_mode=2: pages and WebSockets are for clients with a good certificate', limit, async () => {
    const mine = certificates.clientOptions(certificates.issue('client'));
    const others = certificates.clientOptions(new Certificates().issue('stranger'));
    await onServer(
      async (server) => {
        for (const maxVersion of BOTH) {
          for (const [who, options] of [
            ['nobody', {}],
            ['a stranger', others],
          ]) {
            for (const outcome of await outcomes(server, { ...options, maxVersion })) {
              assert.match(String(outcome), REFUSED, `${who}, ${maxVersion}`);
            }
          }
          assert.deepEqual(await outcomes(server, { ...mine, maxVersion }), SERVED, maxVersion);
        }
        server.tls = mine;
        assert.equal(await handshakeErrors(server), 2 * 2 * BOTH.length);
        // What is stored over the one is there over the other.
        const socket = await connectOverWebSocket(webSocketUrl(server, 'wss'), mine);
        assert.equal(await socket.ask('set a 0 0 1\r\nx\r\n'), 'STORED\r\n');
        socket.close();
        assert.equal(await withClient(server, (client) => client.ask('get a\r\n')), 'VALUE a 0 1\r\nx\r\nEND\r\n');
      },
      { words: ['ssl_verify_mode=2', `ssl_ca_cert=${certificates.authority.cert}`] },
    );
  });

  test('ssl_verify_mode=1: a client may have none, but no bad one', limit, async () => {
    const others = certificates.clientOptions(new Certificates().issue('stranger'));
    await onServer(
      async (server) => {
        assert.deepEqual(await outcomes(server, {}), SERVED);
        for (const outcome of await outcomes(server, others)) assert.match(String(outcome), REFUSED);
      },
      { words: ['ssl_verify_mode=1', `ssl_ca_cert=${certificates.authority.cert}`] },
    );
  });

  test('TLS 1.2 and 1.3, and nothing older; ssl_min_version=3: nothing but 1.3', limit, async () => {
    const only = (version) => ({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
    const all = ['TLSv1', 'TLSv1.1', ...BOTH];
    for (const [words, lowest] of [
      [[], 2],
      [['ssl_min_version=3'], 3],
    ]) {
      await onServer(
        async (server) => {
          for (const [index, version] of all.entries()) {
            const got = await outcomes(server, only(version));
            if (index >= lowest) assert.deepEqual(got, SERVED, version);
            else for (const outcome of got) assert.match(String(outcome), /alert protocol version/, version);
          }
          await withClient(
            { address: { ...httpAddress(server), tls: { ...server.tls, maxVersion: all[lowest] } } },
            (client) => assert.equal(client.socket.getProtocol(), all[lowest]),
          );
        },
        { words },
      );
    }
  });

  test('bytes that are no TLS close the connection, and are counted', limit, () =>
    onServer(async (server) => {
      const plain = { ...httpAddress(server), tls: undefined };
      const sent = [
        'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n',
        upgradeRequest(),
        'get a\r\n',
        '\x16\x03\x01\xff\xff\x01',
        '\0'.repeat(20_000),
        '\x16\x03\x01\x00\x05hello',
      ];
      for (const bytes of sent) {
        const client = await RawClient.connect(plain);
        await client.send(bytes);
        const reply = await client.readToEnd(5000);
        // An alert, if anything: no word of HTTP, and nothing that a client could take for it.
        assert.match(reply, /^(\x15\x03[\x01-\x03]\x00\x02\x02[^])?$/, JSON.stringify(bytes.slice(0, 20)));
        client.close();
      }
      assert.equal(await handshakeErrors(server), sent.length);
      assert.equal((await request(server, '/healthz')).status, 200);
    }),
  );

  test('a handshake that stalls is closed after 10 s, and keeps nobody waiting', limit, () =>
    onServer(
      async (server) => {
        const plain = { ...httpAddress(server), tls: undefined };
        const began = Date.now();
        const stalled = await Promise.all(Array.from({ length: 60 }, () => RawClient.connect(plain)));
        const [silent, half, trickling] = [stalled.slice(0, 20), stalled.slice(20, 40), stalled.slice(40)];
        for (const client of half) await client.send(HELLO);
        // Their bytes come one by one, which is no reason to wait for them longer.
        for (const client of trickling) await client.send(HELLO.slice(0, 5));
        let trickle = 5;
        const timer = setInterval(() => {
          for (const client of trickling) client.send(HELLO[trickle] ?? '\0');
          ++trickle;
        }, 500);
        const ends = Promise.all(
          stalled.map(async (client) => {
            assert.equal(await client.readToEnd(30_000), '');
            return Date.now() - began;
          }),
        );
        // One whose handshake is done has the rest of that time for its request, and is told when it is over.
        const slow = await RawClient.connect(httpAddress(server));
        await slow.send('GET /healthz HTTP/1.1\r\nHost');
        const told = slow.readToEnd(30_000);
        // A neighbour, whose handshakes are ours to pay for and whose connections are new each time.
        let longest = 0;
        let asked = 0;
        while (Date.now() - began < HANDSHAKE_LIMIT_MS - 1000) {
          const start = performance.now();
          assert.equal((await request(server, '/healthz')).status, 200);
          longest = Math.max(longest, performance.now() - start);
          ++asked;
          await sleep(50);
        }
        const times = await ends;
        clearInterval(timer);
        assert.match(await told, /^HTTP\/1\.1 408 /);
        assert.ok(Date.now() - began < HANDSHAKE_LIMIT_MS + 5000);
        assert.ok(asked > 50, `only ${asked} requests were served beside them`);
        assert.ok(longest < 1000, `a neighbour waited ${longest.toFixed()} ms`);
        for (const [name, group] of Object.entries({ silent, half, trickling })) {
          const took = group.map((client) => times[stalled.indexOf(client)]);
          assert.ok(
            Math.min(...took) > HANDSHAKE_LIMIT_MS - 1000 && Math.max(...took) < HANDSHAKE_LIMIT_MS + 5000,
            `${name}: ${took} ms`,
          );
        }
        assert.equal(await handshakeErrors(server), stalled.length);
      },
      { args: ['-t', '1'] },
    ),
  );
});
