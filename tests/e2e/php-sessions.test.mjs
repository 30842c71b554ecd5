// PHP's sessions, in each handler that keeps them in memcached: with the settings that it comes with, and with others.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { needIsocached, runProgram, startIsocached, withServer } from '../lib/server.mjs';
import { needClient } from './clients/clients.mjs';

const SCRIPT = fileURLToPath(new URL('clients/session.php', import.meta.url));
const limit = { timeout: 60_000 };
const VISITORS = 3;
const VISITS = 20;

const HANDLERS = [
  { name: 'memcached, as it comes', handler: 'memcached', path: (at) => at, package: 'php-memcached' },
  {
    name: 'memcached, in the text protocol',
    handler: 'memcached',
    path: (at) => at,
    settings: ['memcached.sess_binary_protocol=0'],
    package: 'php-memcached',
  },
  { name: 'memcache', handler: 'memcache', path: (at) => `tcp://${at}`, package: 'php-memcache' },
];

// A visitor waits for the lock of another: for a short time each, and as often as it takes.
const PATIENCE = [
  'memcached.sess_lock_wait_min=1',
  'memcached.sess_lock_wait_max=5',
  'memcached.sess_lock_retries=5000',
];

describe("PHP's sessions", { skip: needIsocached, concurrency: true }, () => {
  for (const { name, handler, path, settings = [], package: needed } of HANDLERS) {
    const skip = needClient({ packages: [needed] });
    const run = ({ port }, count, more = []) =>
      runProgram('php', [SCRIPT, handler, path(`127.0.0.1:${port}`), String(count), ...settings, ...more]);

    test(name, { ...limit, skip }, () =>
      withServer(startIsocached, [], async (server) => {
        const { code, stdout, stderr } = await run(server, 0);
        assert.equal(stdout, 'done\n', stderr);
        assert.equal(code, 0);
      }),
    );

    test(`${name}: a session is locked`, { ...limit, skip }, () =>
      withServer(startIsocached, [], async (server) => {
        const patience = handler === 'memcached' ? PATIENCE : [];
        const all = await Promise.all(Array.from({ length: VISITORS }, () => run(server, VISITS, patience)));
        const counts = all.map(({ stdout, stderr }) => Number(stdout) || assert.fail(stdout + stderr));
        assert.equal(Math.max(...counts), VISITORS * VISITS);
      }),
    );
  }
});
