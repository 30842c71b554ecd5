// What is in the packages, and what they need: a CycloneDX 1.5 bill of materials, from the data of dpkg and npm.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const run = (program, args) => execFileSync(program, args, { encoding: 'utf8' });

/** Debian's packages whose code becomes part of the server, besides shared libraries. */
const COMPILED_IN = {
  debian: ['libboost1.81-dev', 'libcli11-dev', 'nlohmann-json3-dev'],
  npm: ['emscripten'], // the C++ library of the wasm module
};
const OURS = { licenses: [{ license: { id: 'MIT' } }] };

/** Versions of installed packages, as dpkg knows them. */
function debianComponents(names) {
  if (names.length === 0) return [];
  const fields = ['Package', 'Version', 'Architecture', 'source:Package'].map((field) => `\${${field}}`);
  const lines = run('dpkg-query', ['-W', '-f', `${fields.join(' ')}\n`, ...names])
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [name, version, architecture, source] = line.split(' ');
    const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}`;
    const properties = [{ name: 'debian:source', value: source }];
    return { type: 'library', 'bom-ref': purl, name, version, purl, properties };
  });
}

/** What the Debian package depends on: names without versions and alternatives. */
function dependenciesOf(file) {
  const list = run('dpkg-deb', ['-f', file, 'Depends']).trim();
  return [...new Set(list.split(/\s*,\s*/).map((one) => one.split(/[\s:|(]/)[0]))];
}

/** Names of packages that the sources of a folder import. */
function importedBy(folder) {
  const names = new Set();
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const name of importedBy(at)) names.add(name);
    } else if (/\.tsx?$/.test(entry.name)) {
      const imports = readFileSync(at, 'utf8').matchAll(/\bfrom '((?:@[\w-]+\/)?[\w-]+)(?:\/[^']*)?'/g);
      for (const [, name] of imports) names.add(name);
    }
  }
  return names;
}

/** Components of the lock file that these names bring along. */
function npmComponents(lock, names) {
  const found = new Map();
  const add = (name) => {
    const entry = lock.packages[`node_modules/${name}`];
    if (!entry || found.has(name)) return;
    const [algorithm, digest] = entry.integrity.split('-');
    if (algorithm !== 'sha512') throw new Error(`${name}: an integrity of ${algorithm}`);
    const purl = `pkg:npm/${name.replace('@', '%40')}@${entry.version}`;
    found.set(name, {
      type: 'library',
      'bom-ref': purl,
      name,
      version: entry.version,
      purl,
      hashes: [{ alg: 'SHA-512', content: Buffer.from(digest, 'base64').toString('hex') }],
      licenses: [{ license: { id: entry.license } }],
    });
    for (const below of Object.keys(entry.dependencies ?? {})) add(below);
  };
  for (const name of names) add(name);
  return [...found.values()];
}

/** What one of the files is, and what it is made of: {component, parts}. */
function describe({ kind, name, sha256 }, { root, out, version }) {
  const hashes = [{ alg: 'SHA-256', content: sha256 }];
  const lockOf = (folder) => JSON.parse(readFileSync(path.join(root, folder, 'package-lock.json'), 'utf8'));
  const about = (type, title, number, purl) => ({
    ...{ type, 'bom-ref': purl, name: title, version: number, purl, hashes, ...OURS },
    properties: [{ name: 'isocache:file', value: name }],
  });
  if (kind === 'debian') {
    const file = path.join(out, name);
    const [number, architecture] = ['Version', 'Architecture'].map((key) => run('dpkg-deb', ['-f', file, key]).trim());
    const purl = `pkg:deb/isocache/isocached@${number}?arch=${architecture}`;
    const parts = debianComponents([...dependenciesOf(file), ...COMPILED_IN.debian]);
    return { component: about('application', 'isocached', number, purl), parts };
  }
  if (kind === 'npm') {
    const own = Object.keys(lockOf('wasm').packages[''].dependencies ?? {});
    const parts = [...debianComponents(COMPILED_IN.npm), ...npmComponents(lockOf('wasm'), own)];
    return { component: about('library', 'isocache', version, `pkg:npm/isocache@${version}`), parts };
  }
  const parts = npmComponents(lockOf('web'), importedBy(path.join(root, 'web/src')));
  const purl = `pkg:generic/isocache-playground@${version}`;
  return { component: about('application', 'isocache-playground', version, purl), parts };
}

/** A name that is the same whenever the content is: 8-4-4-4-12 hexadecimal digits. */
function uuidOf(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20, 32),
  ].join('-');
}

/**
 * The bill of `files` ({kind, name, sha256}), which lie in `out`.
 * `time`: of the sources, s.
 */
export function billOfMaterials({ root, out, version, time, files }) {
  const described = files.map((file) => describe(file, { root, out, version }));
  const components = new Map();
  for (const { component, parts } of described) {
    for (const one of [component, ...parts]) components.set(one['bom-ref'], one);
  }
  const top = { type: 'application', 'bom-ref': 'isocache', name: 'isocache', version, ...OURS };
  const refs = (list) => list.map((one) => one['bom-ref']);
  const dependencies = [
    { ref: 'isocache', dependsOn: refs(described.map(({ component }) => component)) },
    ...described.map(({ component, parts }) => ({ ref: component['bom-ref'], dependsOn: [...new Set(refs(parts))] })),
  ];
  const body = { components: [...components.values()], dependencies };
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(body))}`,
    version: 1,
    metadata: { timestamp: new Date(Number(time) * 1000).toISOString(), component: top },
    ...body,
  };
}
