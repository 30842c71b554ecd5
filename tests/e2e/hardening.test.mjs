// The release binary: what compiler and linker make hard for an attacker. Also -o drop_privileges, from outside.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { request } from '../lib/http.mjs';
import { passwordFiles, USERS, login } from '../lib/logins.mjs';
import { exitOf, isocachedPath, needIsocached, startIsocached } from '../lib/server.mjs';
import { certificates, needTls, serverPair } from '../lib/tls.mjs';
import { connectOverWebSocket, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const passwordFile = passwordFiles();

const readelf = (...flags) =>
  execFileSync('readelf', ['-W', ...flags, isocachedPath], { encoding: 'utf8', maxBuffer: 2 ** 28 });
const isRelease = isocachedPath?.includes('/release/');

test('the release binary is hardened', {
  ...limit,
  skip: needIsocached || (isRelease ? false : 'not a release build'),
}, () => {
  const headers = readelf('-hl');
  assert.match(headers, /^ *Type: +DYN /m, 'position-independent');
  assert.match(headers, /^ *GNU_RELRO /m, 'relocations become read-only ...');
  assert.match(readelf('-d'), /\(FLAGS(_1)?\).*\b(BIND_)?NOW\b/, '... all of them');
  assert.match(headers, /^ *GNU_STACK .* RW +0x/m, 'the stack is not executable');
  assert.doesNotMatch(headers, /^ *(LOAD|GNU_STACK) .* RWE /m, 'nothing is writable and executable');
  const symbols = readelf('-s', '--dyn-syms');
  assert.match(symbols, /\b__stack_chk_fail\b/, 'stack canaries');
  assert.match(symbols, /\b__\w+_chk(@|$)/m, '_FORTIFY_SOURCE');
  // The mark that switches it on is the system's to give: all that is linked must have it, and Debian's crt1.o does
  // not.
  if (process.arch === 'x64') {
    const main = execFileSync('objdump', ['-d', '--disassemble=main', isocachedPath], { encoding: 'utf8' });
    assert.match(main, /<main>:\n.*\bendbr64\b/, '-fcf-protection');
  }
});

describe('-o drop_privileges', { skip: needIsocached, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-privileges-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Seccomp of each thread; 2: a filter. */
  const modes = ({ pid }) =>
    readdirSync(`/proc/${pid}/task`).map((id) =>
      Number(/^Seccomp:\s+(\d)$/m.exec(readFileSync(`/proc/${pid}/task/${id}/status`, 'latin1'))[1]),
    );
  const large = `set large 0 0 900000\r\n${'x'.repeat(900_000)}\r\n`;

  async function serves(client) {
    assert.equal(await client.ask('set a 0 0 1\r\nx\r\nget a\r\n'), 'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n');
    assert.equal(await client.ask(large), 'STORED\r\n');
    assert.equal((await client.ask('get large\r\n')).length, 900_000 + 'VALUE large 0 900000\r\n\r\nEND\r\n'.length);
    for (const command of ['stats', 'stats conns', 'stats items', 'lru_crawler metadump all']) {
      await client.send(`${command}\r\n`);
      await client.readUntil('END\r\n');
    }
    assert.equal(await client.ask('flush_all\r\n'), 'OK\r\n');
  }

  test('without it, no thread has a filter', limit, async () => {
    const server = await startIsocached(['-t', '2']);
    assert.deepEqual(new Set(modes(server)), new Set([0]));
    await withClient(server, async (client) => assert.equal((await statsOf(client, 'settings')).drop_privileges, 'no'));
    await server.stop();
  });

  const start = async (args) => {
    const server = await startIsocached(['-t', '2', '-o', 'drop_privileges', '-vv', ...args]);
    if (/has no effect: this build has no libseccomp/.test(server.stderr)) {
      await server.stop();
      return null;
    }
    await eventually(() => modes(server).every((mode) => mode === 2), `a thread without a filter: ${modes(server)}`);
    assert.ok(modes(server).length >= 3);
    return server;
  };

  test('every thread has one, TCP serves, and SIGTERM ends it', limit, async (t) => {
    const pidFile = path.join(folder, 'pid');
    const server = await start(['-P', pidFile]);
    if (!server) return t.skip('built without libseccomp');
    await withClient(server, async (client) => {
      await serves(client);
      assert.equal((await statsOf(client, 'settings')).drop_privileges, 'yes');
    });
    server.child.kill('SIGHUP');
    await eventually(() => /SIGHUP: there are neither/.test(server.stderr), server.stderr);
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    assert.ok(!existsSync(pidFile), 'the pid file stays');
  });

  test('a unix socket, which goes at the end; shutdown', limit, async (t) => {
    const socket = path.join(folder, 'socket');
    const server = await start(['-s', socket, '-A']);
    if (!server) return t.skip('built without libseccomp');
    await withClient(server, serves);
    const client = await RawClient.connect(server.address);
    await client.send('shutdown graceful\r\n');
    assert.deepEqual(await exitOf(server.child, 10_000), { code: 0, signal: null });
    client.close();
    assert.ok(!existsSync(socket), 'the socket stays');
  });

  test('TLS, passwords, WebSocket and pages; refresh_certs and SIGHUP read the files again', {
    ...limit,
    skip: needTls || needWs,
  }, async (t) => {
    const passwords = passwordFile(USERS);
    const server = await start(['--http', '127.0.0.1:0', '-Y', passwords, ...certificates.serverArgs(serverPair)]);
    if (!server) return t.skip('built without libseccomp');
    server.tls = certificates.clientOptions();
    const logIn = async (client) => assert.equal(await client.ask(login('foo bar')), 'STORED\r\n');
    await withClient(server, async (client) => {
      await logIn(client);
      await serves(client);
      assert.equal(await client.ask('refresh_certs\r\n'), 'OK\r\n');
    });
    const socket = await connectOverWebSocket(webSocketUrl(server), server.tls);
    await logIn(socket);
    await serves(socket);
    assert.equal(await socket.ask('refresh_certs\r\n'), 'OK\r\n');
    socket.close();
    const headers = { Authorization: `Basic ${Buffer.from('foo:bar').toString('base64')}` };
    for (const page of ['/', '/pages', '/healthz', '/readyz', '/metrics', '/stats.json']) {
      assert.equal((await request(server, page, { headers })).status, 200, page);
    }
    server.child.kill('SIGHUP');
    await eventually(
      () => /SIGHUP: certificates reloaded/.test(server.stderr) && /SIGHUP: passwords reloaded/.test(server.stderr),
      server.stderr,
    );
    await withClient(server, async (client) => {
      await logIn(client);
      await serves(client);
    });
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
  });
});
