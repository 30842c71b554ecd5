import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';

import { html, noChromium, serve, show } from '../chromium.mjs';
import { application, run } from '../application.mjs';
import { expected } from '../runtimes/program.mjs';
import { bundled, sources } from '../runtimes/sources.mjs';

/** Gives the folder of the output. */
async function bundle(context, { output, ...options }) {
  const { default: webpack } = await import('webpack');
  const dist = path.join(context, 'dist');
  const stats = await promisify(webpack)({
    context,
    mode: 'production',
    output: { path: dist, ...output },
    ...options,
  });
  assert.equal(stats.toString({ all: false, errors: true, warnings: true }), '');
  return dist;
}

describe('webpack', () => {
  test('for browsers', { skip: noChromium }, async (t) => {
    const dist = await bundle(application(t, sources), { entry: './page.mjs', target: 'web' });
    writeFileSync(path.join(dist, 'index.html'), html('main.js'));
    assert.deepEqual(await show(t, `${await serve(t, dist)}index.html`), expected);
  });

  for (const entry of ['./main.mjs', './main.cjs']) {
    test(`for Node: ${entry}`, async (t) => {
      const dist = await bundle(application(t, bundled), { entry, target: 'node', output: { filename: 'main.cjs' } });
      assert.deepEqual(JSON.parse(await run(dist, process.execPath, 'main.cjs')), expected);
    });
  }
});
