// The package as users get it: what npm pack makes, installed in an application's folder of its own.

import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder outside the repository, so that nothing is found there by accident; gone when test `t` ends. */
function temporaryFolder(t) {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'isocache-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let answer;

/** npm pack's description (size, unpackedSize, files) and the `tarball` itself. Made once by each test file. */
export function packed() {
  return (answer ??= pack(temporaryFolder({ after: (remove) => process.on('exit', remove) })));
}

function pack(folder) {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [description] = JSON.parse(output);
  return { ...description, tarball: path.join(folder, description.filename) };
}

/** An application with the package installed and `files`, contents by name. Gives its folder. */
export function application(t, files) {
  const folder = temporaryFolder(t);
  const installed = path.join(folder, 'node_modules', 'isocache');
  mkdirSync(installed, { recursive: true });
  // What npm install does with a package that needs no others.
  execFileSync('tar', ['-xzf', packed().tarball, '--strip-components=1', '-C', installed]);
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', dependencies: { isocache: '*' } }));
  for (const [name, contents] of Object.entries(files)) writeFileSync(path.join(folder, name), contents);
  return folder;
}

/** Runs a program in `cwd`; gives what it printed. */
export async function run(cwd, program, ...args) {
  const options = { cwd, timeout: 60_000, env: { ...process.env, NO_COLOR: '1' } };
  const { stdout } = await promisify(execFile)(program, args, options).catch((error) => {
    // Its end is what matters: before it may come a line of minified code.
    throw new Error(`${path.basename(program)} ${args.join(' ')}: ${(error.stdout + error.stderr).slice(-2000)}`);
  });
  return stdout;
}

/** For a test's `skip`: false, or why this Node cannot do it. */
export function needsNode(major, what) {
  return Number.parseInt(process.versions.node, 10) >= major
    ? false
    : `${what} needs Node ${major}, this is ${process.version}`;
}
