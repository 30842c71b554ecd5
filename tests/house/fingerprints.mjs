// For `./dev lint`: each C++ source with a fingerprint, "path fingerprint" a line. It changes when the source, a header
// of the project that it includes, directly or not, or the checks change.

import { createHash } from 'node:crypto';
import { arrowsOf } from './layers.mjs';
import { matching, repositoryTree } from './tree.mjs';

const tree = repositoryTree();
const checks = matching(tree, /(^|\/)\.clang-tidy$/).map(([, text]) => text);

/** The file and all that it includes. */
function closure(path, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { target } of arrowsOf(tree, path, tree.get(path))) closure(target, seen);
  return seen;
}

for (const [path] of matching(tree, /^(core|native|wasm\/abi|tests(?!\/odr)|examples)\/.*\.cc$/)) {
  const hash = createHash('sha256');
  for (const text of checks) hash.update(text);
  for (const file of [...closure(path)].sort()) hash.update(`${file}\n${tree.get(file)}`);
  console.log(path, hash.digest('hex').slice(0, 32));
}
