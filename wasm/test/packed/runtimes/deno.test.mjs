import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { application, run } from '../application.mjs';
import { expected } from './program.mjs';
import { sources } from './sources.mjs';

const deno = fileURLToPath(new URL('../node_modules/deno/bin.cjs', import.meta.url));

for (const main of ['main.mjs', 'main.cjs']) {
  test(`Deno, without any permission: ${main}`, async (t) => {
    const output = await run(
      application(t, sources),
      process.execPath,
      deno,
      'run',
      '--no-prompt',
      '--no-lock',
      '--node-modules-dir=manual',
      main,
    );
    assert.deepEqual(JSON.parse(output), expected);
  });
}
