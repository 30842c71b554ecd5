// Node: as ES module and by require(); in this version and in the oldest that is supported.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { application, run } from '../application.mjs';
import { expected } from './program.mjs';
import { sources } from './sources.mjs';

const node18 = fileURLToPath(new URL('../node_modules/node18/bin/node', import.meta.url));

for (const [version, node] of [
  [process.version, process.execPath],
  ['v18', node18],
]) {
  describe(`Node ${version}`, { skip: !existsSync(node) && 'npm has it for Linux on x64 only' }, () => {
    for (const main of ['main.mjs', 'main.cjs']) {
      test(main, async (t) => {
        assert.deepEqual(JSON.parse(await run(application(t, sources), node, main)), expected);
      });
    }
  });
}

test('importing costs nothing: no compiling, no file read, no timer', async (t) => {
  const folder = application(t, {
    'import.mjs': `
      import assert from 'node:assert/strict';
      import fs from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      const forbid = (object, ...names) => {
        for (const name of names) object[name] = () => { throw new Error(name + ' on import'); };
      };
      forbid(WebAssembly, 'Module', 'Instance', 'compile', 'instantiate', 'compileStreaming', 'instantiateStreaming');
      forbid(globalThis, 'fetch', 'setTimeout', 'setInterval', 'atob');
      forbid(Date, 'now');
      const { readFile } = fs;  // with which Node reads the modules themselves
      fs.readFile = (file, ...rest) => String(file).endsWith('.wasm') ? assert.fail('read on import') : readFile(file, ...rest);
      syncBuiltinESMExports();
      await import('isocache');
      await import('isocache/inline');
      await import('isocache/client');
      console.log('ok');`,
  });
  assert.equal(await run(folder, process.execPath, 'import.mjs'), 'ok\n');
});
