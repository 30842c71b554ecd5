// isocache/inspect for browsers, and whatever finds the file by its URL.

import { compile } from '../engine/load.js';
import { inspectorOpener } from '../inspect/open.js';

export { Inspector } from '../inspect/inspector.js';
export type * from '../inspect/types.js';

/** Opens a store that can be looked into. The module is compiled once. */
export const openInspector = inspectorOpener(
  () => compile(new URL('../../isocache-inspect.wasm', import.meta.url)),
  compile,
);
