// What users download stays small.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { application, root } from './application.mjs';

const WASM_LIMIT = 61_500;
// What a store with a tier loads instead, and a server, and the script with it. It speaks the binary protocol.
const TIER_WASM_LIMIT = 92_000;
const SCRIPT_LIMIT = 9900;
const TIER_SCRIPT_LIMIT = 2000;

const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;

test('the wasm module', (t) => {
  const size = gzipped(readFileSync(`${root}dist/isocache.wasm`));
  t.diagnostic(`${size} bytes, gzipped`);
  assert.ok(size <= WASM_LIMIT, `${size} > ${WASM_LIMIT}`);
});

test('the wasm module that can have a tier', (t) => {
  const size = gzipped(readFileSync(`${root}dist/isocache-tier.wasm`));
  t.diagnostic(`${size} bytes, gzipped`);
  assert.ok(size <= TIER_WASM_LIMIT, `${size} > ${TIER_WASM_LIMIT}`);
});

test('the JavaScript that a browser loads with it', async (t) => {
  const { atOnce, later } = await parts(t, 'browser', "export * from 'isocache'");
  for (const [what, code, limit] of [
    ['at once', atOnce, SCRIPT_LIMIT],
    ['for a tier', later, TIER_SCRIPT_LIMIT],
  ]) {
    const size = gzipped(code);
    t.diagnostic(`${what}: ${size} bytes, minified and gzipped`);
    assert.ok(size <= limit, `${what}: ${size} > ${limit}`);
  }
});

for (const condition of ['browser', 'workerd', 'edge-light', 'default']) {
  test(`what "${condition}" gets imports neither Node's modules nor other packages`, async (t) => {
    // It would not be found.
    await bundle(
      t,
      condition,
      ['isocache', 'isocache/client', 'isocache/tier', 'isocache/inspect', 'isocache/protocol']
        .map((entry, i) => `export * as entry${i} from '${entry}';`)
        .join('\n'),
    );
  });
}

test('a bundle has nothing of what is not used', async (t) => {
  assert.equal(
    await bundle(
      t,
      'browser',
      ['', '/inline', '/client', '/tier', '/inspect', '/protocol']
        .map((entry) => `import 'isocache${entry}';`)
        .join('\n'),
    ),
    '',
  );
});

/** Gives the code of a bundle of `main`. */
async function bundle(t, condition, main) {
  return (await build(t, condition, main)).outputFiles[0].text;
}

/** The same in two parts: what is loaded at once, and what by import(). */
async function parts(t, condition, main) {
  const { outputFiles, metafile } = await build(t, condition, main, { splitting: true, outdir: 'out', metafile: true });
  const imported = new Set(['out/main.js']);
  for (const file of imported)
    for (const { kind, path } of metafile.outputs[file].imports) if (kind === 'import-statement') imported.add(path);
  const code = (wanted) =>
    outputFiles
      .filter((file) => imported.has(`out/${file.path.split('/').at(-1)}`) === wanted)
      .map((file) => file.text)
      .join('');
  return { atOnce: code(true), later: code(false) };
}

async function build(t, condition, main, options) {
  const esbuild = await import('esbuild');
  return esbuild.build({
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
    ...options,
  });
}
