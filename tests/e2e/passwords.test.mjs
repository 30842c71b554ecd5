// -Y: logging in, byte by byte as in memcached, and what is refused before a login.

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { until } from '../lib/cluster.mjs';
import {
  CASES,
  DIFFERENT,
  MAX_LOGIN_VALUE_BYTES,
  STORED,
  USERS,
  loggedIn,
  login,
  playOn,
  passwordFiles,
} from '../lib/logins.mjs';
import {
  isocachedPath,
  needIsocached,
  needMemcached,
  runProgram,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';

const limit = { timeout: 60_000 };

async function playAll(server, cases) {
  for (const steps of cases) await playOn(server, steps);
}

describe('passwords', { concurrency: 1 }, () => {
  const passwordFile = passwordFiles();
  const users = passwordFile(USERS);
  const withIsocached = (use) => withServer(startIsocached, ['-Y', users], use);

  test('isocached', { ...limit, skip: needIsocached }, () => withIsocached((server) => playAll(server, CASES)));
  // So that the list is memcached's view, not ours.
  test('memcached answers the same', { ...limit, skip: needMemcached }, () =>
    withServer(startMemcached, ['-Y', users], (server) => playAll(server, CASES)),
  );
  test('differences from memcached, on purpose', { ...limit, skip: needIsocached }, () =>
    withIsocached((server) => playAll(server, DIFFERENT)),
  );

  const counts = (start) =>
    withServer(start, ['-Y', users], (server) =>
      withClient(server, async (client) => {
        for (const value of ['foo baz', 'foo', 'nobody x', 'foo bar']) {
          await client.send(login(value));
          await client.readLine();
        }
        const { auth_cmds: commands, auth_errors: errors } = await statsOf(client);
        assert.deepEqual([commands, errors], ['3', '2']);
      }),
    );
  test('auth_cmds and auth_errors', { ...limit, skip: needIsocached }, () => counts(startIsocached));
  test('memcached counts the same', { ...limit, skip: needMemcached }, () => counts(startMemcached));

  test('guesses are logged, also those that came along with the right one', { ...limit, skip: needIsocached }, () =>
    withServer(startIsocached, ['-Y', users, '-v'], (server) =>
      withClient(server, async (client) => {
        await client.send([...Array(5).fill('foo guess'), 'foo bar'].map(login).join(''));
        for (let i = 0; i < 5; ++i) assert.match(await client.readLine(), /^CLIENT_ERROR/);
        assert.match(await client.readLine(), /^STORED/);
        await until(
          'five lines in the log',
          () => server.stderr.match(/^warning: login failed: tcp:127\.0\.0\.1:\d+$/gm)?.length === 5,
        );
      }),
    ),
  );

  test('clients that do not log in take little memory', { ...limit, skip: needIsocached }, () =>
    withIsocached(async (server) => {
      const line = `set ${'k'.repeat(1900)} 0 0 ${MAX_LOGIN_VALUE_BYTES}\r\n`;
      const before = server.residentBytes();
      const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(server.address)));
      await Promise.all(clients.map((client) => client.send(line + 'x'.repeat(MAX_LOGIN_VALUE_BYTES))));
      await playOn(server, [login('foo bar'), STORED, ...loggedIn]);
      const each = (server.residentBytes() - before) / clients.length;
      for (const client of clients) client.close();
      assert.ok(each < 16 * 1024, `${each} bytes a client`);
    }),
  );

  test('a bad file ends with 64, names the line and not the password', { ...limit, skip: needIsocached }, async () => {
    for (const [text, says] of [
      ['foo:bar\nsecret\n', /line 2/],
      ['secret:\n', /line 1/],
      ['\n', /line 1/],
      ['', /no users/],
    ]) {
      const { code, stderr } = await runProgram(isocachedPath, ['-p', '0', '-Y', passwordFile(text)], {
        limitMs: 10_000,
      });
      assert.equal(code, 64, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /secret|ready/);
    }
    const { code, stderr } = await runProgram(
      isocachedPath,
      ['-p', '0', '-Y', path.join(path.dirname(users), 'none')],
      { limitMs: 10_000 },
    );
    assert.equal(code, 64, stderr);
    assert.match(stderr, /-Y \S*none: No such file/);
  });
});
