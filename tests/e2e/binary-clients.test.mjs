// Clients of the binary protocol that others wrote: PHP, Ruby, Python, Node and C. Each does what its users do, also
// with passwords, and goes on when the server was restarted. memcached itself passes the same.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { eventually } from '../lib/eventually.mjs';
import { passwordFiles } from '../lib/logins.mjs';
import {
  exitOf,
  freePort,
  needIsocached,
  needMemcached,
  runProgram,
  spawnBound,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';

const limit = { timeout: 120_000 };
const LIMIT_MS = 60_000;
const MEMCCAPABLE = '/usr/bin/memccapable';
const MEMCCAPABLE_TESTS = 27; // of its binary protocol
const USER = ['ann', 'se cret'];
const passwordFile = passwordFiles();

const without = (what, there) => (there ? false : `no ${what} here`);
const runs = (program, ...args) => spawnSync(program, args, { encoding: 'utf8' }).status === 0;
const script = (name) => fileURLToPath(new URL(`../lib/clients/${name}`, import.meta.url));

const packages = new URL('../../wasm/package.json', import.meta.url);
const needMemjs = existsSync(new URL('node_modules/memjs/package.json', packages))
  ? false
  : 'npm --prefix wasm ci was not run';
const memjs = needMemjs ? undefined : createRequire(packages)('memjs');

// Each prints "done", reads a line, and prints "again".
const CLIENTS = [
  {
    name: 'php-memcached',
    skip: without('php-memcached', runs('php', '-r', 'new Memcached();')),
    command: ({ port }, login) => ['php', script('memcached.php'), '127.0.0.1', String(port), ...login],
  },
  {
    name: 'Dalli',
    skip: without('ruby-dalli', runs('ruby', '-e', 'require "dalli"')),
    command: ({ port }, login) => ['ruby', script('dalli.rb'), `127.0.0.1:${port}`, ...login],
  },
  {
    name: 'pylibmc',
    skip: without('python3-pylibmc', runs('/usr/bin/python3', '-c', 'import pylibmc')),
    command: ({ port }, login) => [
      '/usr/bin/python3',
      script('pylibmc_client.py'),
      `127.0.0.1:${port}`,
      'binary',
      ...login,
    ],
  },
];

/** Runs a client to its end. `restart` gives the server anew when the client has done its part. */
async function play([program, ...args], restart) {
  const child = spawnBound(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  const closed = once(child, 'close');
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
  }
  const done = new Promise((resolve) => {
    child.stdout.on('data', () => /^done$/m.test(said) && resolve());
    child.once('close', resolve);
  });
  await done;
  await restart();
  child.stdin.on('error', () => {});
  child.stdin.end('\n');
  const { code } = await exitOf(child, LIMIT_MS);
  await closed;
  assert.equal(code, 0, said);
  assert.match(said, /^again$/m, said);
}

const noRestart = async () => {};

describe('in the binary protocol', { skip: needIsocached }, () => {
  for (const { name, skip, command } of CLIENTS) {
    test(`${name}, over a restart of the server`, { ...limit, skip }, async () => {
      const port = await freePort();
      let server = await startIsocached(['-p', String(port)]);
      try {
        await play(command(server, []), async () => {
          await server.stop();
          server = await startIsocached(['-p', String(port)]);
        });
      } finally {
        await server.stop();
      }
    });

    test(`${name}, with a password`, { ...limit, skip }, () =>
      withServer(startIsocached, ['-Y', passwordFile(`${USER.join(':')}\n`)], async (server) => {
        await play(command(server, USER), noRestart);
        const [program, ...args] = command(server, [USER[0], 'wrong']);
        assert.doesNotMatch((await runProgram(program, args)).stdout, /done/);
      }),
    );

    test(`memcached: ${name}`, { ...limit, skip: skip || needMemcached }, () =>
      withServer(startMemcached, [], (server) => play(command(server, []), noRestart)),
    );
  }

  test("PHP's sessions", { ...limit, skip: CLIENTS[0].skip }, () =>
    withServer(startIsocached, [], async (server) => {
      const args = [script('session.php'), '127.0.0.1', String(server.port)];
      const { stdout, stderr } = await runProgram('php', args);
      assert.equal(stdout, 'done\n', stderr);
    }),
  );

  test('pylibmc in the text protocol', { ...limit, skip: CLIENTS[2].skip }, () =>
    withServer(startIsocached, [], (server) =>
      play(
        CLIENTS[2].command(server, []).map((word) => (word === 'binary' ? 'text' : word)),
        noRestart,
      ),
    ),
  );

  test('memjs, over a restart of the server', { ...limit, skip: needMemjs }, async () => {
    const args = ['-Y', passwordFile(`${USER.join(':')}\n`), '-p', String(await freePort())];
    const [username, password] = USER;
    let server = await startIsocached(args);
    const cache = memjs.Client.create(`127.0.0.1:${server.port}`, { username, password });
    try {
      const read = async (key) => (await cache.get(key)).value?.toString();
      assert.equal(await cache.set('a', 'text', { expires: 60 }), true);
      assert.equal(await read('a'), 'text');
      assert.equal(await read('none'), undefined);
      assert.equal(await cache.add('a', 'other', {}), false);
      assert.equal(await cache.replace('a', 'new', {}), true);
      assert.equal((await cache.increment('hits', 5, { initial: 10 })).value, 10);
      assert.equal((await cache.decrement('hits', 3, { initial: 0 })).value, 7);
      const large = 'x'.repeat(900_000);
      assert.equal(await cache.set('large', large, {}), true);
      assert.equal(await read('large'), large);
      assert.equal(await cache.append('a', '!'), true);
      assert.equal(await cache.touch('a', 100), true);
      assert.equal(await cache.delete('a'), true);
      assert.equal(await read('a'), undefined);
      await server.stop();
      server = await startIsocached(args);
      await eventually(() => cache.set('a', 'later', {}).catch(() => false), 'it connects again');
      assert.equal(await read('a'), 'later');
    } finally {
      cache.close();
      await server.stop();
    }
  });

  test("libmemcached's tools", { ...limit, skip: without('libmemcached-tools', existsSync(MEMCCAPABLE)) }, () =>
    withServer(startIsocached, [], async (server) => {
      const at = `--servers=127.0.0.1:${server.port}`;
      const folder = mkdtempSync(path.join(tmpdir(), 'isocache-tools-'));
      const tool = (name, ...args) => runProgram(`/usr/bin/${name}`, [at, '--binary', ...args]);
      try {
        writeFileSync(path.join(folder, 'greeting'), 'hello');
        assert.equal((await tool('memccp', path.join(folder, 'greeting'))).code, 0);
        assert.match((await tool('memccat', 'greeting')).stdout, /^hello/);
        assert.equal((await tool('memcexist', 'greeting')).code, 0);
        assert.match((await tool('memcstat')).stdout, /curr_items: 1\n/);
        assert.equal((await tool('memcrm', 'greeting')).code, 0);
        assert.equal((await tool('memcexist', 'greeting')).code, 1);
        assert.equal((await tool('memcslap', '--test=mget', '--execute-number=500')).code, 0);
        assert.equal((await tool('memcflush')).code, 0);
      } finally {
        rmSync(folder, { recursive: true });
      }
      const args = ['-b', '-v', '-h', '127.0.0.1', '-p', String(server.port)];
      const { stdout, stderr } = await runProgram(MEMCCAPABLE, args, { limitMs: 90_000 });
      assert.equal((stdout + stderr).match(/\[pass\]/g)?.length, MEMCCAPABLE_TESTS, stdout + stderr);
      assert.match(stdout, /All tests passed/);
    }),
  );
});
