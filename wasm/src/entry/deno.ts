// The entry point for Deno: as inline.ts, and the second module is loaded if a store has a tier.

import { loadInline } from '../engine/load-inline.js';
import { opener } from '../store/opener.js';
import { strict } from '../store/strict.js';

export { shortKey } from '../loads/short-key.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';

/** Opens a store. Each module is compiled once, however many stores are opened. */
export const open = strict(opener(loadInline, async () => (await import('../tier/open-inline.js')).open));
