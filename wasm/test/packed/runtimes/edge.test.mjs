// Vercel's edge runtime. Its tools put compiled modules into global variables.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { application } from '../application.mjs';
import { expected } from './program.mjs';
import { sources } from './sources.mjs';
import { workerBundle } from './worker-bundle.mjs';

test('edge-runtime', async (t) => {
  const folder = application(t, {
    ...sources,
    'edge.mjs': `
      import * as isocache from 'isocache';
      import * as tiered from 'isocache/tier';
      import { program } from './program.mjs';
      addEventListener('fetch', (event) => event.respondWith(program(isocache, tiered).then((result) => Response.json(result))));`,
  });
  const compiled = (name) =>
    new WebAssembly.Module(readFileSync(path.join(folder, 'node_modules/isocache/dist', name)));
  const { EdgeRuntime } = await import('edge-runtime');
  const runtime = new EdgeRuntime({
    initialCode: await workerBundle(folder, {
      main: 'edge.mjs',
      condition: 'edge-light',
      wasm: (name) => `export default ${name.includes('tier') ? 'tierModule' : 'isocacheModule'}`,
    }),
    extend: (context) =>
      Object.assign(context, {
        isocacheModule: compiled('isocache.wasm'),
        tierModule: compiled('isocache-tier.wasm'),
      }),
  });
  const response = await runtime.dispatchFetch('http://localhost/');
  assert.deepEqual(await response.json(), expected);
});
