// What users download stays small.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { application, root } from './application.mjs';

const WASM_LIMIT = 61_500;
const SCRIPT_LIMIT = 9620;

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

test('the wasm module', (t) => {
  const size = gzipped(readFileSync(`${root}dist/isocache.wasm`));
  t.diagnostic(`${size} bytes, gzipped`);
  assert.ok(size <= WASM_LIMIT, `${size} > ${WASM_LIMIT}`);
});

test('the JavaScript that a browser loads with it', async (t) => {
  const size = gzipped(await bundle(t, 'browser', "export * from 'isocache'"));
  t.diagnostic(`${size} bytes, minified and gzipped`);
  assert.ok(size <= SCRIPT_LIMIT, `${size} > ${SCRIPT_LIMIT}`);
});

for (const condition of ['browser', 'workerd', 'edge-light', 'default']) {
  test(`what "${condition}" gets imports neither Node's modules nor other packages`, async (t) => {
    // It would not be found.
    await bundle(t, condition, "export * from 'isocache'; export * from 'isocache/client'");
  });
}

test('a bundle has nothing of what is not used', async (t) => {
  assert.equal(
    await bundle(t, 'browser', "import 'isocache'; import 'isocache/inline'; import 'isocache/client';"),
    '',
  );
});

/** Gives the code of a bundle of `main`. */
async function bundle(t, condition, main) {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: application(t, { 'main.mjs': main }),
    entryPoints: ['main.mjs'],
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    conditions: [condition],
    external: ['*.wasm', '*.wasm?module'],
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}
