// Runs our own programs and reads their lines of JSON.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { loadCore } from './servers.mjs';

// ./dev says where; else whatever was built, the release first.
const build = fileURLToPath(new URL('../../../build', import.meta.url));
const folders = [
  process.env.ISOCACHE_BENCH_DIR,
  process.env.ISOCACHE_LOADGEN && dirname(process.env.ISOCACHE_LOADGEN),
  join(build, 'release/bin'),
  join(build, 'gcc/bin'),
].filter(Boolean);
export const programFolder = folders.find((folder) => existsSync(join(folder, 'isocache_loadgen'))) ?? folders[0];

// { workload: 'get', valueSize: 10, sequential: true } -> --workload get --value-size 10 --sequential
function flags(options) {
  return Object.entries(options).flatMap(([name, value]) => {
    if (value === false || value === undefined) return [];
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return value === true ? [flag] : [flag, `${value}`];
  });
}

export const programPath = (name) => join(programFolder, name);

// What Emscripten made of a program; undefined if it is not built.
const wasmFolders = [process.env.ISOCACHE_BENCH_WASM_DIR, join(build, 'wasm/bin'), join(build, 'emscripten/bin')];
export function wasmPath(name) {
  return wasmFolders
    .filter(Boolean)
    .map((folder) => join(folder, `${name}.js`))
    .find(existsSync);
}

// Resolves with one object a line.
export function run(program, options, words = []) {
  return linesOf(programPath(program), [...words, ...flags(options), '--json']);
}

// The same under Node, optimised from the start as otherwise after a while.
export function runWasm(program, options, words = []) {
  return linesOf(process.execPath, ['--no-liftoff', wasmPath(program), ...words, ...flags(options), '--json']);
}

function linesOf(file, args) {
  return new Promise((resolve, reject) => {
    execFile(file, args, { maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      // A failure with nothing said is a bad outcome among the lines, which the caller looks at.
      const broken = (error && stderr) || !stdout.startsWith('{');
      if (broken) return reject(new Error(`${file} ${args.join(' ')}: ${stderr || error}`));
      resolve(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      );
    });
  });
}

// A load on one server; throws when any reply was wrong.
export async function load(server, options) {
  const [result] = await run('isocache_loadgen', {
    server: server.address,
    pid: server.pid,
    pin: loadCore,
    ...options,
  });
  if (result.errors !== 0) {
    const what = `${server.name}, ${options.workload}: ${result.errors} errors, the first: ${result.first_error}`;
    // memcached refuses some sets while it evicts as fast as it can; ours may refuse nothing.
    if (server.name !== 'memcached') throw new Error(what);
    console.error(`note: ${what}`);
  }
  return result;
}

// A trace on one server; throws when any byte that came back was wrong.
export async function replay(server, trace, options) {
  const [result] = await run('isocache_replay', { server: server.address, ...options }, [trace]);
  if (result.wrong_bytes !== 0 || result.expired_hits !== 0) {
    throw new Error(`${server.name}, ${trace}: ${result.wrong_bytes} wrong, ${result.expired_hits} expired hits`);
  }
  return result;
}
