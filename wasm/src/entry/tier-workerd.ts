// isocache/tier, as workerd.ts.

import module from '../../isocache-tier.wasm';
import { strict } from '../store/strict.js';
import { tieredOpener } from '../tier/open.js';

export { shortKey } from '../loads/short-key.js';
export { Store } from '../store/store.js';
export { openSync } from '../tier/open.js';
export * from '../base/types.js';

/** Opens a store, with or without a tier. */
export const open = strict(tieredOpener(async () => module));
