// inspect.ts for require().

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileFile } from '../engine/load-file.js';
import { inspectorOpener } from '../inspect/open.js';

export { Inspector } from '../inspect/inspector.js';
export type * from '../inspect/types.js';

export const openInspector = inspectorOpener(
  async () => WebAssembly.compile(await readFile(join(__dirname, '../../isocache-inspect.wasm'))),
  compileFile,
);
