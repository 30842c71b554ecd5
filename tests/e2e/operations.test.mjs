// isocached as a service: its streams, its log, its warnings, and what it tells a supervisor. Configuration:
// configuration.test.mjs; its end: draining.test.mjs; reloads: reloading.test.mjs; health: healthcheck.test.mjs.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, constants, existsSync, openSync, readFileSync, readlinkSync, readSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { withClient } from '../lib/client.mjs';
import { run, sleep, temporaryFiles, until } from '../lib/operations.mjs';
import { exitOf, freePort, isocachedPath, needIsocached, spawnBound, startIsocached } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
describe('operations', { skip: needIsocached, concurrency: 1 }, () => {
  const { folder, file } = temporaryFiles();

  test('standard streams that are closed at the start are /dev/null', limit, async () => {
    const streams = (pid) => [0, 1, 2].map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
    const nulls = ['/dev/null', '/dev/null', '/dev/null'];
    for (const daemon of [false, true]) {
      const port = await freePort();
      const pidFile = file('');
      const args = ['-p', String(port), '-P', pidFile, '-t', '1', '-vv', ...(daemon ? ['-d'] : [])];
      const child = spawnBound('sh', ['-c', 'exec "$0" "$@" <&- >&- 2>&-', isocachedPath, ...args], {
        stdio: 'ignore',
      });
      const address = { host: '127.0.0.1', port };
      await until(
        () => withClient({ address }, (client) => client.ask('mn\r\n')).catch(() => false),
        () => `no server (${args})`,
      );
      const pid = Number(readFileSync(pidFile, 'latin1'));
      try {
        assert.deepEqual(streams(pid), nulls, daemon ? '-d' : 'in the foreground');
      } finally {
        process.kill(pid, 'SIGTERM');
      }
      await until(
        () => !existsSync(`/proc/${pid}`),
        () => 'it goes on',
      );
      await exitOf(child, 5000);
    }
  });

  test("-k without the privilege to lock memory warns in memcached's words, and runs", limit, async () => {
    const port = await freePort();
    const user = process.getuid() === 0 ? ['-u', 'nobody'] : [];
    const args = ['-k', '-t', '1', '-p', String(port), ...user];
    const child = spawnBound('sh', ['-c', 'ulimit -l 64; exec "$0" "$@"', isocachedPath, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    await until(
      () => /^ready$/m.test(stderr),
      () => stderr,
    );
    assert.match(stderr, /^warning: -k invalid, mlockall\(\) failed: Cannot allocate memory$/m);
    await withClient({ address: { host: '127.0.0.1', port } }, async (client) =>
      assert.equal(await client.ask('mn\r\n'), 'MN\r\n'),
    );
    child.kill('SIGTERM');
    assert.equal((await exitOf(child, 5000)).code, 0);
  });

  test('a full stderr stops nobody; what it lost is counted, in order', limit, async () => {
    const pipe = path.join(folder, 'stderr');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, constants.O_WRONLY);
    const read = () => {
      const buffer = Buffer.alloc(1 << 20);
      let text = '';
      for (;;) {
        try {
          text += buffer.toString('latin1', 0, readSync(reader, buffer));
        } catch {
          return text;
        } // EAGAIN: empty
      }
    };
    const port = await freePort();
    const child = spawnBound(isocachedPath, ['-vv', '-t', '2', '-p', String(port)], {
      stdio: ['ignore', 'ignore', writer],
    });
    closeSync(writer);
    const address = { host: '127.0.0.1', port };
    await until(
      () => withClient({ address }, (client) => client.ask('mn\r\n')).catch(() => false),
      () => 'no server',
    );
    await sleep(100);
    read();
    const asked = 2000;
    await withClient({ address }, async (client) => {
      for (let i = 0; i < asked; ++i) assert.equal(await client.ask(`get ${'k'.repeat(60)}${i}\r\n`), 'END\r\n');
      const kept = read().match(/^<\d+ get k+\d+$/gm);
      assert.ok(kept.length < asked, 'it was never full');
      for (const [i, line] of kept.entries()) assert.match(line, new RegExp(`k${i}$`));
      assert.equal(await client.ask('get after\r\n'), 'END\r\n');
      const [, dropped] = /^warning: (\d+) log lines dropped: stderr was full\n<\d+ get after$/m.exec(read()) ?? [];
      // Four lines each, for ask() sends an mn behind each command; and the first that is dropped may be any of them.
      assert.ok(
        Math.abs(4 * (asked - kept.length) - Number(dropped)) <= 4,
        `${dropped} dropped, ${kept.length} of ${asked} kept`,
      );
    });
    child.kill('SIGTERM');
    assert.equal((await exitOf(child, 5000)).code, 0);
    closeSync(reader);
  });

  test('sd_notify: ready, watchdog, reload, stopping', {
    ...limit,
    skip: existsSync('/usr/bin/python3') ? false : 'no python3',
  }, async () => {
    // Node has no datagram unix sockets.
    const socket = path.join(folder, 'notify');
    const script = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True: print(s.recv(4096).decode().replace("\\n", " "), flush=True)`;
    const manager = spawnBound('/usr/bin/python3', ['-c', script, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    let told = '';
    manager.stdout.setEncoding('utf8').on('data', (text) => {
      told += text;
    });
    try {
      await until(
        () => /bound/.test(told),
        () => told,
      );
      const child = spawnBound(isocachedPath, ['-p', '0'], {
        stdio: ['ignore', 'ignore', 'ignore'],
        env: { ...process.env, NOTIFY_SOCKET: socket, WATCHDOG_USEC: '1000000' },
      });
      await until(
        () => /^READY=1 STATUS=\w+/m.test(told),
        () => told,
      );
      assert.match(told, new RegExp(`MAINPID=${child.pid}$`, 'm'));
      await until(
        () => (told.match(/^WATCHDOG=1$/gm) ?? []).length >= 3,
        () => told,
      );
      const readies = told.match(/^READY=1/gm).length;
      child.kill('SIGHUP');
      await until(
        () => /^RELOADING=1 MONOTONIC_USEC=\d+/m.test(told),
        () => told,
      );
      await until(
        () => told.match(/^READY=1/gm).length > readies,
        () => told,
      );
      child.kill('SIGTERM');
      assert.equal((await exitOf(child, 5000)).code, 0);
      await until(
        () => /^STOPPING=1 STATUS=Draining EXTEND_TIMEOUT_USEC=\d+/m.test(told),
        () => told,
      );
    } finally {
      manager.kill('SIGKILL');
    }
  });

  test('--log-format json: each line is an object', limit, async () => {
    const server = await startIsocached(['--log-format', 'json', '-vv', '-l', '0.0.0.0', '-f', '2']);
    await withClient(server, (client) => client.ask('set k 0 0 1\r\nx\r\nget \xff\x01"\r\n'));
    server.child.kill('SIGHUP');
    await server.stop();
    const lines = server.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const line of lines) {
      assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(line.level, /^(info|warning|error)$/);
      assert.equal(typeof line.message, 'string');
    }
    assert.ok(lines.some((line) => line.message === 'ready'));
    assert.ok(lines.some((line) => line.level === 'warning' && /neither TLS nor a password/.test(line.message)));
    assert.ok(lines.some((line) => line.received === true && line.line === 'set k 0 0 1'));
    const failed = await run(['-p', 'x', '--log-format', 'json']);
    assert.equal(JSON.parse(failed.stderr).level, 'error');
  });

  test('a listener that others can reach is warned of', limit, async () => {
    const started = async (args) => {
      const server = await startIsocached(args);
      await server.stop();
      return server.stderr;
    };
    assert.match(await started(['-l', '0.0.0.0']), /^warning: 0\.0\.0\.0:\d+ has neither TLS nor a password/m);
    assert.match(await started(['--http', '0.0.0.0:0']), /^warning: 0\.0\.0\.0:\d+ has neither/m);
    assert.doesNotMatch(await started(['-l', '127.0.0.5,::1']), /warning/);
    const passwords = file('ann:one\n');
    assert.match(await started(['-l', '0.0.0.0', '-Y', passwords]), /^warning: passwords cross the network in clear/m);
    assert.match(await started(['-Y', passwords]), /^warning: -Y \S+: it is open to everybody/m);
    chmodSync(passwords, 0o600);
    assert.doesNotMatch(await started(['-Y', passwords]), /warning/);
  });
});
