// Programs that others wrote for memcached, against isocache/server: they must not notice.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

import Memcached from 'memcached';
import { MemcacheClient } from 'memcache-client';

import { runProgram } from '../../tests/lib/server.mjs';
import { withServer } from './lib/serve.mjs';

const limit = { timeout: 120_000 };
const PYTHON = '/usr/bin/python3';
const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache/test/test_integration.py';
const PYMEMCACHE_TESTS = 46; // twice that where python3-gevent is installed: each then runs on its sockets, too
const MEMCCAPABLE = '/usr/bin/memccapable';
const MEMCCAPABLE_TESTS = 27; // of its ascii protocol

const WAYS = [
  ['plain', {}],
  ['with a hook', { onRequest: async (request, internal) => internal(request) }],
];

for (const [name, options] of WAYS) {
  test(`memcache-client, ${name}`, limit, () =>
    withServer(options, async (server) => {
      const client = new MemcacheClient({ server: `127.0.0.1:${server.port}` });
      assert.deepEqual(await client.set('a', 'text'), ['STORED']);
      assert.equal((await client.get('a')).value, 'text');
      await client.set('object', { a: [1, 2, { b: 'ü' }] }, { lifetime: 60, compress: false });
      assert.deepEqual((await client.get('object')).value, { a: [1, 2, { b: 'ü' }] });
      const large = 'x'.repeat(500_000);
      await client.set('large', large);
      assert.equal((await client.get('large')).value, large);
      const many = await client.get(['a', 'none', 'object']);
      assert.deepEqual(Object.keys(many).sort(), ['a', 'object']);
      await client.set('n', '5');
      assert.equal(String(await client.incr('n', 3)), '8');
      assert.equal(String(await client.decr('n', 2)), '6');
      const { casUniq } = await client.gets('a');
      assert.deepEqual(await client.cas('a', 'new', { casUniq }), ['STORED']);
      await assert.rejects(client.cas('a', 'newer', { casUniq }), /EXISTS/);
      await assert.rejects(client.add('a', 'x'), /NOT_STORED/);
      assert.deepEqual(await client.touch('a', 100), ['TOUCHED']);
      assert.deepEqual(await client.delete('a'), ['DELETED']);
      assert.equal(await client.get('a'), undefined);
      assert.match((await client.version())[0] ?? '', /VERSION/);
      client.shutdown();
    }),
  );

  test(`memcached (npm), ${name}`, limit, () =>
    withServer(options, async (server) => {
      const memcached = new Memcached(`127.0.0.1:${server.port}`, { retries: 0 });
      const call = (method, ...args) => promisify(memcached[method]).call(memcached, ...args);
      assert.equal(await call('set', 'a', 'text', 60), true);
      assert.equal(await call('get', 'a'), 'text');
      assert.equal(await call('set', 'object', { a: 1 }, 0), true);
      assert.deepEqual(await call('getMulti', ['a', 'none', 'object']), { a: 'text', object: { a: 1 } });
      const buffer = Buffer.from([0, 13, 10, 255]);
      await call('set', 'buffer', buffer, 0);
      assert.deepEqual(await call('get', 'buffer'), buffer);
      assert.equal(await call('append', 'a', '!'), true);
      assert.equal(await call('prepend', 'a', '>'), true);
      const { a, cas } = await call('gets', 'a');
      assert.equal(a, '>text!');
      assert.equal(await call('cas', 'a', 'new', cas, 0), true);
      assert.equal(await call('cas', 'a', 'newer', cas, 0), false);
      await assert.rejects(call('add', 'a', 'x', 0), /not stored/i);
      assert.equal(await call('replace', 'a', 'x', 0), true);
      await call('set', 'n', 5, 0);
      assert.equal(await call('incr', 'n', 3), 8);
      assert.equal(await call('decr', 'n', 10), 0);
      assert.equal(await call('touch', 'a', 100), true);
      assert.equal(await call('del', 'a'), true);
      assert.equal(await call('get', 'a'), undefined);
      const [stats] = await call('stats');
      assert.equal(typeof stats.curr_items, 'number');
      assert.deepEqual(await call('flush'), [true]);
      assert.equal(await call('get', 'n'), undefined);
      memcached.end();
    }),
  );

  test(
    `the integration tests of pymemcache, ${name}`,
    { ...limit, skip: existsSync(PYMEMCACHE) ? false : 'no python3-pymemcache here' },
    () =>
      withServer(options, async (server) => {
        const { code, stdout } = await runProgram(
          PYTHON,
          [
            '-m',
            'pytest',
            '-q',
            '-W',
            'ignore',
            '-p',
            'no:cacheprovider',
            '-c',
            '/dev/null',
            '-m',
            'integration',
            '--server=127.0.0.1',
            `--port=${server.port}`,
            '-k',
            'not tls',
            PYMEMCACHE,
          ],
          { limitMs: 110_000 },
        );
        assert.ok([PYMEMCACHE_TESTS, 2 * PYMEMCACHE_TESTS].includes(Number(/(\d+) passed/.exec(stdout)?.[1])), stdout);
        assert.equal(code, 0, stdout);
      }),
  );

  test(
    `memccapable -a, ${name}`,
    { ...limit, skip: existsSync(MEMCCAPABLE) ? false : 'no libmemcached-tools here' },
    () =>
      withServer(options, async (server) => {
        const { code, stdout, stderr } = await runProgram(MEMCCAPABLE, [
          '-a',
          '-v',
          '-h',
          '127.0.0.1',
          '-p',
          String(server.port),
        ]);
        assert.equal((stdout + stderr).match(/\[pass\]/g)?.length, MEMCCAPABLE_TESTS, stdout + stderr);
        assert.equal(code, 0);
      }),
  );
}
