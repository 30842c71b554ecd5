// npx isocache.

import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, symlinkSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';

import { createClient } from 'isocache/client';

import { RawClient } from '../../tests/lib/client.mjs';
import { exitOf, freePort, memcachedPath, needMemcached, runProgram, spawnBound } from '../../tests/lib/server.mjs';

const root = path.dirname(createRequire(import.meta.url).resolve('isocache/package.json'));
const { version, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const cli = path.join(root, bin.isocache);

const run = (...args) => runProgram(process.execPath, [cli, ...args]);

/** Runs it until it says where it listens, calls `use` with those lines, ends it. */
async function running(args, use) {
  const child = spawnBound(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const wanted = 1 + Number(args.includes('--websocket')) + 2 * Number(args.includes('-a'));
  const lines = () => output.match(/^listening .*\n/gm)?.length ?? 0;
  for (let i = 0; i < 2000 && lines() < wanted && child.exitCode === null; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  try {
    await use(output, child);
  } finally {
    child.kill('SIGTERM');
    assert.deepEqual(await exitOf(child, 10_000), { code: 0, signal: null }, output);
  }
}

const portIn = (output) => Number(/^listening 127\.0\.0\.1:(\d+)$/m.exec(output)[1]);

test('serves TCP and WebSocket, with the limits given', { timeout: 60_000 }, () =>
  running(['-p', '0', '--websocket', '0', '-m', '2', '-I', '2k', '-c', '3'], async (output) => {
    const port = portIn(output);
    const url = /^listening (ws:\S+)$/m.exec(output)[1];
    const [tcp, ws] = [createClient({ port }), createClient({ url })];
    await tcp.set('a', 'one');
    assert.equal(await ws.get('a'), 'one');
    assert.equal((await tcp.stats()).maxBytes, 2 << 20);
    await assert.rejects(tcp.set('b', 'x'.repeat(3000)), { code: 'TOO_LARGE' });
    await tcp.close();
    await ws.close();
  }),
);

test('serves a unix socket', { timeout: 60_000 }, async () => {
  const socket = `/tmp/isocache-cli-${process.pid}.sock`;
  await running(['-s', socket], async (output) => {
    assert.equal(output, `listening ${socket}\n`);
    const client = createClient({ path: socket });
    assert.equal(await client.get('a'), undefined);
    await client.close();
  });
});

test('help and version, also by a link as npx makes', { timeout: 60_000 }, async () => {
  const help = await run('-h');
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^usage: isocache/);
  const link = `/tmp/isocache-link-${process.pid}`;
  symlinkSync(cli, link);
  for (const program of [cli, link]) {
    assert.deepEqual(await runProgram(process.execPath, [program, '--version']), {
      code: 0,
      signal: null,
      stdout: `isocache ${version}\n`,
      stderr: '',
    });
  }
  unlinkSync(link);
});

test("memcached's command lines: what has no meaning here is accepted with a note", { timeout: 60_000 }, async () => {
  const flags = '-vp0 -U 0 -t 4 -R20 -b 1024 -C -k -r -B ascii -f 1.25 -n48 -o modern,hash_algorithm=xxh3 --threads=2';
  await running([...flags.split(' '), '--memory-l=8', '--listen', '127.0.0.1'], async (output) => {
    const notes = output.split('\n').filter((line) => line.startsWith('isocache: '));
    assert.deepEqual(
      notes.map((note) => note.replace(/^isocache: (.*); ignored$/, '$1')),
      [
        '-t 4: the server has one thread',
        '-R 20: a turn is limited in bytes',
        "-b 1024: the backlog is Node's default",
        '-C: items always have a cas id',
        '-k: memory is not locked',
        '-r: the limit on core files does not change',
        '-f 1.25: there are no slabs',
        '-n 48: there are no slabs',
        '-o modern,hash_algorithm=xxh3: there is nothing to tune',
        '--threads 2: the server has one thread',
      ],
    );
    const client = createClient({ port: portIn(output) });
    assert.equal((await client.stats()).maxBytes, 8 << 20);
    await client.close();
  });
});

test('-o ext_path keeps in a file what memory has no room for', { timeout: 60_000 }, async () => {
  const file = `/tmp/isocache-tier-${process.pid}`;
  await running(['-p', '0', '-m', '4', '-o', `modern,ext_path=${file}:32m`], async (output) => {
    assert.match(output, /-o modern: there is nothing to tune/);
    const client = createClient({ port: portIn(output) });
    const entries = Array.from({ length: 9000 }, (_, i) => [`key:${i}`, `${i}:`.padEnd(1000, 'v')]);
    await client.setMany(entries);
    assert.equal(await client.get('key:0'), entries[0][1]);
    const { all } = await client.stats();
    assert.equal(all.extstore_limit_maxbytes, String(32 << 20));
    assert.equal(all.get_extstore, '1');
    await client.close();
  });
  assert.ok(!existsSync(file));
  for (const words of ['ext_path', `ext_path=${file}`, `ext_path=${file}:5`, `ext_path=${file}:0m`, 'ext_path=:5m'])
    assert.match((await run('-p', '0', '-o', words)).stderr, /-o ext_path: FILE:SIZE/);
  assert.match((await run('-o', `ext_path=${file}:5m,ext_path=${file}2:5m`)).stderr, /there can be one/);
  const small = await run('-p', '0', '-m', '2', '-o', `ext_path=${file}:5m`);
  assert.match(small.stderr, /maxBytes must be 4194304 at least/);
});

test('-o tunes the tier', { timeout: 60_000 }, async () => {
  const file = `/tmp/isocache-tuned-${process.pid}`;
  const words = `ext_item_size=600,ext_path=${file}:32m,ext_low_ttl=7,ext_recache_rate=1`;
  await running(['-p', '0', '-m', '4', '-o', words], async (output) => {
    assert.doesNotMatch(output, /ignored/);
    const client = createClient({ port: portIn(output) });
    const settings = String(Buffer.from(await client.execute('stats settings\r\n')));
    for (const line of ['ext_item_size 600', 'ext_low_ttl 7', 'ext_recache_rate 1'])
      assert.ok(settings.includes(`STAT ${line}\r\n`), line);
    const entries = Array.from({ length: 40_000 }, (_, i) => [`small:${i}`, 's'.repeat(300)]);
    await client.setMany(entries);
    assert.equal((await client.stats()).all.extstore_objects_used, '0');
    await client.close();
  });
  for (const word of ['ext_item_size', 'ext_item_size=', 'ext_low_ttl=-1', 'ext_recache_rate=1k'])
    assert.match((await run('-p', '0', '-o', word)).stderr, /-o ext_\w+: a number from 0 to 4294967295/);
});

test('several addresses, the mode of a unix socket, a pid file', { timeout: 60_000 }, async () => {
  const base = `/tmp/isocache-flags-${process.pid}`;
  const args = ['-l', '127.0.0.1,localhost:0', '-p0', '-s', `${base}.sock`, '-a', '600', '-P', `${base}.pid`];
  await running(args, async (output) => {
    assert.match(output, /^listening 127\.0\.0\.1:\d+\nlistening localhost:\d+\nlistening \/tmp\/\S+\n$/);
    assert.equal((statSync(`${base}.sock`).mode & 0o777).toString(8), '600');
    assert.match(readFileSync(`${base}.pid`, 'utf8'), /^\d+\n$/);
  });
  assert.ok(!existsSync(`${base}.pid`));
});

test('-F and -X refuse, -vv shows commands', { timeout: 60_000 }, async () => {
  let shown = '';
  await running(['-p', '0', '-FX', '-vv'], async (output, child) => {
    child.stderr.on('data', (text) => {
      shown += text;
    });
    const client = createClient({ port: portIn(output) });
    await client.set('k', 'v');
    await assert.rejects(client.clear(), /flush_all not allowed/);
    const flushed = await client.execute('flush_prefix k\r\n');
    assert.equal(Buffer.from(flushed).toString(), 'CLIENT_ERROR flush_all not allowed\r\n');
    await assert.rejects(async () => {
      for await (const key of client.keys()) assert.fail(key);
    }, /metadump not allowed/);
    assert.equal(await client.get('k'), 'v');
    await client.close();
  });
  assert.match(shown, /^> ms k 1\n> flush_all\n> flush_prefix k\n/);
});

test('-X refuses what isocached -X refuses, in the same words', { timeout: 60_000 }, () =>
  running(['-p', '0', '-X'], async (output) => {
    const client = createClient({ port: portIn(output) });
    const ask = async (request) => Buffer.from(await client.execute(`${request}\r\n`)).toString();
    for (const what of ['metadump', 'mgdump'])
      assert.equal(await ask(`lru_crawler ${what} all`), 'ERROR metadump not allowed\r\n');
    assert.equal(await ask('lru_crawler mgdump'), 'ERROR\r\n');
    for (const what of ['detail on', 'detail dump', 'detail', 'cachedump 1 10'])
      assert.equal(await ask(`stats ${what}`), `CLIENT_ERROR stats ${what.split(' ')[0]} not allowed\r\n`);
    await client.close();
  }),
);

for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR1'])
  test(`${signal}: what has begun is answered, then it ends`, { timeout: 60_000 }, () =>
    running(['-p', '0'], async (output, child) => {
      let errors = '';
      child.stderr.on('data', (text) => {
        errors += text;
      });
      const address = { host: '127.0.0.1', port: portIn(output) };
      const [begun, idle] = [await RawClient.connect(address), await RawClient.connect(address)];
      await begun.send('mn\r\nset k 0 0 5\r\nab');
      await begun.read(4);
      child.kill(signal);
      assert.equal(await idle.readToEnd(), '');
      await assert.rejects(RawClient.connect(address));
      await begun.send('cde\r\n');
      assert.equal(await begun.readToEnd(), 'STORED\r\n');
      assert.deepEqual(await exitOf(child, 10_000), { code: 0, signal: null });
      assert.equal(errors, '');
    }),
  );

test('a second signal ends it at once', { timeout: 60_000 }, () =>
  running(['-p', '0'], async (output, child) => {
    const address = { host: '127.0.0.1', port: portIn(output) };
    const [begun, idle] = [await RawClient.connect(address), await RawClient.connect(address)];
    await begun.send('mn\r\nset k 0 0 5\r\nab');
    await begun.read(4);
    child.kill('SIGTERM');
    assert.equal(await idle.readToEnd(), '');
    child.kill('SIGTERM');
    assert.deepEqual(await exitOf(child, 3000), { code: 0, signal: null });
    begun.close();
  }),
);

test('-d returns once the server listens, and -u needs a user that exists', { timeout: 60_000 }, async () => {
  const pidFile = `/tmp/isocache-daemon-${process.pid}.pid`;
  const port = await freePort();
  const { code, stderr } = await run('-d', '-P', pidFile, '-p', String(port), '-t', '8');
  assert.deepEqual([code, stderr], [0, 'isocache: -t 8: the server has one thread; ignored\n']);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  try {
    const client = createClient({ port });
    assert.equal(await client.get('a'), undefined);
    await client.close();
    const second = await run('-d', '-p', String(port));
    assert.equal(second.code, 1);
    assert.match(second.stderr, /EADDRINUSE/);
  } finally {
    process.kill(pid, 'SIGTERM');
  }
  if (process.getuid?.() !== 0) return;
  const nobody = await run('-u', 'no-such-user', '-p', '0');
  assert.equal(nobody.code, 1);
  assert.match(nobody.stderr, /no user no-such-user/);
  await running(['-u', 'nobody', '-p', '0'], async (output, child) => {
    const uid = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1];
    assert.notEqual(uid, '0', output);
  });
});

test('what is wrong is said', { timeout: 60_000 }, async () => {
  for (const [args, message] of [
    [['--nonsense'], /--nonsense: no such flag\nisocache -h lists the flags\n$/],
    [['-p', 'x'], /^isocache: -p: a number from 0 to 65535, not x/],
    [['-I', '5x'], /-I/],
    [['-I', '1'], /-I: a size from 1k to 1g/],
    [['-m', '0'], /-m/],
    [['-I', '100m'], /^isocache: Cannot set item size limit higher than 1\/2 of memory max\.\n/],
    [['-I', '1m', '-m', '1'], /1\/2 of memory max/],
    [['-m'], /-m needs a value: MIB/],
    [['--port'], /--port needs a value: PORT/],
    [['--daemon=yes'], /--daemon takes no value/],
    [['--li'], /--li: --listen or --li\w+\?/],
    [['-vq'], /-q: no such flag/],
    [['-U', '11211'], /-U: UDP is not supported/],
    [['-B', 'udp'], /-B: auto, ascii or binary, not udp/],
    [['-M'], /-M: this server always evicts/],
    [['-Y', 'file'], /-Y: this server has no passwords/],
    [['-l', 'localhost:99999'], /-l: localhost:99999: no such port/],
    [['extra'], /extra: not a flag/],
  ]) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 64, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, message);
  }
  const { code, stderr } = await run('-l', '192.0.2.1', '-p', '0');
  assert.equal(code, 1);
  assert.match(stderr, /EADDRNOTAVAIL/);
});

test('every flag of memcached is known', { skip: needMemcached, timeout: 60_000 }, async () => {
  const { stdout: theirs } = await runProgram(memcachedPath, ['-h']);
  const { stdout: ours } = await run('-h');
  const flags = [...theirs.matchAll(/^-(\w),? +--([\w-]+)|^-(\w) /gm)].map(([, a, name, b]) => [a ?? b, name]);
  assert.ok(flags.length > 30);
  for (const [letter, name] of flags) {
    assert.match(ours, new RegExp(`^  -${letter}, --${name ?? ''}`, 'm'), `-${letter}`);
  }
});
