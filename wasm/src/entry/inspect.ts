// isocache/inspect: a store that can be looked into, for playgrounds and tests. inspect.cts is the same for require().

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFile } from '../engine/load-file.js';
import { inspectorOpener } from '../inspect/open.js';

export { Inspector } from '../inspect/inspector.js';
export type * from '../inspect/types.js';

/** Opens a store that can be looked into. The module is compiled once. */
export const openInspector = inspectorOpener(
  async () =>
    WebAssembly.compile(await readFile(join(dirname(fileURLToPath(import.meta.url)), '../../isocache-inspect.wasm'))),
  compileFile,
);
