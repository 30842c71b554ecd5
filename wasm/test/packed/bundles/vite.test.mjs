import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';

import { html, noChromium, serve, show } from '../chromium.mjs';
import { application, needsNode } from '../application.mjs';
import { expected } from '../runtimes/program.mjs';
import { sources } from '../runtimes/sources.mjs';

const page = { ...sources, 'index.html': html('page.mjs') };

describe('Vite', { skip: needsNode(20, 'Vite') || noChromium }, () => {
  test('build', async (t) => {
    const root = application(t, page);
    const { build } = await import('vite');
    await build({ root, logLevel: 'error' });
    assert.deepEqual(await show(t, `${await serve(t, path.join(root, 'dist'))}index.html`), expected);
  });

  test('its development server', async (t) => {
    const root = application(t, page);
    const { createServer } = await import('vite');
    const server = await createServer({ root, logLevel: 'error', server: { host: '127.0.0.1', port: 0 } });
    t.after(() => server.close());
    await server.listen();
    assert.deepEqual(await show(t, server.resolvedUrls.local[0]), expected);
  });
});
