// isocache/client, over every transport, against isocache/server and memcached.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';
import { createServer } from 'isocache/server';
import { WebSocket } from 'ws';

import { needMemcached, startMemcached } from '../../tests/lib/server.mjs';
import { clientTable, wholeCacheTable } from './lib/client-table.mjs';
import { startTlsTerminator } from './lib/tls.mjs';

/** Runs all cases on what `start` gives: {client, stop}. */
function conforms(name, start, options = {}) {
  describe(name, options, () => {
    let started;
    before(async () => {
      started = await start();
    });
    after(async () => {
      await started?.client.close();
      await started?.stop();
    });
    for (const [title, run] of [...clientTable, ...wholeCacheTable]) test(title, () => run(started.client));
  });
}

async function serve(address, options = {}) {
  const server = await createServer(options);
  await server.listen(address);
  return server;
}

conforms(
  'memcached',
  async () => {
    const server = await startMemcached();
    return { client: createClient({ port: server.port }), stop: () => server.stop() };
  },
  { skip: needMemcached },
);

conforms('isocache/server over TCP', async () => {
  const server = await serve({ port: 0 });
  return { client: createClient({ host: 'localhost', port: server.port }), stop: () => server.close() };
});

conforms('isocache/server over a unix socket', async () => {
  const path = `/tmp/isocache-test-${process.pid}.sock`;
  const server = await serve({ path });
  return { client: createClient({ path }), stop: () => server.close() };
});

conforms('isocache/server over WebSocket', async () => {
  const server = await serve({ websocketPort: 0 });
  const url = `ws://127.0.0.1:${server.websocketPort}/memcached`;
  return { client: createClient({ url }), stop: () => server.close() };
});

conforms('isocache/server over TLS', async () => {
  const server = await serve({ port: 0 });
  const terminator = await startTlsTerminator(server.port);
  const client = createClient({ host: 'localhost', port: terminator.port, tls: { ca: terminator.certificate } });
  return {
    client,
    stop: async () => {
      terminator.close();
      await server.close();
    },
  };
});

conforms('isocache/server with a hook that looks on', async () => {
  const server = await serve({ port: 0 }, { onRequest: () => undefined });
  return { client: createClient({ port: server.port }), stop: () => server.close() };
});

conforms('isocache/server with a hook that executes, several requests at once', async () => {
  const onRequest = async (request, internal) => internal(request);
  const server = await serve({ port: 0 }, { onRequest, concurrency: 8 });
  return { client: createClient({ port: server.port }), stop: () => server.close() };
});

conforms('a store in this process', async () => {
  const store = await open();
  return { client: createClient({ store }), stop: () => store.close() };
});

conforms('the streams of a connection', async () => {
  const store = await open();
  return { client: createClient({ connect: () => store.connect() }), stop: () => store.close() };
});

conforms('a WebSocket that is given', async () => {
  const server = await serve({ websocketPort: 0 });
  const connect = () => new WebSocket(`ws://127.0.0.1:${server.websocketPort}/memcached`, 'memcached');
  return { client: createClient({ connect }), stop: () => server.close() };
});

test('wss is refused when the certificate is not known', async () => {
  const terminator = await startTlsTerminator(1);
  const client = createClient({ host: 'localhost', port: terminator.port, tls: true });
  await assert.rejects(client.get('a'), { code: 'CLOSED', message: /certificate/ });
  await client.close();
  terminator.close();
});
