import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { application, run } from '../application.mjs';
import { expected } from './program.mjs';
import { bundled, sources } from './sources.mjs';

// npm installs the program for this machine, under a name of its own.
const builds = fileURLToPath(new URL('../node_modules/@oven/', import.meta.url));
const bun = existsSync(builds) && `${builds}${readdirSync(builds)[0]}/bin/bun`;

for (const main of ['main.mjs', 'main.cjs']) {
  test(`Bun: ${main}`, { skip: !bun && 'npm has no Bun for this machine' }, async (t) => {
    assert.deepEqual(JSON.parse(await run(application(t, sources), bun, main)), expected);
  });
}

test('a Bun program in one file', { skip: !bun && 'npm has no Bun for this machine' }, async (t) => {
  const folder = application(t, bundled);
  await run(folder, bun, 'build', 'main.mjs', '--compile', '--outfile', 'main');
  assert.deepEqual(JSON.parse(await run(folder, `${folder}/main`)), expected);
});
