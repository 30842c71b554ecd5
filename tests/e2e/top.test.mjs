// `isocached top`: what it prints of a running server. What it makes of lines is in native/monitor_test.cc.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { run } from '../lib/operations.mjs';
import { exitOf, isocachedPath, needIsocached, spawnBound, startIsocached, withServer } from '../lib/server.mjs';
import { needTls, startTls } from '../lib/tls.mjs';

const limit = { timeout: 60_000 };
const PYTHON = '/usr/bin/python3';
const needPython = existsSync(PYTHON) ? false : 'no python3 here';

/** Runs `isocached top` in a terminal, takes the terminal away when it shows something, and waits for the end. */
const GONE_TERMINAL = `
import os, pty, signal, sys
child, terminal = pty.fork()
if child == 0:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    os.environ['TERM'] = 'xterm'
    os.execv(sys.argv[1], [sys.argv[1], 'top', sys.argv[2]])
os.read(terminal, 1)
os.close(terminal)
signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
signal.alarm(10)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0)
`;

/** Runs `isocached top` for a second, under a load of `requests`. */
async function topOf(server, requests, args) {
  const running = run(['top', ...args, '--once']);
  await withClient(server, async (client) => {
    await eventually(async () => (await statsOf(client)).log_watchers === '1', 'it does not watch');
    await client.ask(requests);
  });
  const { code, stdout, stderr } = await running;
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

const REQUESTS = [
  ...Array.from({ length: 30 }, () => 'get user:1\r\n'),
  'set user:1 0 0 3\r\nabc\r\n',
  ...Array.from({ length: 60 }, () => 'get user:1\r\n'),
  ...Array.from({ length: 10 }, (_, n) => `get page:${n}\r\n`),
].join('');

function checkTables(text, address) {
  const rows = text.split('\n');
  assert.ok(rows[0].startsWith(`${address}  up `), text);
  const row = (name) => rows.filter((line) => line.startsWith(`${name} `)).map((line) => line.trim().split(/ +/));
  assert.deepEqual(row('user:1')[0].slice(2), ['90', '66.7%', '1', '0']);
  assert.deepEqual(row('user')[0].slice(2), ['90', '66.7%', '1', '0']);
  assert.deepEqual(row('page')[0].slice(2), ['10', '0.0%', '0', '0']);
  assert.match(text, /tables: [\d,]+ events seen, 0 skipped/);
}

/** Runs `isocached top` against a server that answers `stats` with this, without an end. */
async function topOfLiar(stats) {
  const liar = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const request = String(bytes);
      if (request.startsWith('watch')) return socket.write('OK\r\n');
      if (request === 'stats settings\r\n') return socket.write('END\r\n');
      socket.write(stats);
    });
  }).listen(0, '127.0.0.1');
  await once(liar, 'listening');
  const result = await run(['top', String(liar.address().port), '--once']);
  liar.close();
  return result;
}

describe('top', { skip: needIsocached, concurrency: 2 }, () => {
  test('hot keys and prefixes, over TCP and over a unix socket', limit, async () => {
    await withServer(startIsocached, ['-t', '2'], async (server) => {
      checkTables(await topOf(server, REQUESTS, [String(server.port)]), `127.0.0.1:${server.port}`);
    });
    const folder = mkdtempSync(path.join(tmpdir(), 'isocache-top-'));
    try {
      const socket = path.join(folder, 'cache.sock');
      await withServer(startIsocached, ['-s', socket], async (server) => {
        checkTables(await topOf(server, REQUESTS, [socket]), socket);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('over TLS, if it may believe the certificate', { ...limit, skip: needTls }, async () => {
    await withServer(startTls, [], async (server) => {
      const address = `tls://127.0.0.1:${server.port}`;
      const { code, stderr } = await run(['top', address, '--once']);
      assert.equal(code, 1);
      assert.match(stderr, /certificate verify failed; see --ca and --no-verify/);
      checkTables(await topOf(server, REQUESTS, [address, '--no-verify']), `127.0.0.1:${server.port}`);
    });
  });

  test('a server with passwords', limit, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'isocache-top-'));
    try {
      const users = path.join(folder, 'users');
      writeFileSync(users, 'ann:secret\n', { mode: 0o600 });
      await withServer(startIsocached, ['-Y', users], async (server) => {
        const refused = await run(['top', String(server.port), '--once']);
        assert.deepEqual([refused.code, refused.stdout], [1, '']);
        assert.match(refused.stderr, /unauthenticated: --login <file> is needed/);
        const { code, stdout, stderr } = await run(['top', String(server.port), '--once', '--login', users]);
        assert.deepEqual([code, stderr], [0, '']);
        assert.match(stdout, /^hot keys +share +lookups +hits +stores +evicted$/m);
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('without a terminal a block each second, until the server goes', limit, async () => {
    const server = await startIsocached([]);
    const child = spawnBound(isocachedPath, ['top', String(server.port)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more) => {
      text += more;
    });
    await eventually(() => (text.match(/^prefixes /gm)?.length ?? 0) >= 2, 'two blocks');
    await server.stop();
    assert.deepEqual(await exitOf(child, 10_000), { code: 1, signal: null });
  });

  test('a terminal that has gone ends it, even if SIGHUP is ignored', { ...limit, skip: needPython }, async () => {
    await withServer(startIsocached, [], async (server) => {
      const child = spawnBound(PYTHON, ['-c', GONE_TERMINAL, isocachedPath, String(server.port)]);
      assert.deepEqual(await exitOf(child, 20_000), { code: 0, signal: null });
    });
  });

  test('a server that does not say a word is given up, and so is one that says little at a time', limit, async () => {
    const mute = createServer((socket) => {
      const drip = setInterval(() => socket.write('x'), 100);
      socket.on('error', () => {}).on('close', () => clearInterval(drip));
      if (mute.silent) clearInterval(drip);
    }).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const port = String(mute.address().port);
    mute.silent = true;
    const silent = [port, `tls://127.0.0.1:${port}`].map((address) => run(['top', address, '--seconds=1']));
    await sleep(500);
    mute.silent = false;
    const results = await Promise.all([...silent, run(['top', port])]);
    mute.close();
    for (const { code, stderr } of results) {
      assert.match(stderr, /:\d+: the server does not answer/);
      assert.equal(code, 1);
    }
  });

  test('a server that is none of ours cannot keep it or command the terminal', limit, async () => {
    const endless = await topOfLiar('x'.repeat(2 << 20));
    assert.deepEqual(
      [endless.code, endless.stderr.trim()],
      [1, 'isocached top: the server sends a line without an end'],
    );
    const rows = await topOfLiar('STAT a 1\r\n'.repeat(20_000));
    assert.deepEqual([rows.code, rows.stderr.trim()], [1, "isocached top: the server's stats have no end"]);
    const { code, stdout } = await topOfLiar('STAT curr_connections \x1b[31m\x9b\x00\x07\r\nEND\r\n');
    assert.equal(code, 0);
    assert.match(stdout, /clients \?\[31m\?+$/m);
  });

  test('what it cannot do, it says', limit, async () => {
    for (const [args, expected] of [
      [['127.0.0.1:1', '--once'], /^isocached top: 127\.0\.0\.1:1: Connection refused\n$/],
      [['nohost.invalid', '--once'], /^isocached top: nohost\.invalid:11211: [A-Z][a-z ]+\n$/],
      [['tls://127.0.0.1:1', '--ca', '/no/such/file'], /\/no\/such\/file: No such file or directory/],
      [['127.0.0.1:99999'], /'99999' is no port/],
      [['http://127.0.0.1:8080'], /'http:\/\/127\.0\.0\.1:8080': only tls:\/\/ is known.*not that of HTTP/],
      [['memcached://cache'], /only tls:\/\/ is known/],
      [['-p', '11300'], /not expected: -p; write the address alone: isocached top 11211/],
      [['-1'], /not expected: -1\n/],
      [['11211', '11212'], /11212\n.*isocached top -h lists what is known/],
      [['--seconds=0'], /--seconds/],
      [['--rows', 'x'], /--rows.*x/],
      [['--nonsense'], /--nonsense\n.*isocached top -h lists what is known/],
      [[''], /an address is expected/],
      [['/no/such/socket'], /No such file/],
      [['--login', '/no/such/file'], /cannot be read/],
    ]) {
      const { code, stderr } = await run(['top', ...args]);
      assert.notEqual(code, 0);
      assert.match(stderr, expected);
    }
    for (const args of [['--nonsense'], ['--seconds'], ['--seconds', 'x'], ['--rows', '0']])
      assert.equal((await run(['top', ...args])).code, 64, args.join(' '));
    await withServer(startIsocached, ['-W'], async (server) => {
      const { code, stderr } = await run(['top', String(server.port)]);
      assert.equal(code, 1);
      assert.match(stderr, /watch: CLIENT_ERROR watch commands not allowed/);
    });
    await withServer(startIsocached, ['--http', '127.0.0.1:0'], async (server) => {
      const { stderr } = await run(['top', String(server.httpPort)]);
      assert.match(stderr, /HTTP\/1\.1 400 .*: that is an HTTP port; top reads memcached's/);
      const plain = await run(['top', `tls://127.0.0.1:${server.port}`]);
      assert.match(plain.stderr, /the server does not speak TLS/);
    });
    await withServer(startIsocached, ['-c', '1'], async (server) => {
      const { code, stderr } = await run(['top', String(server.port)]);
      assert.equal(code, 1);
      assert.match(stderr, /:\d+: ERROR Too many open connections|stats: ERROR Too many|watch: ERROR Too many/);
    });
    await withServer(startIsocached, ['-B', 'binary'], async (server) => {
      const { code, stderr } = await run(['top', String(server.port)]);
      assert.equal(code, 1);
      assert.match(stderr, /has ended the connection .*not to a port of -B binary/);
    });
    const { code, stdout } = await run(['top', '-h']);
    assert.equal(code, 0);
    assert.match(stdout, /^isocached top \[ADDRESS\]/);
  });
});
