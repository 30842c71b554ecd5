// What an operator does with a server: configuration, draining, reloading, logs, supervision.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import {
  exitOf,
  freePort,
  isocachedPath,
  needIsocached,
  runProgram,
  spawnBound,
  startIsocached,
  withServer,
} from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const EX_USAGE = 64;
const EX_CONFIG = 78;

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const run = (args, env = {}) => runProgram(isocachedPath, args, { limitMs: 10_000, env: { ...process.env, ...env } });

/** Fails unless `condition()` comes true in time. */
async function until(condition, what, limitMs = 5000) {
  for (const end = Date.now() + limitMs; !(await condition()); await sleep(20)) {
    assert.ok(Date.now() < end, `not in time: ${what()}`);
  }
}

/** A client with more replies under way than its socket takes, and one that stops reading. */
async function sluggard(server) {
  const client = await RawClient.connect(server.address, { highWaterMark: 1024 });
  assert.equal(await client.ask(`set big 0 0 1000000\r\n${'x'.repeat(1_000_000)}\r\n`), 'STORED\r\n');
  client.socket.pause();
  client.send('get big\r\n'.repeat(20));
  await sleep(200);
  return client;
}

describe('operations', { skip: needIsocached, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-operations-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const file = (text) => {
    const name = path.join(folder, `file${++files}`);
    writeFileSync(name, text);
    return name;
  };

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
      // Two lines each, and the client's beginning.
      assert.ok(
        Math.abs(2 * (asked - kept.length) - Number(dropped)) <= 1,
        `${dropped} dropped, ${kept.length} of ${asked} kept`,
      );
    });
    child.kill('SIGTERM');
    assert.equal((await exitOf(child, 5000)).code, 0);
    closeSync(reader);
  });

  test('SIGTERM under load, again and again', limit, async () => {
    for (let round = 0; round < 15; ++round) {
      const server = await startIsocached(['-t', '4']);
      let serving = true;
      const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(server.address)));
      const load = clients.map(async (client) => {
        while (serving && !client.ended) {
          client.send('mn\r\n'.repeat(50));
          await client.read(50 * 4).catch(() => {});
        }
      });
      await sleep(30);
      const { code, signal } = await server.stop('SIGTERM');
      serving = false;
      await Promise.all(load);
      for (const client of clients) client.close();
      assert.deepEqual([code, signal], [0, null], `round ${round}: ${server.stderr}`);
    }
  });

  test('SIGTERM: a request that has begun is let in, done, and answered', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '20']);
    for (const length of [10, 100_000])
      await withClient(server, (client) => client.ask(`set old${length} 0 0 1\r\nx\r\n`));
    const clients = await Promise.all(
      [10, 100_000].map(async (length) => {
        const client = await RawClient.connect(server.address);
        await client.send(`set k 0 0 ${length}\r\n${'x'.repeat(length / 2)}`);
        return { client, length };
      }),
    );
    const idle = await RawClient.connect(server.address);
    await sleep(100);
    server.child.kill('SIGTERM');
    assert.equal(await idle.readToEnd(), '');
    await sleep(200);
    for (const { client, length } of clients) {
      await client.send(`${'x'.repeat(length / 2)}\r\n`);
      assert.equal(await client.readToEnd(), 'STORED\r\n');
      client.close();
    }
    assert.equal((await exitOf(server.child, 5000)).code, 0);
  });

  test('SIGTERM: a reply under way is finished, whole', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '20']);
    const client = await sluggard(server);
    server.child.kill('SIGTERM');
    await sleep(500);
    assert.ok(server.alive, 'it did not wait for the client');
    await assert.rejects(RawClient.connect(server.address), /ECONNREFUSED/);
    const began = Date.now();
    client.socket.resume();
    const reply = await client.readToEnd();
    const one = 'VALUE big 0 1000000\r\n'.length + 1_000_000 + '\r\nEND\r\n'.length;
    assert.ok(reply.length >= one, `${reply.length} bytes`);
    assert.equal((await exitOf(server.child, 10_000)).code, 0);
    assert.ok(Date.now() - began < 5000, 'it waited although nothing was under way');
  });

  test('--drain-timeout closes what is not done', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '1']);
    const client = await sluggard(server);
    const began = Date.now();
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    const took = Date.now() - began;
    assert.ok(took > 900 && took < 3000, `${took} ms`);
    client.close();
  });

  test('--drain-delay serves on; a second signal ends it at once', limit, async () => {
    const server = await startIsocached(['--drain-delay', '30', '-v']);
    server.child.kill('SIGTERM');
    await until(
      () => /draining in 30 s/.test(server.stderr),
      () => server.stderr,
    );
    await withClient(server, async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
    const began = Date.now();
    assert.equal((await server.stop('SIGTERM')).code, 0);
    assert.ok(Date.now() - began < 1000);
    // Its time passes, and SIGUSR1 does not wait for it.
    for (const [args, signal, least] of [
      [['--drain-delay', '1'], 'SIGTERM', 900],
      [['--drain-delay', '30'], 'SIGUSR1', 0],
    ]) {
      const other = await startIsocached(args);
      const start = Date.now();
      assert.equal((await other.stop(signal)).code, 0);
      assert.ok(Date.now() - start >= least && Date.now() - start < 3000, `${signal}: ${Date.now() - start} ms`);
    }
  });

  test('while it drains, /readyz says 503 and /healthz 200; healthcheck agrees', limit, async () => {
    const server = await startIsocached(['--http', '0', '--drain-delay', '30']);
    const url = `http://127.0.0.1:${server.httpPort}`;
    const statuses = async () =>
      Promise.all(['readyz', 'healthz'].map(async (page) => (await fetch(`${url}/${page}`)).status));
    const healthcheck = async () => (await run(['healthcheck', url])).code;
    try {
      assert.deepEqual(await statuses(), [200, 200]);
      assert.equal(await healthcheck(), 0);
      server.child.kill('SIGTERM');
      await until(
        async () => (await statuses())[0] === 503,
        () => 'readyz',
      );
      assert.deepEqual(await statuses(), [503, 200]);
      assert.equal(await healthcheck(), 1);
    } finally {
      const began = Date.now();
      assert.equal((await server.stop('SIGTERM')).code, 0);
      assert.ok(Date.now() - began < 2500);
    }
  });

  test('an idle keep-alive connection of HTTP does not hold up the end', limit, async () => {
    const server = await startIsocached(['--http', '0', '--drain-timeout', '20']);
    const idle = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
    await idle.send('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await idle.readUntil('\r\n\r\n');
    const began = Date.now();
    assert.equal((await server.stop('SIGTERM')).code, 0);
    assert.ok(Date.now() - began < 3000, `${Date.now() - began} ms`);
    idle.close();
  });

  test('a second signal while replies are under way', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '30']);
    const client = await sluggard(server);
    server.child.kill('SIGTERM');
    await sleep(300);
    assert.ok(server.alive);
    const began = Date.now();
    assert.equal((await server.stop('SIGINT')).code, 0);
    assert.ok(Date.now() - began < 1000);
    client.close();
  });

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

  test('flag before environment before file', limit, async () => {
    const config = file(
      '# all of it\nmemory-limit = 32   # MB\nconn-limit = 33\nthreads=2\nidle_timeout = 44\nmaxconns_fast = no\ndisable-flush-all\n',
    );
    process.env.ISOCACHED_CONN_LIMIT = '55';
    process.env.ISOCACHED_THREADS = '3';
    process.env.ISOCACHED_CONFIG = config;
    try {
      await withServer(startIsocached, ['-t', '1'], (server) =>
        withClient(server, async (client) => {
          const settings = await statsOf(client, 'settings');
          assert.equal(settings.maxbytes, String(32 << 20));
          assert.equal(settings.maxconns, '55');
          assert.equal(settings.num_threads, '1');
          assert.equal(settings.idle_timeout, '44');
          assert.equal(settings.maxconns_fast, 'no');
          assert.equal(await client.ask('flush_all\r\n'), 'CLIENT_ERROR flush_all not allowed\r\n');
        }),
      );
    } finally {
      for (const name of ['CONN_LIMIT', 'THREADS', 'CONFIG']) delete process.env[`ISOCACHED_${name}`];
    }
  });

  test('what is wrong in a file is said by line, and ends with 78', limit, async () => {
    const config = file('port = 1\n\nprot = 2\nthreads = 0\n');
    const { code, stderr } = await run(['--config', config]);
    assert.equal(code, EX_CONFIG);
    assert.match(stderr, /:3: 'prot' is not known; did you mean port\?/);
    assert.match(stderr, /:4: .*1 to 256/);
    assert.equal((await run(['--config', path.join(folder, 'none')])).code, EX_CONFIG);
    const environment = await run(['-p', '0'], { ISOCACHED_THREADS: 'x' });
    assert.equal(environment.code, EX_CONFIG);
    assert.match(environment.stderr, /ISOCACHED_THREADS/);
    const flag = await run(['--drain-dely', '3']);
    assert.equal(flag.code, EX_USAGE);
    assert.match(flag.stderr, /did you mean --drain-delay\?/);
  });

  test('--check-config says all that is wrong', limit, async () => {
    const fine = await run(['--check-config', '--config', file('port = 7\nhttp = 127.0.0.1:8080\n')]);
    assert.deepEqual([fine.code, fine.stdout, fine.stderr], [0, 'the configuration is fine\n', '']);
    const { code, stdout, stderr } = await run([
      '--check-config',
      '-c',
      '0',
      '-l',
      '[::1',
      '--config',
      file(
        'prot = 2\nmemory-limit = 64\nmax-item-size=40m\nenable-ssl = yes\nssl_chain_cert = /no/such/file\nhttp = localhost\n',
      ),
    ]);
    assert.equal(code, EX_CONFIG);
    assert.equal(stdout, '');
    for (const says of [/:1: 'prot'/, /-c: a number/, /1\/2 of memory/, /missing \]/, /--http: .*'localhost'/])
      assert.match(stderr, says);
    assert.equal(stderr.trim().split('\n').length, 6, stderr); // and the certificate
  });

  test('a configuration that is a folder, a value without its name', limit, async () => {
    const { code, stderr } = await run(['--config', folder]);
    assert.deepEqual([code, stderr], [EX_CONFIG, `isocached: --config: cannot read ${folder}: Is a directory\n`]);
    const empty = await run(['-p', '0'], { ISOCACHED_AUTH_FILE: '' });
    assert.deepEqual(
      [empty.code, empty.stderr],
      [EX_CONFIG, 'isocached: ISOCACHED_AUTH_FILE is empty; unset it to serve without passwords\n'],
    );
    assert.equal((await run(['--check-config'], { ISOCACHED_HTTP: '', ISOCACHED_SSL_KEY: '' })).code, 0);
  });

  test('what has no effect is warned of, at the start and by --check-config', limit, async () => {
    const args = ['-o', 'ssl_chain_cert=/x', '--allow-origin', 'https://a.example', '--websocket-deflate'];
    const says = [
      /^warning: ssl_chain_cert is given, but not -Z: nothing is encrypted$/m,
      /^warning: --allow-origin has no effect/m,
      /^warning: --websocket-deflate has no effect/m,
    ];
    const { code, stderr } = await run(['--check-config', ...args]);
    assert.equal(code, 0);
    for (const line of says) assert.match(stderr, line);
    await withServer(startIsocached, args, async (server) => {
      for (const line of says) assert.match(server.stderr, line);
    });
  });

  test('--check-config reads files as the user of -u', {
    ...limit,
    skip: process.getuid() === 0 ? false : 'not root',
  }, async () => {
    chmodSync(folder, 0o755);
    const passwords = file('ann:one\n');
    const check = () => run(['--check-config', '-u', 'nobody', '-Y', passwords]);
    assert.equal((await check()).code, 0);
    chmodSync(passwords, 0o600);
    const { code, stderr } = await check();
    assert.deepEqual([code, stderr], [EX_CONFIG, `-Y ${passwords}: Permission denied\n`]);
    const nobody = await run(['--check-config', '-u', 'no-such-user-here']);
    assert.equal(nobody.code, EX_CONFIG);
    assert.match(nobody.stderr, /no-such-user-here/);
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

  test('healthcheck', limit, async () => {
    const port = await freePort();
    const check = async (args, env) => {
      const { code, stdout, stderr } = await run(['healthcheck', ...args], env);
      assert.match(stdout, /^(un)?healthy: [^\n]+\n$/, stderr);
      return code;
    };
    const says = async (...args) => (await run(['healthcheck', ...args])).stdout;
    await withServer(startIsocached, ['-p', String(port), '--http', '0'], async (server) => {
      assert.equal(await check([`127.0.0.1:${port}`]), 0);
      assert.equal(await says(String(port)), `healthy: 127.0.0.1:${port}\n`);
      assert.equal(await check(['--no-verify', `127.0.0.1:${port}`]), 0);
      // Asked in the wrong way.
      assert.match(
        await says(`127.0.0.1:${server.httpPort}`),
        new RegExp(`it speaks HTTP; try http://127\\.0\\.0\\.1:${server.httpPort}\n`),
      );
      assert.match(await says(`http://127.0.0.1:${port}`), new RegExp(` 127\\.0\\.0\\.1:${port} or`));
      assert.match(await says(`https://127.0.0.1:${server.httpPort}`), /it does not speak TLS; try http:/);
    });
    for (const flag of ['-h', '--help']) {
      const help = await run(['healthcheck', flag]);
      assert.equal(help.code, 0);
      for (const form of ['host:port', '/path/of/socket', 'tls://', 'http://', 'https://', '--no-verify'])
        assert.ok(help.stdout.includes(form), form);
    }
    await withServer(startIsocached, ['-p', String(port)], async () => {
      assert.equal(await check([], { ISOCACHED_PORT: String(port), ISOCACHED_LISTEN: '0.0.0.0' }), 0);
      assert.equal(await check(['--config', file(`port = ${port}\n`)]), 0);
      assert.equal(await check([`http://127.0.0.1:${port}`]), 1);
    });
    assert.equal(await check([`127.0.0.1:${port}`]), 1);
    const socket = path.join(folder, 'health.sock');
    await withServer(startIsocached, ['-s', socket], async () => {
      assert.equal(await check([socket]), 0);
      assert.equal(await check(['-s', socket]), 0);
    });
    // What /readyz says; and nobody who says anything.
    for (const [status, expected] of [
      ['200 OK', 0],
      ['503 Service Unavailable', 1],
      [null, 1],
    ]) {
      const sockets = [];
      const http = net
        .createServer((peer) => {
          sockets.push(peer);
          peer.on('error', () => {});
          peer.once('data', (request) => {
            if (status && request.toString().startsWith('GET /readyz HTTP/1.1\r\n'))
              peer.end(`HTTP/1.1 ${status}\r\n\r\n`);
          });
        })
        .listen(0, '127.0.0.1');
      await new Promise((resolve) => http.once('listening', resolve));
      try {
        const began = Date.now();
        assert.equal(await check(['--http', String(http.address().port)]), expected, status);
        assert.ok(Date.now() - began < 4000);
      } finally {
        for (const peer of sockets) peer.destroy();
        http.close();
      }
    }
  });

  test('beyond -c: HTTP says 503, memcached its error', limit, () =>
    withServer(startIsocached, ['-c', '1', '--http', '0'], async (server) => {
      const first = await RawClient.connect(server.address);
      assert.equal(await first.ask('mn\r\n'), 'MN\r\n');
      const connect = () => RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
      const reserve = []; // a full server answers whether it lives
      for (let i = 0; i < 16; ++i) reserve.push(await connect());
      await reserve[0].send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      assert.match(await reserve[0].readUntil('ok\n'), /^HTTP\/1\.1 200 OK\r\n/);
      // Its place is free when it has been counted out.
      await until(
        async () => (await statsOf(first)).curr_connections === '16',
        () => 'one of 17 gone',
      );
      reserve.push(await connect());
      const http = await connect();
      const answer = await http.readToEnd();
      assert.match(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
      for (const header of ['Connection: close', 'Retry-After: 1', 'Content-Type: text/plain; charset=utf-8'])
        assert.ok(answer.includes(`\r\n${header}\r\n`), header);
      const [head, body] = answer.split('\r\n\r\n');
      assert.equal(Number(/Content-Length: (\d+)/.exec(head)[1]), body.length);
      const second = await RawClient.connect(server.address);
      assert.equal(await second.readToEnd(), 'ERROR Too many open connections\r\n');
      for (const client of [first, http, second, ...reserve]) client.close();
    }),
  );
});
