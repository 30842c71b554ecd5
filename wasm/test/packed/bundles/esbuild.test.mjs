// esbuild leaves the wasm file behind: a browser's bundle takes the module that is inline, or names the file.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { html, noChromium, serve, show } from '../chromium.mjs';
import { application, run } from '../application.mjs';
import { expected } from '../runtimes/program.mjs';
import { bundled, sources } from '../runtimes/sources.mjs';

/** Gives the folder of the output. */
async function bundle(folder, main, options) {
  const { build } = await import('esbuild');
  const outdir = path.join(folder, 'dist');
  await build({
    absWorkingDir: folder,
    entryPoints: [main],
    bundle: true,
    format: 'esm',
    outdir,
    logLevel: 'error',
    ...options,
  });
  writeFileSync(path.join(outdir, 'index.html'), html('page.js'));
  return outdir;
}

describe('esbuild', () => {
  test('for browsers, inline', { skip: noChromium }, async (t) => {
    const dist = await bundle(application(t, bundled), 'page.mjs', {
      alias: { isocache: 'isocache/inline', 'isocache/tier': 'isocache/tier' },
    });
    assert.deepEqual(await show(t, `${await serve(t, dist)}index.html`), expected);
  });

  test('for browsers, the file named', { skip: noChromium }, async (t) => {
    const page = sources['page.mjs']
      .replace(
        "import * as isocache from 'isocache'",
        "import { open } from 'isocache';\nimport wasm from 'isocache/engine.wasm';\nimport tier from 'isocache/engine-tier.wasm'",
      )
      .replace(
        'program(isocache, isocache)',
        'program({ open: (options) => open({ ...options, wasm }) }, { open: (options) => open({ ...options, wasm: tier }) })',
      );
    const dist = await bundle(application(t, { ...sources, 'page.mjs': page }), 'page.mjs', {
      loader: { '.wasm': 'file' },
    });
    assert.deepEqual(await show(t, `${await serve(t, dist)}index.html`), expected);
  });

  for (const format of ['esm', 'cjs']) {
    test(`for Node, ${format}`, async (t) => {
      const main = `main.${format === 'esm' ? 'mjs' : 'cjs'}`;
      const dist = await bundle(application(t, bundled), main, {
        format,
        platform: 'node',
        outExtension: { '.js': path.extname(main) },
      });
      assert.deepEqual(JSON.parse(await run(dist, process.execPath, main)), expected);
    });
  }
});
