// Where settings come from (flags, environment, files), and the messages about wrong ones.

import assert from 'node:assert/strict';
import { chmodSync, existsSync, statfsSync, statSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { statsOf, withClient } from '../lib/client.mjs';
import { EX_CONFIG, EX_USAGE, run, temporaryFiles } from '../lib/operations.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
describe('configuration', { skip: needIsocached, concurrency: 1 }, () => {
  const { folder, file } = temporaryFiles();

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

  test('--check-config goes on behind words that are not known, and ends with 78', limit, async () => {
    const args = '-p 0 -m 64 -I 40m --http nonsense -c 0 -o foo,idle_timeot=1,bar,hashpower=x -S --nosuch -t';
    const { code, stdout, stderr } = await run([...args.split(' '), '--check-config']);
    assert.deepEqual([code, stdout], [EX_CONFIG, '']);
    for (const says of [
      /^-o: 'idle_timeot' is not known; did you mean idle_timeout\?$/m,
      /^-o: 'foo', 'bar' are not known; these have an effect, .*:\nidle_timeout,/m,
      /^-o hashpower: a number/m,
      /^-I: .*1\/2 of memory/m,
      /^--http: .*'nonsense'$/m,
      /^-c: a number/m,
      /^-S: add the file/m,
      /^not expected: --nosuch$/m,
      /^-t needs a value: <num>$/m,
    ])
      assert.match(stderr, says);
    const inFile = await run(['--check-config', '--config', file('extended = foo,idle_timeout=x\nconn-limit = 0\n')]);
    assert.equal(inFile.code, EX_CONFIG);
    for (const says of [/:1: extended: -o: 'foo' is/, /:1: -o idle_timeout: /, /:2: -c: a number/])
      assert.match(inFile.stderr, says);
  });

  test("a line of memcached's configuration file: how it is written here", limit, async () => {
    const config = file('-m 64\n-vv\n-l 127.0.0.1,::1\n--conn-limit=7\n-o idle_timeout=5\n-M\n-t\n-?\n-h\n');
    const { code, stderr } = await run(['--config', config]);
    assert.equal(code, EX_CONFIG);
    for (const says of [
      ":1: '-m 64': write memory-limit = 64; lines are name = value, with a flag's long name\n",
      ":2: '-vv': write verbose = 2;",
      ":3: '-l 127.0.0.1,::1': write listen = 127.0.0.1,::1;",
      ":4: '--conn-limit=7': write conn-limit = 7;",
      ":5: '-o idle_timeout=5': write extended = idle_timeout=5;",
      ":6: '-M': write disable-evictions;",
      ":7: '-t': write threads = <num>;",
      ":8: '-?' is not known",
      ":9: '-h' is not known",
    ])
      assert.ok(stderr.includes(says), `${says}\n${stderr}`);
  });

  test('--check-config plans the flash tier, and leaves its file alone', limit, async () => {
    const flash = path.join(folder, 'flash');
    const check = (...args) => run(['--check-config', '-m', '64', '-t', '1', ...args]);
    assert.equal((await check('-o', `ext_path=${flash}:64m`)).code, 0);
    for (const [args, says] of [
      [['-o', `ext_path=${flash}:4m`], /ext_path: too small for 1 shard .* 8 MB at least/],
      [['-o', `ext_path=${flash}:64m,ext_page_size=32`], /pages of 32 MB; it needs 128 MB/],
      [['-o', `ext_path=${flash}:900000t`], /ext_path: .* too much for 1 shard/],
      [['-m', '9000g'], /-m: at most \d+g with 1 threads/],
    ]) {
      const { code, stderr } = await check(...args);
      assert.equal(code, EX_CONFIG, stderr);
      assert.match(stderr, says);
    }
    assert.ok(!existsSync(flash));
  });

  test('--check-config sees whether the volume takes the files of the tier', limit, async () => {
    const flash = path.join(folder, 'flash');
    const check = (...words) => run(['--check-config', '-m', '64', '-t', '2', '-o', words.join(',')]);
    const missing = await check(`ext_path=${folder}/none/flash:64m`);
    assert.deepEqual(
      [missing.code, missing.stderr],
      [EX_CONFIG, `ext_path ${folder}/none/flash: No such file or directory\n`],
    );
    assert.match((await check(`ext_path=${folder}:64m`)).stderr, /: Is a directory\n$/);
    assert.match((await check('ext_path=/dev/null:64m')).stderr, /neither a file nor a block device/);
    const { bavail, bsize } = statfsSync(folder);
    const free_MB = Math.floor((bavail * bsize) / 2 ** 20);
    const large = await check(`ext_path=${flash}:${free_MB + 4096}m`);
    assert.equal(large.code, EX_CONFIG);
    assert.match(large.stderr, /flash: the volume has no room for .* GB; it has .* GB/);
    // Each alone has room.
    const half_MB = Math.floor(free_MB * 0.6);
    assert.equal((await check(`ext_path=${flash}:${half_MB}m`)).code, 0);
    const both = await check(`ext_path=${flash}:${half_MB}m`, `ext_path=${flash}2:${half_MB}m`);
    assert.match(both.stderr, /^ext_path \S+flash2: the volume has no room/);
    assert.ok(!existsSync(flash));
  });

  test('several files of the tier, in a file and in a variable', limit, async () => {
    const [one, two] = [path.join(folder, 'one'), path.join(folder, 'two')];
    const config = file(`memory-limit = 64\next_path = ${one}:64m\next_path = ${two}:64m\next_write_unread = 100\n`);
    const sizes = () => [one, two].map((name) => statSync(name).size);
    await withServer(startIsocached, ['--config', config], () => assert.deepEqual(sizes(), [64 << 20, 64 << 20]));
    process.env.ISOCACHED_EXT_PATH = `${one}:32m,${two}:32m`;
    try {
      await withServer(startIsocached, ['-m', '64'], () => assert.deepEqual(sizes(), [32 << 20, 32 << 20]));
    } finally {
      delete process.env.ISOCACHED_EXT_PATH;
    }
    const large = await run(['--check-config', '-I', '20m', '--config', config]);
    assert.equal(large.code, 0);
    assert.match(large.stderr, /^warning: ext_path takes items of up to \d+ bytes, but -I allows 20971520:/);
    unlinkSync(one);
    unlinkSync(two);
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
    const args = [
      '-o',
      'ssl_chain_cert=/x,ext_item_size=0',
      '--allow-origin',
      'https://a.example',
      '--websocket-deflate',
    ];
    const says = [
      /^warning: ssl_chain_cert is given, but not -Z: nothing is encrypted$/m,
      /^warning: ext_item_size has no effect without ext_path$/m,
      /^warning: --allow-origin has no effect/m,
      /^warning: --websocket-deflate has no effect/m,
    ];
    const { code, stderr } = await run(['--check-config', ...args]);
    assert.equal(code, 0);
    for (const line of says) assert.match(stderr, line);
    await withServer(startIsocached, args, async (server) => {
      for (const line of says) assert.match(server.stderr, line);
    });
    const tier = ['-m', '64', '-t', '1', '-o', `ext_item_size=0,ext_path=${path.join(folder, 'tier')}:64m`];
    assert.equal((await run(['--check-config', ...tier])).stderr, '');
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
});
