// The Debian package, as cpack makes it of what is built, and the bill of materials. `./dev package --check` installs,
// upgrades and purges it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

import { billOfMaterials } from '../../native/packaging/bill-of-materials.mjs';
import { checkBill } from '../lib/cyclonedx.mjs';
import { isocachedPath, needIsocached, runProgram } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const build = path.dirname(path.dirname(isocachedPath ?? ''));

const NEEDED = ['/usr/bin/cpack', '/usr/bin/dpkg-shlibdeps', '/usr/bin/file', '/usr/bin/dpkg-deb'];
const missing = [...NEEDED, path.join(build, 'native/packaging/isocached.1')].find((file) => !existsSync(file));
const skip = needIsocached || (missing ? `no ${missing}` : false);

const FILES = [
  'etc/isocached/isocached.conf',
  'usr/bin/isocached',
  'usr/lib/systemd/system/isocached.service',
  'usr/lib/systemd/system/isocached.socket',
  'usr/share/bash-completion/completions/isocached',
  'usr/share/doc/isocached/changelog.Debian.gz',
  'usr/share/doc/isocached/changelog.gz',
  'usr/share/doc/isocached/compiled-in/libcli11-dev',
  'usr/share/doc/isocached/compiled-in/nlohmann-json3-dev',
  'usr/share/doc/isocached/copyright',
  'usr/share/fish/vendor_completions.d/isocached.fish',
  'usr/share/isocached/alerts.yml',
  'usr/share/isocached/dashboard.json',
  'usr/share/man/man1/isocached.1.gz',
  'usr/share/zsh/site-functions/_isocached',
];

const [, version] = /project\([^)]*\bVERSION ([\d.]+)/.exec(readFileSync(path.join(root, 'CMakeLists.txt'), 'utf8'));

/** All files below a folder, with their paths from there. */
function filesBelow(folder, from = folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const at = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(at, from) : [path.relative(from, at)];
  });
}

describe('the Debian package', { skip, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-package-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const out = path.join(folder, 'out');
  const files = path.join(folder, 'files');
  const control = path.join(folder, 'control');
  const read = (name) => readFileSync(path.join(files, name));
  const unpacked = (name) => gunzipSync(read(name)).toString();
  let debian;
  const field = (name) => execFileSync('dpkg-deb', ['-f', path.join(out, debian), name], { encoding: 'utf8' }).trim();

  test('cpack makes it', limit, () => {
    mkdirSync(path.join(folder, 'site/assets'), { recursive: true });
    writeFileSync(path.join(folder, 'site/assets/a.js'), 'f();\n');
    const args = ['native/packaging/package.mjs', '--build', build, '--out', out, '--site', path.join(folder, 'site')];
    args.push('--only', 'debian', '--only', 'playground');
    execFileSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    debian = readdirSync(out).find((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', path.join(out, debian), files]);
    execFileSync('dpkg-deb', ['-e', path.join(out, debian), control]);
  });

  test('its fields: the version, and the libraries that the program needs', limit, () => {
    assert.equal(field('Package'), 'isocached');
    assert.equal(field('Version'), `${version}-1`);
    assert.equal(debian, `isocached_${field('Version')}_${field('Architecture')}.deb`);
    const names = field('Depends').split(/\s*,\s*/);
    for (const name of ['adduser', 'libc6', 'libfmt9', 'libseccomp2', 'libssl3', 'libstdc++6', 'liburing2'])
      assert.ok(
        names.some((one) => one.split(' ')[0] === name),
        `${name} is not in ${names}`,
      );
    assert.ok(!names.some((one) => /-dev\b/.test(one)), names.join());
    const [first, ...more] = field('Description').split('\n');
    assert.ok(first.length < 80 && more.length > 1 && more.every((line) => /^ \S.{0,78}$/.test(line)), first);
    assert.match(field('Maintainer'), /^[^<]+ <\S+@\S+>$/);
  });

  test('its files: all of them, owned by root, and none that others may write', limit, () => {
    assert.deepEqual(filesBelow(files).sort(), FILES);
    const list = execFileSync('dpkg-deb', ['-c', path.join(out, debian)], { encoding: 'utf8' })
      .trim()
      .split('\n');
    for (const line of list) {
      const [mode, owner] = line.split(/\s+/);
      const expected = line.endsWith('/usr/bin/isocached') || mode.startsWith('d') ? /^.rwxr-xr-x$/ : /^-rw-r--r--$/;
      assert.match(mode, expected, line);
      assert.equal(owner, 'root/root', line);
    }
    for (const line of readFileSync(path.join(control, 'md5sums'), 'utf8').trim().split('\n')) {
      const [sum, name] = line.split(/ +/);
      assert.equal(createHash('md5').update(read(name)).digest('hex'), sum, name);
    }
  });

  test('the program runs and is stripped; unit, manual and changes belong to it', limit, async () => {
    const program = path.join(files, 'usr/bin/isocached');
    assert.equal((await runProgram(program, ['-V'])).stdout, `isocached ${version}\n`);
    assert.match(execFileSync('file', ['-b', program], { encoding: 'utf8' }), /, stripped/);
    assert.match(
      String(read('usr/lib/systemd/system/isocached.service')),
      /^ExecStart=\/usr\/bin\/isocached --config \/etc\/isocached\/isocached\.conf$/m,
    );
    assert.equal(unpacked('usr/share/man/man1/isocached.1.gz'), (await runProgram(program, ['--print', 'man'])).stdout);
    assert.match(unpacked('usr/share/doc/isocached/changelog.gz'), new RegExp(`^## ${version}`, 'm'));
    assert.match(
      unpacked('usr/share/doc/isocached/changelog.Debian.gz'),
      new RegExp(`^isocached \\(${version}-1\\) unstable;[^]*\n -- [^<\n]+ <\\S+>  \\w{3}, \\d\\d \\w{3} \\d{4} `),
    );
    assert.match(String(read('usr/share/doc/isocached/copyright')), /MIT License/);
  });

  test('every file below /etc is a configuration file; the scripts are executable, and sh reads them', limit, () => {
    const names = readFileSync(path.join(control, 'conffiles'), 'utf8').trim().split('\n');
    const etc = FILES.filter((name) => name.startsWith('etc/')).map((name) => `/${name}`);
    assert.deepEqual(names, etc);
    for (const name of ['postinst', 'prerm', 'postrm']) {
      assert.equal(lstatSync(path.join(control, name)).mode & 0o777, 0o755, name);
      execFileSync('sh', ['-n', path.join(control, name)]);
    }
  });

  test('checksums', limit, () => {
    const said = execFileSync('sha256sum', ['-c', 'SHA256SUMS'], { cwd: out, encoding: 'utf8' });
    const names = [debian, `isocache-playground-${version}.zip`, `isocache-${version}.cdx.json`];
    assert.deepEqual(
      said.trim().split('\n'),
      names.map((name) => `${name}: OK`),
    );
    assert.deepEqual(readdirSync(out).sort(), [...names, 'SHA256SUMS'].sort());
  });

  test('the playground is a folder in an archive', limit, () => {
    const unpackedAt = path.join(folder, 'zip');
    mkdirSync(unpackedAt);
    const archive = path.join(out, `isocache-playground-${version}.zip`);
    execFileSync('/usr/bin/cmake', ['-E', 'tar', 'xf', archive], { cwd: unpackedAt });
    assert.deepEqual(filesBelow(unpackedAt), [`isocache-playground-${version}/assets/a.js`]);
  });

  test('the bill of materials: what the packages are made of, by the rules of CycloneDX', limit, () => {
    const own = JSON.parse(readFileSync(path.join(out, `isocache-${version}.cdx.json`), 'utf8'));
    checkBill(own);
    const sha256 = createHash('sha256')
      .update(readFileSync(path.join(out, debian)))
      .digest('hex');
    const made = [
      { kind: 'debian', name: debian, sha256 },
      { kind: 'npm', name: 'isocache.tgz', sha256 },
      { kind: 'playground', name: 'playground.zip', sha256 },
    ];
    const all = billOfMaterials({ root, out, version, time: '1800000000', files: made });
    checkBill(all);
    const names = all.components.map(({ name }) => name);
    const own3 = ['isocached', 'isocache', 'isocache-playground'];
    for (const name of [...own3, 'libssl3', 'libboost1.81-dev', 'emscripten', 'preact', '@preact/signals-core'])
      assert.ok(names.includes(name), `${name} is not in ${names}`);
    assert.ok(!names.includes('vite'), 'tools are no part of it');
    const file = all.components.find(({ name }) => name === 'isocached');
    assert.deepEqual(file.hashes, [{ alg: 'SHA-256', content: sha256 }]);
    assert.equal(own.components.find(({ name }) => name === 'isocached').hashes[0].content, sha256);
  });
});
