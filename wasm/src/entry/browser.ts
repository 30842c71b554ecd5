// The entry point for browsers. Bundlers see the URL and put the file where it points.

import { compile } from '../engine/load.js';
import { opener } from '../store/opener.js';

export { shortKey } from '../loads/short-key.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';

/** Opens a store. The module is compiled once, however many stores are opened. */
export const open = opener(
  () => compile(new URL('../../isocache.wasm', import.meta.url)),
  async () =>
    (await import('../tier/open.js')).tieredOpener(() => compile(new URL('../../isocache-tier.wasm', import.meta.url))),
);
