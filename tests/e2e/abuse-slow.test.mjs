// Slow-loris and half-open connections. A client that does not finish a header or a TLS handshake, or sends something
// else instead, has ten seconds. Other clients are served as usual meanwhile. As abuse.test.mjs, but the tests run side
// by side, because each takes its ten seconds.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { endure, limit, many, MB, outcome, TRANSPORTS } from '../lib/abuse.mjs';
import { needOpenssl } from '../lib/certificates.mjs';
import { RawClient } from '../lib/client.mjs';
import { httpAddress, statusOf } from '../lib/http.mjs';
import { needIsocached } from '../lib/server.mjs';
import { needWs } from '../lib/websocket.mjs';

const LIMIT_MS = { least: 9_000, most: 16_000 }; // 10 s, looked at once a second
const ALERT = /^\x15\x03[\x01-\x03]\x00\x02\x02/;

describe('isocached', { skip: needIsocached || needWs, concurrency: 4 }, () => {
  for (const { transport, skip } of TRANSPORTS) {
    test(`${transport}: headers that trickle in, that stop, that never begin`, { ...limit, skip }, () =>
      endure(
        { transport, growth: 40 * MB },
        async (server, attack) => {
          const open = (sent) =>
            many(transport === 'plain' ? 300 : 60, async () => {
              const client = await RawClient.connect(httpAddress(server));
              if (sent !== '') await client.send(sent);
              return client;
            });
          const trickling = await open('GET / HTTP/1.1\r\nX-Slow: ');
          attack.keepDoing(trickling, (client) => client.send('a'), 100);
          return [...trickling, ...(await open('GET /memcached HTTP/1.1\r\nUpgrade: webs')), ...(await open(''))];
        },
        async (_server, clients) => {
          const began = Date.now();
          const replies = await Promise.all(clients.map((client) => client.readToEnd(30_000)));
          assert.ok(Date.now() - began < LIMIT_MS.most);
          const third = clients.length / 3;
          assert.deepEqual([...new Set(replies.slice(0, 2 * third).map(statusOf))], [408]);
          assert.deepEqual([...new Set(replies.slice(2 * third))], ['']);
        },
      ),
    );
  }

  // To what is no TLS at all OpenSSL says nothing; the memcached port does (native/tls).
  for (const { where, portOf, noTls } of [
    { where: 'memcached', portOf: (server) => server.port, noTls: ALERT },
    { where: 'HTTP', portOf: (server) => server.httpPort, noTls: /^$/ },
  ]) {
    test(`the ${where} port with TLS: handshakes that stop, that never begin, and junk instead`, {
      ...limit,
      skip: needOpenssl,
    }, () => {
      const address = (server) => ({ host: '127.0.0.1', port: portOf(server) });
      let began;
      return endure(
        { transport: 'TLS', growth: 30 * MB },
        async (server, attack) => {
          began = Date.now();
          const silent = await many(200, () => RawClient.connect(address(server)));
          const half = await many(200, async () => {
            const client = await RawClient.connect(address(server));
            await client.send('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03');
            return client;
          });
          const junk = [
            ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', noTls],
            ['x'.repeat(50_000), noTls],
            ['\x16\x03\x01\xff\xff\x01', ALERT],
          ];
          attack.keepDoing(junk, async ([bytes, expected]) => {
            const { reply, error } = await outcome(address(server), bytes);
            assert.ok(
              expected.test(reply) || (reply === '' && error === 'ECONNRESET'),
              `${JSON.stringify(reply)} ${error}`,
            );
          });
          return [...silent, ...half];
        },
        async (_server, clients) => {
          const ends = await Promise.all(
            clients.map(async (client) => {
              assert.equal(await client.readToEnd(30_000), '');
              return Date.now() - began;
            }),
          );
          assert.ok(
            Math.min(...ends) > LIMIT_MS.least && Math.max(...ends) < LIMIT_MS.most,
            `${Math.min(...ends)} to ${Math.max(...ends)} ms`,
          );
        },
      );
    });
  }
});
