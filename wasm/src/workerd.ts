// The entry point for Cloudflare's workers: they compile nothing at run time, but import modules compiled.

import module from '../isocache.wasm';
import { opener } from './opener.js';

export { shortKey } from './short-key.js';
export { openSync, Store } from './store.js';
export * from './types.js';

/** Opens a store. */
export const open = opener(async () => module);
