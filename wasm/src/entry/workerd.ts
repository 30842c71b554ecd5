// The entry point for Cloudflare's workers. They compile nothing at run time, but import compiled modules.

import module from '../../isocache.wasm';
import { noTier } from '../store/no-tier.js';
import { opener } from '../store/opener.js';
import { strict } from '../store/strict.js';

export { shortKey } from '../loads/short-key.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';

/** Opens a store. */
export const open = strict(opener(async () => module, noTier));
