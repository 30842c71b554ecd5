// The entry point for Node and Bun, as an ES module. index.cts is the same for require().

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFile, loadFile, loadTierFile } from '../engine/load-file.js';
import { opener } from '../store/opener.js';
import { strict } from '../store/strict.js';
import { takeCryptoFrom } from '../loads/short-key.js';

export { shortKey } from '../loads/short-key.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';

/** Opens a store. The module is compiled once, however many stores are opened. */
// Written out here, because the tools that collect an application's files look for exactly such a call.
export const open = strict(
  opener(
    () => loadFile(() => readFile(join(dirname(fileURLToPath(import.meta.url)), '../../isocache.wasm'))),
    async () =>
      (await import('../tier/open.js')).tieredOpener(
        () => loadTierFile(() => readFile(join(dirname(fileURLToPath(import.meta.url)), '../../isocache-tier.wasm'))),
        compileFile,
      ),
    compileFile,
  ),
);

takeCryptoFrom(async () => globalThis.crypto ?? (await import('node:crypto')).webcrypto);
