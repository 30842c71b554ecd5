// isocache/tier: as `isocache`, with the one module that can have a tier. It is for runtimes that load no module when a
// store is opened, for bundles, and for openSync(). Here the module is in the code.

export { shortKey } from '../loads/short-key.js';
export { Store } from '../store/store.js';
export { openSync } from '../tier/open.js';
export { open } from '../tier/open-inline.js';
export * from '../base/types.js';
