// Programs that others wrote for memcached. They must not notice a difference. The clients themselves are in
// client-steps.test.mjs.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';

import { needIsocached, runProgram, startIsocached, withServer } from '../lib/server.mjs';

const MEMCCAPABLE = '/usr/bin/memccapable';
const MEMCCAPABLE_TESTS = 27; // of each protocol
const PYTHON = '/usr/bin/python3';
const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache/test/test_integration.py';
const PYMEMCACHE_TESTS = 46; // twice that where python3-gevent is installed: each then runs on its sockets, too
const limit = { timeout: 120_000 };

const without = (file, what) => (existsSync(file) ? false : `no ${what} here`);
const needTools = without(MEMCCAPABLE, 'libmemcached-tools');

describe('isocached', { skip: needIsocached }, () => {
  for (const [protocol, option] of Object.entries({ text: '-a', binary: '-b' })) {
    test(`memccapable, ${protocol}`, { ...limit, skip: needTools }, () =>
      withServer(startIsocached, [], async (server) => {
        const { code, stdout, stderr } = await runProgram(
          MEMCCAPABLE,
          [option, '-v', '-h', '127.0.0.1', '-p', String(server.port)],
          { limitMs: 90_000 },
        );
        const output = stdout + stderr;
        assert.equal(output.match(/\[pass\]/g)?.length, MEMCCAPABLE_TESTS, output);
        assert.match(output, /All tests passed/);
        assert.equal(code, 0);
      }),
    );

    test(`memcslap, ${protocol}`, { ...limit, skip: needTools }, () =>
      withServer(startIsocached, [], async (server) => {
        const more = protocol === 'binary' ? ['--binary'] : [];
        const at = `--servers=127.0.0.1:${server.port}`;
        const { code, stdout, stderr } = await runProgram('/usr/bin/memcslap', [
          at,
          ...more,
          '--test=mget',
          '--execute-number=500',
        ]);
        assert.equal(code, 0, stdout + stderr);
      }),
    );
  }

  test('the integration tests of pymemcache', { ...limit, skip: without(PYMEMCACHE, 'python3-pymemcache') }, () =>
    withServer(startIsocached, [], async (server) => {
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
});
