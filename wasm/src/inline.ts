// The entry point with the module inside, for wherever compiling from bytes is not forbidden. Deno's too, as
// it would ask its user for leave to read a file.

import { loadInline } from './load-inline.js';
import { opener } from './opener.js';

export { shortKey } from './short-key.js';
export { openSync, Store } from './store.js';
export * from './types.js';

/** Opens a store. The module is compiled once, however many stores are opened. */
export const open = opener(loadInline);
