// index.ts for require().

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileFile, loadFile, loadTierFile } from '../engine/load-file.js';
import { opener } from '../store/opener.js';
import { strict } from '../store/strict.js';
import { takeCryptoFrom } from '../loads/short-key.js';

export { shortKey } from '../loads/short-key.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';

export const open = strict(
  opener(
    () => loadFile(() => readFile(join(__dirname, '../../isocache.wasm'))),
    async () =>
      (await import('../tier/open.js')).tieredOpener(
        () => loadTierFile(() => readFile(join(__dirname, '../../isocache-tier.wasm'))),
        compileFile,
      ),
    compileFile,
  ),
);

takeCryptoFrom(async () => globalThis.crypto ?? (await import('node:crypto')).webcrypto);
