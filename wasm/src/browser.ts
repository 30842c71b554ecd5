// The entry point for browsers. Bundlers see the URL and put the file where it points.

import { compile } from './load.js';
import { opener } from './opener.js';

export { shortKey } from './short-key.js';
export { openSync, Store } from './store.js';
export * from './types.js';

/** Opens a store. The module is compiled once, however many stores are opened. */
export const open = opener(() => compile(new URL('../isocache.wasm', import.meta.url)));
