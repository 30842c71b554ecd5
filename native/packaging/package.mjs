// Makes what is handed out: the Debian package, the npm package, the playground, a list of what is in them, checksums.
// Run by ./dev package, when all of it is built.
//
//   node package.mjs --build build/release --out build/package [--site build/web/site] [--only KIND...]
//
// KIND: debian, npm, playground.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { billOfMaterials } from './bill-of-materials.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What a program prints. What it complains of is shown if it fails. */
function run(program, args, options = {}) {
  return execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
}

/** Where the version stands; see tests/house/words.mjs for the copies that tools want. */
function readVersion() {
  const text = readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8');
  return /project\([^)]*\bVERSION ([\d.]+)/.exec(text)[1];
}

/** The time of the last commit, s: what is made twice of the same sources has the same times. */
function timeOfSources() {
  try {
    return run('git', ['log', '-1', '--format=%ct']).trim();
  } catch {
    return String(Math.floor(Date.now() / 1000)); // not a checkout
  }
}

function makeDebian(build, out, time) {
  const before = readdirSync(out).filter((name) => name.endsWith('.deb'));
  for (const name of before) rmSync(path.join(out, name));
  run('cpack', ['--config', path.join(build, 'CPackConfig.cmake'), '-B', out], {
    env: { ...process.env, SOURCE_DATE_EPOCH: time },
  });
  rmSync(path.join(out, '_CPack_Packages'), { recursive: true, force: true });
  return readdirSync(out).find((name) => name.endsWith('.deb'));
}

function makeNpm(out) {
  if (!existsSync(path.join(root, 'wasm/dist'))) throw new Error('wasm/dist is missing: ./dev build npm makes it');
  const packed = run('npm', ['pack', './wasm', '--silent', '--pack-destination', out]);
  return packed.trim().split('\n').at(-1);
}

function makePlayground(out, site, version, time) {
  if (!existsSync(site)) throw new Error(`${site} is missing: ./dev build web makes it`);
  const folder = `isocache-playground-${version}`;
  const name = `${folder}.zip`;
  rmSync(path.join(out, name), { force: true });
  cpSync(site, path.join(out, folder), { recursive: true });
  const at = new Date(Number(time) * 1000).toISOString().replace('T', ' ').replace(/\..*/, ' UTC');
  try {
    run('cmake', ['-E', 'tar', 'cf', name, '--format=zip', `--mtime=${at}`, folder], { cwd: out });
  } finally {
    rmSync(path.join(out, folder), { recursive: true });
  }
  return name;
}

const hashOf = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

const { values } = parseArgs({
  options: {
    build: { type: 'string' },
    out: { type: 'string' },
    site: { type: 'string', default: path.join(root, 'build/web/site') },
    only: { type: 'string', multiple: true, default: ['debian', 'npm', 'playground'] },
  },
});
const build = path.resolve(values.build);
const out = path.resolve(values.out);
const version = readVersion();
const time = timeOfSources();
mkdirSync(out, { recursive: true });

const make = {
  debian: () => makeDebian(build, out, time),
  npm: () => makeNpm(out),
  playground: () => makePlayground(out, path.resolve(values.site), version, time),
};
const made = Object.fromEntries(values.only.map((kind) => [kind, make[kind]()]));
const files = Object.entries(made).map(([kind, name]) => ({ kind, name, sha256: hashOf(path.join(out, name)) }));
const bill = `isocache-${version}.cdx.json`;
writeFileSync(
  path.join(out, bill),
  `${JSON.stringify(billOfMaterials({ root, out, version, time, files }), null, 2)}\n`,
);
files.push({ name: bill, sha256: hashOf(path.join(out, bill)) });
writeFileSync(path.join(out, 'SHA256SUMS'), files.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join(''));
for (const { name, sha256 } of files) console.log(`  ${sha256.slice(0, 12)}...  ${name}`);
