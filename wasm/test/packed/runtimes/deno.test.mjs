import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { application, run } from '../application.mjs';
import { expected } from './program.mjs';
import { bundled, sources } from './sources.mjs';

const deno = fileURLToPath(new URL('../node_modules/deno/bin.cjs', import.meta.url));

for (const main of ['main.mjs', 'main.cjs']) {
  test(`Deno, without any permission: ${main}`, async (t) => {
    const output = await run(
      // By require(), Deno takes what Node does, and may not read the second module's file.
      application(t, main.endsWith('.cjs') ? bundled : sources),
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
