// npm run build: dist/ from src/ and the wasm modules (ISOCACHE_WASM, or what `cmake --preset wasm` made).

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const wasm = process.env.ISOCACHE_WASM ?? path.join(root, '..', 'build', 'wasm', 'bin', 'isocache.wasm');
// The modules, and the sources that have them as base64, if any. The others lie beside the first one.
const MODULES = [
  { file: 'isocache.wasm', inline: 'wasm-base64.js' },
  { file: 'isocache-tier.wasm', inline: 'tier-base64.js' },
  { file: 'isocache-inspect.wasm' },
];
const built = ({ file }) => (file === 'isocache.wasm' ? wasm : path.join(path.dirname(wasm), file));
const dist = path.join(root, 'dist');
// Made apart and then put in place, so that nobody meets half of it, and nothing old stays.
const made = path.join(root, 'node_modules', '.cache', `isocache-${process.pid}`);

const WASM_TYPES = 'declare const module: WebAssembly.Module;\nexport default module;\n';

/** Compiles one of the two forms into its folder; false: the types are wrong somewhere. */
async function compile(config, form) {
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const compiler = spawn(process.execPath, [tsc, '-p', config, '--outDir', path.join(made, form)], {
    cwd: root,
    stdio: 'inherit',
  });
  const status = await new Promise((resolve) => compiler.on('exit', resolve));
  stripComments(path.join(made, form));
  for (const module of MODULES.filter((module) => module.inline)) {
    const inline = path.join(made, form, 'engine', module.inline);
    const base64 = readFileSync(built(module)).toString('base64');
    writeFileSync(inline, readFileSync(inline, 'utf8').replace(/''|""/, `'${base64}'`));
  }
  return status === 0;
}

/** Removes the code and the types that none of the package's entries leads to: nobody can import them. */
function prune() {
  const { main, types, bin, exports: entries } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  const named = JSON.stringify({ main, types, bin, entries }).matchAll(/"\.\/dist\/([^"]+)"/g);
  const reached = new Set([...named].map(([, file]) => path.join(made, file)).filter(isScript));
  for (const file of reached) for (const next of importsOf(file)) reached.add(next);
  for (const name of readdirSync(made, { recursive: true })) {
    const file = path.join(made, name);
    if (isScript(file) && !reached.has(file)) rmSync(file);
  }
}

const isScript = (file) => /\.(c?js|d\.c?ts)$/.test(file);

/** The package's files that a file names. Types name the code beside the types that they mean. */
function importsOf(file) {
  const isTypes = /\.d\.c?ts$/.test(file);
  const names = readFileSync(file, 'utf8').matchAll(/['"](\.\.?\/[^'"]+)(\.c?js)['"]/g);
  return [...names].map(([, name, end]) => path.join(path.dirname(file), name + (isTypes ? '.d.ts' : end)));
}

/** They are for who reads the sources; users read those in the type declarations. */
function stripComments(folder) {
  const printer = ts.createPrinter({ removeComments: true });
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\.c?js$/.test(name)) continue;
    const file = path.join(folder, name);
    writeFileSync(
      file,
      printer.printFile(ts.createSourceFile(name, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022)),
    );
  }
}

mkdirSync(made, { recursive: true });
for (const module of MODULES) {
  cpSync(built(module), path.join(made, module.file));
  writeFileSync(path.join(made, `${module.file}.d.ts`), WASM_TYPES);
}
const right = await Promise.all([compile('tsconfig.json', 'esm'), compile('tsconfig.cjs.json', 'cjs')]);
prune();
writeFileSync(path.join(made, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
rmSync(dist, { recursive: true, force: true });
renameSync(made, dist);
if (right.includes(false)) process.exitCode = 1;
