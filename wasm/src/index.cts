// index.ts for require().

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileFile, loadFile } from './load-file.js';
import { opener } from './opener.js';
import { takeCryptoFrom } from './short-key.js';

export { shortKey } from './short-key.js';
export { openSync, Store } from './store.js';
export * from './types.js';

export const open = opener(() => loadFile(() => readFile(join(__dirname, '../isocache.wasm'))), compileFile);

takeCryptoFrom(async () => globalThis.crypto ?? (await import('node:crypto')).webcrypto);
