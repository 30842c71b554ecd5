// The command line: flags, exit codes, signals, and what is written where.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import {
  exitOf,
  isocachedPath,
  needIsocached,
  runProgram,
  spawnBound,
  startIsocached,
  withServer,
} from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const MB = 2 ** 20;
const EX_USAGE = 64;
const EX_NOUSER = 67;
const EX_OSERR = 71;

const run = (...args) => runProgram(isocachedPath, args, { limitMs: 10_000 });
const onServer = (args, use) =>
  withServer(startIsocached, args, (server) => withClient(server, (client) => use(client, server)));
const isRoot = process.getuid() === 0;

describe('isocached', { skip: needIsocached, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-cli-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('-h explains every flag', limit, async () => {
    for (const flag of ['-h', '--help']) {
      const { code, stdout, stderr } = await run(flag);
      assert.equal(code, 0);
      assert.equal(stderr, '');
      for (const letter of 'psaldumPMctIRCbBFXWDAvVho')
        assert.match(stdout, new RegExp(`^ +-${letter}\\b`, 'm'), `-${letter}`);
      for (const line of stdout.split('\n')) assert.ok(line.length <= 100, line);
    }
  });

  test('native/docs/flags.md is what --print flags prints', limit, async () => {
    const { stdout } = await runProgram(isocachedPath, ['--print', 'flags']);
    assert.equal(stdout, readFileSync(new URL('../../native/docs/flags.md', import.meta.url), 'utf8'));
  });

  test('-V and -i', limit, async () => {
    for (const flag of ['-V', '--version']) {
      const { code, stdout } = await run(flag);
      assert.equal(code, 0);
      assert.match(stdout, /^isocached \d+\.\d+\.\d+\n$/);
    }
    const { code, stdout } = await run('-i');
    assert.equal(code, 0);
    assert.match(stdout, /MIT/);
  });

  test('what cannot be meant ends with 64 and says why', limit, async () => {
    const wrong = [
      [['-Q'], /-Q/],
      [['--nosuch'], /--nosuch/],
      [['extra'], /extra/],
      [['-p'], /-p/],
      [['-p', 'abc'], /-p.*abc/],
      [['-p', '70000'], /-p/],
      [['-p', '-1'], /-p/],
      [['-m', 'x'], /-m/],
      [['-m', '0'], /-m/],
      [['-c', '0'], /-c/],
      [['-t', '0'], /-t/],
      [['-t', 'x'], /-t/],
      [['-R', '0'], /-R/],
      [['-b', 'x'], /-b/],
      [['-a', '9'], /-a/],
      [['-a', '1777'], /-a/],
      [['-I', '100'], /1024/],
      [['-I', '2g'], /gigabyte/],
      [['-I', '40m', '-m', '64'], /half|1\/2/],
      [['-o', 'nosuch'], /nosuch.*\n.*idle_timeout/],
      [['-o', 'idle_timeout=x'], /idle_timeout/],
      [['-o', 'idle_timeout=1,nosuch'], /nosuch/],
      [['--http'], /--http needs a value: <addr:port>/],
      [['-m', '-p', '0'], /^isocached: -m needs a value: <num>$/m],
      [['-vm', '--port=0'], /^isocached: -m needs a value: <num>$/m],
      [['--prefix-metrics', '-p', '0'], /--prefix-metrics needs a value: <num>/],
      [['-o', '-p', '0'], /^isocached: -o needs a value: <words>$/m],
      [['foo', 'bar'], /^isocached: not expected: foo bar; the commands are/],
      [['-Y', ''], /-Y needs a value: <file>/],
      [['--config', ''], /--config needs a value/],
      [['--http='], /--http needs/],
      [['--allow-origin', 'https://app.example/'], /--allow-origin.*https:\/\/app\.example or/],
      [['-B', 'x'], /-B/],
      [['-S'], /-Y <file>/],
      [['-l', 'proto[proxy]:127.0.0.1'], /no proxy/],
      [['-l', 'proto[text]:127.0.0.1'], /proto\[text\].*ascii/],
      [['-l', 'proto[ascii'], /no end of proto\[/],
      [
        ['-l', '127.0.0.1,tag[ninechars]:127.0.0.1'],
        /^isocached: Listener tags must be between 1 and 8 characters: "ninechars"/,
      ],
      [['-l', 'tag[]:127.0.0.1'], /Listener tags must be/],
      [['-l', 'tag__:127.0.0.1'], /Listener tags must be/],
      [['-U', '11211'], /UDP/],
    ];
    for (const [args, says] of wrong) {
      const { code, stdout, stderr } = await run(...args);
      assert.equal(code, EX_USAGE, `${args.join(' ')}: ${stderr}`);
      assert.equal(stdout, '', args.join(' '));
      assert.match(stderr, says, args.join(' '));
      assert.ok(!/ready/.test(stderr));
    }
  });

  test('a port that is taken ends with 71, an unknown user with 67', limit, async () => {
    const taken = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    try {
      const { code, stderr } = await run('-p', String(taken.address().port));
      assert.equal(code, EX_OSERR, stderr);
      assert.match(stderr, new RegExp(`${taken.address().port}.*(in use|already)`));
    } finally {
      taken.close();
    }
    assert.equal((await run('-p', '0', '-l', 'no.such.host.invalid')).code, EX_OSERR);
    assert.equal((await run('-s', path.join(folder, 'no', 'such', 'folder'))).code, EX_OSERR);
    if (isRoot) assert.equal((await run('-p', '0', '-u', 'no-such-user-here')).code, EX_NOUSER);
  });

  test("-l: memcached's protocol and tag of a listener, together and apart", limit, async () => {
    const lists = [
      'tag[tools]:',
      'tag_tools_:',
      'proto[ascii]:',
      'proto[negotiating]:',
      'proto[ascii]:tag[services]:',
      'proto[ascii]:tag_t_:',
    ];
    for (const before of lists) {
      const listen = `127.0.0.1:0,${before}127.0.0.1:0`;
      await onServer(['-l', listen], async (client, server) => {
        const ports = [...server.stderr.matchAll(/^listening 127\.0\.0\.1:(\d+)$/gm)].map(([, port]) => Number(port));
        assert.equal(ports.length, 2, server.stderr);
        const address = { host: '127.0.0.1', port: ports[1] };
        await withClient({ address }, async (other) => assert.equal(await other.ask('mn\r\n'), 'MN\r\n'));
        assert.equal((await statsOf(client, 'settings')).inter, listen);
      });
    }
    await onServer(['-l', '127.0.0.1:0', '-l', 'proto[ascii]:tag[six]:[::1]:0'], (_client, server) => {
      assert.match(server.stderr, /^listening \[::1\]:\d+$/m);
    });
  });

  test('the banner: version, addresses, memory, pid, ready', limit, () =>
    onServer(['-m', '32', '-t', '2'], async (_client, server) => {
      assert.match(server.stderr, /^isocached \d+\.\d+\.\d+/);
      assert.match(server.stderr, new RegExp(`^listening 127\\.0\\.0\\.1:${server.port}$`, 'm'));
      assert.match(server.stderr, /\b32 MB\b/);
      assert.match(server.stderr, new RegExp(`\\bpid ${server.pid}\\b`));
      assert.match(server.stderr, /\nready\n$/);
    }),
  );

  for (const signal of ['SIGTERM', 'SIGINT']) {
    test(`${signal} ends it with 0, connections and all`, limit, async () => {
      const server = await startIsocached(['--drain-timeout', '1']); // the unfinished set below is waited for
      const clients = [];
      for (let i = 0; i < 5; ++i) clients.push(await RawClient.connect(server.address));
      assert.equal(await clients[0].ask('set a 0 0 1\r\nx\r\n'), 'STORED\r\n');
      await clients[1].send('set b 0 0 100000\r\nunfinished');
      clients[2].socket.pause();
      clients[2].send('get a\r\n'.repeat(500_000)); // will not be read
      const began = Date.now();
      assert.deepEqual(await server.stop(signal), { code: 0, signal: null }, server.stderr);
      assert.ok(Date.now() - began < 5000, 'it took too long');
      await clients[0].readToEnd();
      for (const client of clients) client.close();
      await assert.rejects(RawClient.connect(server.address), /ECONNREFUSED/);
    });
  }

  test('-A allows shutdown', limit, async () => {
    for (const command of ['shutdown\r\n', 'shutdown graceful\r\n']) {
      const server = await startIsocached(['-A']);
      const client = await RawClient.connect(server.address);
      await client.send(command);
      await client.readToEnd();
      client.close();
      assert.equal((await exitOf(server.child, 5000)).code, 0);
    }
  });

  test('-s: a unix socket, its mode, and no TCP', limit, async () => {
    const socket = path.join(folder, 'cache.sock');
    for (const [args, mode] of [
      [[], 0o700],
      [['-a', '777'], 0o777],
    ]) {
      await withServer(startIsocached, ['-s', socket, ...args], async (server) => {
        assert.equal(statSync(socket).mode & 0o777, mode);
        await withClient(server, async (client) => {
          assert.equal(await client.ask('set a 0 0 1\r\nx\r\nget a\r\n'), 'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n');
          assert.equal((await statsOf(client, 'settings')).domain_socket, socket);
        });
        assert.doesNotMatch(server.stderr, /listening \S*\d+\.\d+/);
      });
    }
    // One that was left behind is replaced; one that is in use is not.
    await withServer(startIsocached, ['-s', socket], async (server) => {
      assert.notEqual((await run('-s', socket)).code, 0);
      await withClient(server, async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
    });
    // Both at once, when asked for.
    await withServer(startIsocached, ['-s', socket, '-p', '0'], async (server) => {
      const [, port] = /listening 127\.0\.0\.1:(\d+)/.exec(server.stderr);
      for (const address of [{ path: socket }, { host: '127.0.0.1', port: Number(port) }]) {
        const client = await RawClient.connect(address);
        assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
        client.close();
      }
    });
  });

  test('-P writes the pid and takes it away again', limit, async () => {
    const file = path.join(folder, 'isocached.pid');
    const server = await startIsocached(['-P', file]);
    assert.equal(readFileSync(file, 'utf8').trim(), String(server.pid));
    await server.stop();
    assert.ok(!existsSync(file));
  });

  test('-d goes into the background and is there when the caller goes on', limit, async () => {
    const file = path.join(folder, 'daemon.pid');
    const socket = path.join(folder, 'daemon.sock');
    const child = spawnBound(isocachedPath, ['-d', '-A', '-P', file, '-s', socket], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    assert.equal((await exitOf(child, 10_000)).code, 0);
    const client = await RawClient.connect({ path: socket });
    try {
      assert.equal((await statsOf(client)).pid, readFileSync(file, 'utf8').trim());
    } finally {
      await client.send('shutdown\r\n');
      client.close();
    }
    for (let i = 0; existsSync(file) && i < 200; ++i) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(!existsSync(file), 'the daemon is still there');
  });

  test('-l: loopback by default, other addresses when asked for', limit, async () => {
    await onServer([], async (_client, server) => {
      assert.deepEqual(
        server.stderr.match(/listening \S+/g).filter((line) => !/127\.0\.0\.1:|\[::1\]:/.test(line)),
        [],
      );
    });
    await withServer(startIsocached, ['-p', '0', '-l', '127.0.0.2,127.0.0.3'], async (server) => {
      const addresses = [...server.stderr.matchAll(/listening (127\.0\.0\.\d):(\d+)/g)];
      assert.deepEqual(
        addresses.map(([, host]) => host),
        ['127.0.0.2', '127.0.0.3'],
      );
      for (const [, host, port] of addresses) {
        const client = await RawClient.connect({ host, port: Number(port) });
        assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
        client.close();
      }
    });
  });

  test('-F, -X and -C switch commands off as memcached does', limit, () =>
    onServer(['-F', '-X', '-C'], async (client) => {
      assert.equal(
        await client.ask('set a 0 0 1\r\nx\r\nflush_all\r\nget a\r\n'),
        'STORED\r\nCLIENT_ERROR flush_all not allowed\r\nVALUE a 0 1\r\nx\r\nEND\r\n',
      );
      assert.equal(await client.ask('lru_crawler metadump all\r\n'), 'ERROR metadump not allowed\r\n');
      assert.equal(await client.ask('stats cachedump 1 1\r\n'), 'CLIENT_ERROR stats cachedump not allowed\r\n');
      assert.match(await client.ask('stats detail on\r\n'), /^CLIENT_ERROR /);
      assert.equal(
        await client.ask('gets a\r\nmg a c\r\ncas a 0 0 1 1\r\ny\r\n'),
        'VALUE a 0 1 0\r\nx\r\nEND\r\nHD c0\r\nEXISTS\r\n',
      );
    }),
  );

  test('-I sets the largest item', limit, async () => {
    const store = (length) => `set a 0 0 ${length}\r\n${'x'.repeat(length)}\r\n`;
    await onServer(['-I', '2k'], async (client) => {
      assert.equal(await client.ask(store(1500)), 'STORED\r\n');
      assert.equal(await client.ask(store(2100)), 'SERVER_ERROR object too large for cache\r\n');
    });
    await onServer(['-I', '8m'], async (client) => {
      assert.equal(await client.ask(store(8_000_000)), 'STORED\r\n');
      assert.equal(await client.ask(store(8 * MB + 1)), 'SERVER_ERROR object too large for cache\r\n');
    });
    // Half of -m is the most; such items evict each other.
    await onServer(['-m', '64', '-I', '32m'], async (client) => {
      for (let i = 0; i < 5; ++i) assert.equal(await client.ask(store(32_000_000), 20_000), 'STORED\r\n');
      assert.equal(await client.ask('mg a s\r\n'), 'HD s32000000\r\n');
    });
  });

  test('flags of memcached that mean nothing here are taken, with a note at -v', limit, async () => {
    const args = [
      '-f',
      '1.25',
      '-n',
      '48',
      '-U',
      '0',
      '-D',
      ':',
      '-o',
      'modern,slab_reassign,slab_automove=1,lru_maintainer,lru_crawler,hash_algorithm=murmur3,hashpower=16,tail_repair_time=60',
    ];
    await withServer(startIsocached, args, async (server) => assert.doesNotMatch(server.stderr, /no effect/));
    await withServer(startIsocached, ['-v', ...args], async (server) => {
      assert.match(server.stderr, /-f.* no effect/);
      assert.match(server.stderr, /-n.* no effect/);
    });
  });

  test('full, it stays within -m plus 32 MB', { timeout: 120_000 }, async () => {
    for (const [megabytes, length] of [
      [64, 100],
      [64, 3000],
      [128, 200_000],
    ]) {
      await onServer(['-m', String(megabytes)], async (client, server) => {
        const value = Buffer.alloc(length, 'v').toString('latin1');
        const count = Math.ceil((megabytes * MB * 2) / (length + 60));
        const batch = Math.ceil(200_000 / (length + 60));
        for (let i = 0; i < count; ) {
          let sent = '';
          for (const end = i + batch; i < end; ++i) sent += `set key${i} 0 0 ${length} noreply\r\n${value}\r\n`;
          await client.send(sent);
        }
        await client.ask('mn\r\n', 30_000);
        const stats = await statsOf(client);
        assert.ok(Number(stats.evictions) > 0, 'not full');
        const resident = server.residentBytes();
        assert.ok(
          resident < (megabytes + 32) * MB,
          `-m ${megabytes}, values of ${length}: ${(resident / MB).toFixed(1)} MB resident`,
        );
      });
    }
  });
});
