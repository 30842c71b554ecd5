// The repository's text as a tree: a Map from path to text. Every rule of this folder takes a tree and answers with its
// faults, as "path:line: reason", so that a test can plant a fault in a tree of its own.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What is data, or is written by a tool. No rule reads it. */
const NO_SOURCE = /(^|\/)(corpus|fixtures|node_modules)\/|package-lock\.json$|\.(png|svg|ico)$/;

/** Files under version control, and new ones that are not ignored. */
export function repositoryFiles(root = ROOT) {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return listed.split('\n').filter((path) => path && existsSync(join(root, path)));
}

export function repositoryTree(root = ROOT) {
  const paths = repositoryFiles(root).filter((path) => !NO_SOURCE.test(path));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/** A file that the tree leaves out. */
export const repositoryText = (path, root = ROOT) => readFileSync(join(root, path), 'utf8');

/** A tree for a planted fault: { path: text }. */
export const plantedTree = (files) => new Map(Object.entries(files));

/** The entries whose path matches, as [path, text]. */
export const matching = (tree, pattern) => [...tree].filter(([path]) => pattern.test(path));

export const CPP = /\.(cc|h|def)$/;
export const JAVASCRIPT = /\.(mjs|tsx?|cts|js)$/;

/** The number of the line on which `offset` lies. */
export function lineAt(text, offset) {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

/** Where an include of a C++ file points to, as a path in the tree, or null. Core's includes are written from core/. */
export function resolveInclude(tree, from, name) {
  const places = [`core/${name}`, name, `tests/${name}`, posix.join(posix.dirname(from), name)];
  return places.find((path) => tree.has(path)) ?? null;
}

/** Where an import of a JavaScript or TypeScript file points to, as a path in the tree, or null. */
export function resolveImport(tree, from, name) {
  if (!name.startsWith('.')) return null;
  const path = posix.join(posix.dirname(from), name);
  const sources = [path, path.replace(/\.js$/, '.ts'), path.replace(/\.js$/, '.tsx'), path.replace(/\.cjs$/, '.cts')];
  return sources.find((source) => tree.has(source)) ?? null;
}
