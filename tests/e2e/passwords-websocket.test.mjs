// -Y over WebSocket: the same logins as over TCP, and those that are part of the upgrade.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { request } from '../lib/http.mjs';
import { CASES, DIFFERENT, USERS, login, play, passwordFiles } from '../lib/logins.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { connectOverWebSocket, FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 120_000 };
const POLICY_VIOLATION = 1008;

const token = (user, password) => `bearer.${Buffer.from(`${user}:${password}`).toString('base64url')}`;
const basic = (user, password) => ({ Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` });

describe('passwords over WebSocket', { skip: needIsocached || needWs, concurrency: 1 }, () => {
  const passwordFile = passwordFiles();
  const start = (users, more = []) => startIsocached(['--http', '127.0.0.1:0', '-Y', users, ...more]);

  for (const scheme of ['ws', 'wss']) {
    test(`the logins of TCP, over ${scheme}`, { ...limit, skip: scheme === 'wss' && needOpenssl }, async () => {
      const certificates = scheme === 'wss' ? new Certificates() : null;
      const args = certificates?.serverArgs(certificates.issue('server')) ?? [];
      await withServer(
        () => start(passwordFile(USERS), args),
        [],
        async (server) => {
          const connect = () => connectOverWebSocket(webSocketUrl(server, scheme), certificates?.clientOptions());
          for (const steps of [...CASES, ...DIFFERENT]) await play(connect, steps);
        },
      );
    });
  }

  test('a line without end, and too many guesses: the close says why', limit, () =>
    withServer(
      () => start(passwordFile(USERS)),
      [],
      async (server) => {
        for (const bytes of ['x'.repeat(2049), login('foo baz').repeat(10)]) {
          const client = await FrameClient.connect(webSocketUrl(server));
          client.send(bytes);
          assert.equal((await client.closed).code, POLICY_VIOLATION, bytes.slice(0, 20));
        }
      },
    ),
  );

  test('SIGHUP: the next login is by the new passwords, however it comes', limit, async () => {
    const users = passwordFile('ann:one\n');
    await withServer(
      () => start(users),
      [],
      async (server) => {
        const url = webSocketUrl(server);
        const reply = async (options, bytes) => {
          const client = await connectOverWebSocket(url, options);
          await client.send(bytes);
          const line = await client.readLine();
          client.close();
          return line;
        };
        const asked = (options) =>
          reply(options, 'mn\r\n').then(
            (line) => line === 'MN\r\n',
            (error) => (error.status === 401 ? false : assert.fail(error.message)),
          );
        /** Whether each way in is open to ann with this password. */
        const waysIn = async (password) => ({
          set: (await reply({}, login(`ann ${password}`))) === 'STORED\r\n',
          token: await asked({ protocols: ['memcached', token('ann', password)] }),
          header: await asked({ headers: basic('ann', password) }),
          page: (await request(server, '/metrics', { headers: basic('ann', password) })).status === 200,
        });
        const OPEN = { set: true, token: true, header: true, page: true };
        const SHUT = { set: false, token: false, header: false, page: false };
        const reloaded = async (word) => {
          const before = server.stderr.length;
          server.child.kill('SIGHUP');
          for (const late = Date.now() + 5000; !server.stderr.slice(before).includes(word); await sleep(10))
            assert.ok(Date.now() < late, server.stderr);
        };

        assert.deepEqual([await waysIn('one'), await waysIn('two')], [OPEN, SHUT]);
        const inside = await connectOverWebSocket(url, { protocols: ['memcached', token('ann', 'one')] });
        const before = await connectOverWebSocket(url); // has not logged in yet
        assert.equal(await inside.ask('set a 0 0 1\r\nx\r\n'), 'STORED\r\n');

        writeFileSync(users, 'ann:two\n');
        await reloaded('passwords reloaded');
        assert.deepEqual([await waysIn('one'), await waysIn('two')], [SHUT, OPEN]);
        // Who is in stays in; who was at the door shows the new password.
        assert.equal(await inside.ask('get a\r\n'), 'VALUE a 0 1\r\nx\r\nEND\r\n');
        await before.send(login('ann one'));
        assert.equal(await before.readLine(), 'CLIENT_ERROR authentication failure\r\n');
        await before.send(login('ann two'));
        assert.equal(await before.readLine(), 'STORED\r\n');

        writeFileSync(users, 'nonsense\n');
        await reloaded('passwords not reloaded');
        assert.deepEqual([await waysIn('one'), await waysIn('two')], [SHUT, OPEN]);
        for (const client of [inside, before]) client.close();
      },
    );
  });
});
