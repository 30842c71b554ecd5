// SIGHUP: the server reads its files again, and keeps serving.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { withClient } from '../lib/client.mjs';
import { EX_CONFIG, run, temporaryFiles, until } from '../lib/operations.mjs';
import { exitOf, isocachedPath, needIsocached, spawnBound, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
describe('reloading', { skip: needIsocached, concurrency: 1 }, () => {
  const { folder, file } = temporaryFiles();

  test('SIGHUP reloads, and serves on', limit, () =>
    withServer(startIsocached, [], async (server) => {
      await withClient(server, async (client) => {
        assert.equal(await client.ask('set a 0 0 1\r\nx\r\n'), 'STORED\r\n');
        server.child.kill('SIGHUP');
        await until(
          () => /SIGHUP: there are neither/.test(server.stderr),
          () => server.stderr,
        );
        assert.equal(await client.ask('get a\r\n'), 'VALUE a 0 1\r\nx\r\nEND\r\n');
      });
    }),
  );

  test('SIGHUP: new passwords count; a bad file leaves the old ones in force', limit, async () => {
    const passwords = file('ann:one\n');
    const logIn = (server, password) =>
      withClient(server, async (client) => {
        const value = `ann ${password}`;
        await client.send(`set login 0 0 ${value.length}\r\n${value}\r\n`);
        return (await client.readLine()) === 'STORED\r\n';
      });
    await withServer(startIsocached, ['-Y', passwords], async (server) => {
      assert.ok(await logIn(server, 'one'));
      assert.equal((await run(['healthcheck', `127.0.0.1:${server.port}`])).code, 0);
      writeFileSync(passwords, 'ann:two\n');
      server.child.kill('SIGHUP');
      await until(
        () => /^SIGHUP: passwords reloaded$/m.test(server.stderr),
        () => server.stderr,
      );
      assert.deepEqual([await logIn(server, 'one'), await logIn(server, 'two')], [false, true]);
      writeFileSync(passwords, 'nonsense\n');
      server.child.kill('SIGHUP');
      await until(
        () => /^SIGHUP: passwords not reloaded, the old ones stay in force: /m.test(server.stderr),
        () => server.stderr,
      );
      assert.ok(await logIn(server, 'two'));
    });
    assert.equal((await run(['--check-config', '-Y', passwords])).code, EX_CONFIG);
  });

  test('-d: relative paths mean the folder it was started in, when it reloads too', limit, async () => {
    const home = path.join(folder, 'home');
    mkdirSync(home);
    writeFileSync(path.join(home, 'users'), 'ann:one\n', { mode: 0o600 });
    const child = spawnBound(isocachedPath, ['-d', '-Y', 'users', '-s', 'socket', '-P', 'pid'], {
      cwd: home,
      stdio: 'ignore',
    });
    assert.equal((await exitOf(child, 10_000)).code, 0);
    const pid = Number(readFileSync(path.join(home, 'pid'), 'utf8'));
    const logsIn = (value) =>
      withClient({ address: { path: path.join(home, 'socket') } }, async (client) => {
        await client.send(`set login 0 0 ${value.length}\r\n${value}\r\n`);
        return (await client.readLine()) === 'STORED\r\n';
      });
    try {
      assert.ok(await logsIn('ann one'));
      writeFileSync(path.join(home, 'users'), 'ann:two\n');
      process.kill(pid, 'SIGHUP');
      await until(
        () => logsIn('ann two'),
        () => 'the new password',
      );
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    await until(
      () => !existsSync(path.join(home, 'pid')),
      () => 'the end',
    );
    assert.ok(!existsSync(path.join(home, 'socket')));
  });
});
