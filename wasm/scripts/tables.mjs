// node wasm/scripts/tables.mjs: writes what others read of core/protocol/*.def, the tables of commands, flags, replies
// and errors. The results are under version control; tests/tables.test.mjs says when they are out of date.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { commandsPage } from './tables/markdown.mjs';
import { readTables } from './tables/read.mjs';
import { tablesModule, textsModule } from './tables/typescript.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** File, from the repository's root -> its text. */
export function generate(tables = readTables()) {
  return {
    'wasm/src/protocol/tables.ts': tablesModule(tables),
    'wasm/src/protocol/texts.ts': textsModule(tables),
    'native/docs/commands.md': commandsPage(tables),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, text] of Object.entries(generate())) writeFileSync(path.join(root, file), text);
}
