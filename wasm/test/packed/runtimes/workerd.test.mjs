// Cloudflare's runtime, by way of miniflare.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { application, needsNode } from '../application.mjs';
import { expected } from './program.mjs';
import { sources } from './sources.mjs';
import { workerBundle } from './worker-bundle.mjs';

async function startWorker(t) {
  const folder = application(t, sources);
  const { Miniflare } = await import('miniflare');
  const miniflare = new Miniflare({
    modules: [
      {
        type: 'ESModule',
        path: 'worker.mjs',
        contents: await workerBundle(folder, { main: 'worker.mjs', condition: 'workerd' }),
      },
      ...['isocache.wasm', 'isocache-tier.wasm'].map((name) => ({
        type: 'CompiledWasm',
        path: name,
        contents: readFileSync(path.join(folder, 'node_modules/isocache/dist', name)),
      })),
    ],
    compatibilityDate: '2026-01-01',
    durableObjects: { CACHE: 'Cache' },
  });
  t.after(() => miniflare.dispose());
  return miniflare;
}

const skip = needsNode(20, 'miniflare');

test('a worker', { skip }, async (t) => {
  const worker = await startWorker(t);
  assert.deepEqual(await (await worker.dispatchFetch('http://localhost/')).json(), expected);
});

test('a Durable Object serves memcached over WebSocket, one cache to all its clients', { skip }, async (t) => {
  const worker = await startWorker(t);
  const [writer, reader] = [await connect(worker), await connect(worker)];
  assert.equal(await writer('ms key 5\r\nhel'), '');
  assert.equal(await writer('lo\r\nmn\r\n'), 'HD\r\nMN\r\n');
  assert.equal(await reader('mg key v\r\nget key\r\n'), 'VA 5\r\nhello\r\nVALUE key 0 5\r\nhello\r\nEND\r\n');
});

/** Gives a function that sends one message and returns its answer. */
async function connect(worker) {
  const { webSocket } = await worker.dispatchFetch('http://localhost/', { headers: { upgrade: 'websocket' } });
  webSocket.accept();
  return (request) =>
    new Promise((resolve, reject) => {
      webSocket.addEventListener('message', ({ data }) => resolve(new TextDecoder().decode(data)), { once: true });
      webSocket.addEventListener('close', reject, { once: true });
      webSocket.send(new TextEncoder().encode(request));
    });
}
