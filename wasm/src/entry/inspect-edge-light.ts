// isocache/inspect, as edge-light.ts.

import module from '../../isocache-inspect.wasm?module';
import { compile } from '../engine/load.js';
import { inspectorOpener } from '../inspect/open.js';

export { Inspector } from '../inspect/inspector.js';
export type * from '../inspect/types.js';

/** Opens a store that can be looked into. */
export const openInspector = inspectorOpener(async () => module, compile);
