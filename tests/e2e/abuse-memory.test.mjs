// Hostile clients that hold on to memory, places or replies that they do not read. As in abuse.test.mjs, the server's
// memory stays bounded at all times, and other clients wait at most twice as long as without an attack.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { endure, limit, many, MB, TRANSPORTS } from '../lib/abuse.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { httpAddress, statusOf } from '../lib/http.mjs';
import { needIsocached } from '../lib/server.mjs';
import { frame, needWs, OPCODE, readFrame, upgraded, upgradeRequest } from '../lib/websocket.mjs';

const value = (bytes) => `${bytes.length}\r\n${bytes}\r\n`;

for (const { transport, skip } of TRANSPORTS) {
  const over = { transport };
  const plain = transport === 'plain';
  describe(`isocached, ${transport}`, { skip: needIsocached || needWs || skip, concurrency: 1 }, () => {
    test('WebSockets that are idle, and some that want no reply', limit, () =>
      endure(
        { ...over, growth: plain ? 60 * MB : 40 * MB },
        async (server, attack) => {
          const clients = await many(plain ? 900 : 200, () => upgraded(server));
          attack.keepDoing(
            clients.slice(0, 50),
            (client) => client.send(frame(OPCODE.binary, 'set k 0 0 1 noreply\r\nx\r\n')),
            5,
          );
          return clients;
        },
        async (_server, clients, attack) => {
          // and each still works
          await attack.stop();
          await Promise.all(
            clients.map(async (client) => {
              await client.send(frame(OPCODE.binary, 'mn\r\n'));
              assert.equal((await readFrame(client)).payload, 'MN\r\n');
            }),
          );
        },
      ),
    );

    test('pings without end, from some who do not read', limit, () =>
      endure({ ...over, growth: 24 * MB }, async (server, attack) => {
        const pings = Buffer.concat(Array(100).fill(frame(OPCODE.ping, 'x'.repeat(125))));
        const clients = await many(10, () => upgraded(server));
        for (const client of clients) client.socket.pause();
        attack.keepDoing(clients, (client) => Promise.race([client.send(pings), sleep(5)]), 20);
        return clients;
      }),
    );

    for (const [where, open, wrap] of [
      ['the memcached port', (server) => RawClient.connect(server.address), (bytes) => bytes],
      ['a WebSocket', upgraded, (bytes) => frame(OPCODE.binary, bytes)],
    ]) {
      test(`readers that never read, of ${where}`, limit, () =>
        endure(
          { ...over, args: ['-m', '64'], growth: 120 * MB },
          async (server, attack) => {
            await withClient(server, async (client) => {
              for (const [key, size] of [
                ['big', 500_000],
                ['small', 200],
              ]) {
                assert.equal(await client.ask(`set ${key} 0 0 ${value('v'.repeat(size))}`), 'STORED\r\n');
              }
            });
            const sluggard = async () => {
              const client = await open(server);
              client.socket.pause();
              client.send(wrap('get big\r\n'.repeat(2000) + 'get small\r\n'.repeat(20_000))); // 1 GB of replies
              return client;
            };
            const clients = await many(20, sluggard);
            // Others of the sort come and go.
            attack.keepDoing([0], async () => {
              const client = await sluggard();
              await sleep(20);
              client.close();
            });
            return clients;
          },
          async (_server, clients) => {
            // who begins to read gets what was asked for
            const client = clients[0];
            client.socket.resume();
            const expected = `VALUE big 0 ${value('v'.repeat(500_000))}END\r\n`;
            const first =
              where === 'a WebSocket' ? (await readFrame(client)).payload : await client.read(expected.length);
            assert.ok(first.startsWith(expected));
          },
        ),
      );

      test(`uploads that stop in the middle, to ${where}`, limit, () =>
        endure(
          { ...over, args: ['-m', '64'], growth: 80 * MB },
          async (server, attack) => {
            const upload = async (i) => {
              const client = await open(server);
              client.send(wrap(`set up${i} 0 0 1000000\r\n${'v'.repeat(500_000)}`));
              return client;
            };
            const clients = await many(100, upload);
            attack.keepDoing([...clients.keys()], async (i) => {
              clients[i].close();
              clients[i] = await upload(i);
            });
            return clients;
          },
          async (server, clients, attack) => {
            await attack.stop();
            for (const client of clients) client.close();
            await withClient(server, async (client) => {
              // What they had reserved is free again, once the server has noticed that they are gone.
              for (let i = 0; i < 40; ++i) {
                const set = `set after${i} 0 0 ${value('v'.repeat(900_000))}`;
                await eventually(async () => (await client.ask(set)) === 'STORED\r\n', 'their memory is not free');
              }
            });
          },
        ),
      );
    }
  });
}

describe('isocached', { skip: needIsocached || needWs, concurrency: 1 }, () => {
  test('10,000 connections to a server that allows 1024', limit, () => {
    const refused = { memcached: 0, http: 0, served: 0 };
    return endure(
      { args: ['-c', '1024'], growth: 80 * MB },
      async (server, attack) => {
        const clients = await many(500, () => RawClient.connect(server.address));
        clients.push(...(await many(400, () => upgraded(server))));
        await Promise.all(
          clients.slice(0, 500).map(async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n')),
        );
        clients.push(...(await many(122, () => RawClient.connect(server.address)))); // two places are the probe's
        attack.keepDoing(
          [50],
          (count) =>
            many(count, async (i) => {
              const web = i % 2 === 1;
              const client = await RawClient.connect(web ? httpAddress(server) : server.address);
              await client.send(web ? upgradeRequest() : 'quit\r\n');
              const reply = web ? await client.readUntil('\r\n\r\n') : await client.readToEnd();
              if (reply.startsWith('ERROR Too many open connections')) ++refused.memcached;
              else if (statusOf(reply) === 503) ++refused.http;
              else ++refused.served;
              client.close();
            }),
          5,
        );
        return clients;
      },
      async (server, clients, attack) => {
        for (let tries = 0; tries < 3000 && refused.memcached + refused.http < 9000; ++tries) await sleep(10);
        await attack.stop();
        assert.ok(refused.memcached > 3000 && refused.http > 3000, JSON.stringify(refused));
        const page = await RawClient.connect(httpAddress(server)); // a full server is not an ill one
        await page.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
        assert.match(await page.readToEnd(), /^HTTP\/1\.1 200 [^]*ok\n$/);
        for (const client of clients.slice(0, 500)) assert.equal(await client.ask('mn\r\n'), 'MN\r\n'); // who was in stays in
      },
    );
  });
});
