// The entry point for edge runtimes such as Vercel's. As workerd.ts, with their way to import a compiled module.

import module from '../../isocache.wasm?module';
import { noTier } from '../store/no-tier.js';
import { opener } from '../store/opener.js';
import { strict } from '../store/strict.js';

export { shortKey } from '../loads/short-key.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';

/** Opens a store. */
export const open = strict(opener(async () => module, noTier));
