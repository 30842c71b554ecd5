// Options whose names nobody knows. Without an error they would have no effect, and nobody would say so.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { open } from 'isocache';
import { createClient } from 'isocache/client';
import { open as openInline } from 'isocache/inline';
import { createServer } from 'isocache/server';
import { startMemcached } from 'isocache/testing';

test('misspelt options are refused, and the right one is told', async () => {
  const connect = () => {};
  const server = await createServer();
  for (const [call, name, right] of [
    [open, 'maxbytes', 'maxBytes'],
    [openInline, 'maxbytes', 'maxBytes'],
    [createRequire(import.meta.url)('isocache').open, 'maxbytes', 'maxBytes'],
    [open, 'itemSize', 'maxItemSize'],
    [open, 'onEvicted', 'onEvict'],
    [(options) => createClient(options), 'hostname', 'host'],
    [(options) => createClient({ connect, ...options }), 'timeOut', 'timeout'],
    [createServer, 'onrequest', 'onRequest'],
    [(store) => createServer({ store }), 'maxByte', 'maxBytes'],
    [(address) => server.listen(address), 'wsPort', 'port'],
    [(options) => server.close(options), 'drian', 'drain'],
    [startMemcached, 'maxbytes', 'maxBytes'],
  ])
    await assert.rejects(async () => call({ [name]: 1 }), {
      name: 'IsocacheError',
      code: 'BAD_ARGUMENT',
      message: `there is no option ${name}: is it ${right}?`,
    });
  await server.close();
});
