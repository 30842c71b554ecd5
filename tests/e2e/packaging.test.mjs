// What is installed with isocached: the unit, the image, the manual page, the configuration file.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { exitOf, freePort, isocachedPath, needIsocached, runProgram, spawnBound } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const EX_USAGE = 64;
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const packaging = path.join(root, 'native/packaging');

const run = (args) => runProgram(isocachedPath, args, { limitMs: 10_000 });
const read = (name) => readFileSync(path.join(root, name), 'utf8');
const missing = (program) => (existsSync(program) ? false : `no ${path.basename(program)} here`);

// What `systemd-analyze security` may find, in tenths; the page gives this figure, and more is worse.
const MOST_EXPOSURE = 12;

// The packages that a Dockerfile's RUN installs, image by image.
const packagesOf = (dockerfile) =>
  [...dockerfile.matchAll(/--no-install-recommends ([^&]*)/g)].map(([, list]) => list.split(/[\s\\]+/).filter(Boolean));
// What Debian's slim images have anyhow, because apt needs it.
const IN_EVERY_IMAGE = ['libc6', 'libgcc-s1', 'libstdc++6'];

describe('packaging', { skip: needIsocached, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-packaging-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name, text) => {
    const at = path.join(folder, name);
    mkdirSync(path.dirname(at), { recursive: true });
    writeFileSync(at, text);
    return at;
  };

  const build = path.dirname(path.dirname(isocachedPath ?? ''));
  const canInstall = existsSync(path.join(build, 'native/packaging/isocached.1')) && existsSync('/usr/bin/cmake');
  test('cmake --install: the unit names what is installed, for any prefix', {
    ...limit,
    skip: canInstall ? false : 'no cmake, or nothing built to install',
  }, async () => {
    for (const [prefix, etc] of [
      ['/usr', '/etc'],
      ['/opt/cache', '/opt/cache/etc'],
    ]) {
      const destination = path.join(folder, 'install');
      const install = () =>
        promisify(execFile)('/usr/bin/cmake', ['--install', build, '--component', 'isocached', '--prefix', prefix], {
          env: { ...process.env, DESTDIR: destination },
        });
      await install();
      const unit = readFileSync(path.join(destination, prefix, 'lib/systemd/system/isocached.service'), 'utf8');
      const [, program, config] = /^ExecStart=(\S+) --config (\S+)$/m.exec(unit);
      assert.deepEqual([program, config], [`${prefix}/bin/isocached`, `${etc}/isocached/isocached.conf`]);
      assert.ok(existsSync(destination + program));
      // What the Dockerfile takes along from its first image, where DESTDIR is /install.
      if (prefix === '/usr') {
        const taken = [...read('native/packaging/Dockerfile').matchAll(/^COPY --from=build \/install(\/\S+) (\S+)$/gm)];
        assert.deepEqual(
          taken.map(([, from, to]) => [from, to]),
          [[program, program]],
        );
        assert.match(
          read('native/packaging/Dockerfile'),
          /DESTDIR=\/install cmake --install build\/release --component isocached/,
        );
      }
      assert.match(readFileSync(destination + config, 'utf8'), /^#memory-limit = /m);
      writeFileSync(destination + config, 'memory-limit = 5\n');
      await install();
      assert.equal(readFileSync(destination + config, 'utf8'), 'memory-limit = 5\n', "the administrator's own");
    }
  });

  /** The unit as it is installed below `folder`, with a program to start and its manual page: {unit, env}. */
  async function installed() {
    mkdirSync(path.join(folder, 'bin'), { recursive: true });
    copyFileSync(isocachedPath, path.join(folder, 'bin/isocached'));
    file('man/man1/isocached.1', (await run(['--print', 'man'])).stdout);
    const text = readFileSync(path.join(packaging, 'isocached.service.in'), 'utf8');
    const unit = file(
      'isocached.service',
      text.replaceAll('@bindir@', path.join(folder, 'bin')).replaceAll('@sysconfdir@', '/etc'),
    );
    return { unit, env: { ...process.env, MANPATH: path.join(folder, 'man') } };
  }

  const ANALYZE = '/usr/bin/systemd-analyze';
  const needAnalyze = missing(ANALYZE);
  const analyze = async (...args) => {
    const { unit, env } = await installed();
    return runProgram(ANALYZE, [...args, unit], { env, limitMs: 30_000 });
  };

  test('systemd knows every line of the unit, its program and its manual', {
    ...limit,
    skip: needAnalyze || missing('/usr/bin/man'),
  }, async () => {
    const { code, stdout, stderr } = await analyze('verify');
    assert.deepEqual([code, stdout + stderr], [0, '']);
  });

  test('what the unit leaves open to an attacker is as little as the page says', {
    ...limit,
    skip: needAnalyze,
  }, async () => {
    const at = (threshold) => analyze('security', '--offline=true', '--no-pager', `--threshold=${threshold}`);
    const { code, stdout } = await at(MOST_EXPOSURE);
    assert.equal(code, 0, stdout);
    assert.notEqual((await at(MOST_EXPOSURE - 1)).code, 0, 'it is better than the page says: adapt both');
    const [, figure] = /gives it an exposure of (\d\.\d)/.exec(read('native/packaging/README.md'));
    assert.equal(Number(figure), MOST_EXPOSURE / 10);
  });

  test('the unit: 64 and 78 are the ends that trying again does not mend', limit, async () => {
    const { unit } = await installed();
    const never = /^RestartPreventExitStatus=(.*)$/m.exec(readFileSync(unit, 'utf8'))[1].split(' ').map(Number);
    const ends = [(await run(['--no-such-flag'])).code, (await run(['--config', path.join(folder, 'none')])).code];
    assert.deepEqual(never, ends);
  });

  test('the Dockerfile builds with what ./dev installs to run the server', limit, () => {
    const [, needed] = /^RUN_PACKAGES=\(([^)]*)\)/m.exec(read('dev'));
    const [build] = packagesOf(read('native/packaging/Dockerfile'));
    assert.deepEqual(build.sort(), needed.trim().split(/\s+/).sort());
  });

  test("the Dockerfile's second image has the libraries that the program asks for", {
    ...limit,
    skip: missing('/usr/bin/dpkg-query'),
  }, async () => {
    const [, served] = packagesOf(read('native/packaging/Dockerfile'));
    const { stdout } = await promisify(execFile)('/usr/bin/ldd', [isocachedPath]);
    const libraries = [...stdout.matchAll(/^\s+(\S+) => \//gm)].map(([, name]) => name);
    assert.ok(libraries.includes('libc.so.6'), stdout);
    for (const library of libraries) {
      const owners = (await promisify(execFile)('/usr/bin/dpkg-query', ['-S', `*/${library}`])).stdout;
      const names = [...owners.matchAll(/^([^:,\s]+)/gm)].map(([, name]) => name);
      assert.ok(
        names.some((name) => served.includes(name) || IN_EVERY_IMAGE.includes(name)),
        `${library}, of ${names}`,
      );
    }
  });

  test("the Dockerfile's variables and its HEALTHCHECK find each other", limit, async () => {
    const text = read('native/packaging/Dockerfile');
    const variables = [...text.matchAll(/^ENV (ISOCACHED_\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]);
    const [, program] = /^ENTRYPOINT \["(\S+)"\]$/m.exec(text);
    const check = JSON.parse(/^HEALTHCHECK .*CMD (.*)$/m.exec(text)[1]);
    assert.deepEqual([program, check[0]], ['isocached', 'isocached']);
    const env = { ...process.env, ...Object.fromEntries(variables), ISOCACHED_PORT: String(await freePort()) };
    const healthy = () => runProgram(isocachedPath, check.slice(1), { env, limitMs: 10_000 });
    assert.equal((await healthy()).code, 1);
    const child = spawnBound(isocachedPath, [], { env, stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise((resolve) => child.stderr.on('data', (text) => /ready/.test(text) && resolve()));
    assert.equal((await healthy()).code, 0);
    child.kill('SIGTERM');
    assert.equal((await exitOf(child, 5000)).code, 0);
  });

  test('the manual page: groff and man have nothing to complain of', {
    ...limit,
    skip: missing('/usr/bin/groff'),
  }, async () => {
    const page = file('isocached.1', (await run(['--print', 'man'])).stdout);
    const { code, stderr } = await runProgram('/usr/bin/groff', ['-man', '-ww', '-z', page]);
    assert.deepEqual([code, stderr], [0, '']);
    if (missing('/usr/bin/man')) return;
    const shown = await runProgram('/usr/bin/man', ['--warnings', '-E', 'UTF-8', '-l', page], {
      env: { ...process.env, MANWIDTH: '80' },
    });
    assert.deepEqual([shown.code, shown.stderr], [0, '']);
    for (const heading of ['NAME', 'SYNOPSIS', 'OPTIONS']) assert.match(shown.stdout, new RegExp(`^${heading}$`, 'm'));
  });

  test('the configuration file that is installed: every line is a name that is known', limit, async () => {
    const template = (await run(['--print', 'config'])).stdout;
    assert.equal((await run(['--check-config', '--config', file('all.conf', template)])).code, 0);
    const names = [...template.matchAll(/^#([\w-]+) = /gm)].map(([, name]) => name);
    assert.ok(names.length > 40, names.join());
    const { stderr } = await run([
      '--check-config',
      '--config',
      file('empty.conf', names.map((name) => `${name} =\n`).join('')),
    ]);
    assert.doesNotMatch(stderr, /is not known|command line/);
  });

  test('manual page, completions and native/docs/flags.md have every flag', limit, async () => {
    const help = (await run(['-h'])).stdout.split(/^Refused$/m)[0];
    const names = [...help.matchAll(/^ +(?:-\w, )?--([\w-]+)/gm)].map(([, name]) => name);
    const words = [...help.matchAll(/^ +-o (\w+)/gm)].map(([, name]) => name);
    assert.ok(names.length > 35 && words.length > 8, help);
    const page = read('native/docs/flags.md');
    const man = (await run(['--print', 'man'])).stdout.replaceAll('\\-', '-');
    const shells = Object.fromEntries(
      await Promise.all(['bash', 'zsh', 'fish'].map(async (shell) => [shell, (await run(['--print', shell])).stdout])),
    );
    for (const name of names) {
      assert.ok(man.includes(`--${name}\\fR`), `man: ${name}`);
      assert.ok(shells.bash.includes(` --${name}`), `bash: ${name}`);
      assert.match(shells.zsh, new RegExp(`'\\*--${name}[=\\[]`), `zsh: ${name}`);
      assert.ok(shells.fish.includes(` -l ${name} `), `fish: ${name}`);
      assert.ok(page.includes(`\`--${name}\``), `native/docs/flags.md: --${name}`);
    }
    for (const word of words) {
      for (const [where, text] of Object.entries({ man, ...shells }))
        assert.match(text, new RegExp(`\\b${word}\\b`), `${where}: ${word}`);
      assert.ok(page.includes(`\`${word}\``), `native/docs/flags.md: ${word}`);
    }
    assert.equal((await run(['--print', 'tcsh'])).code, EX_USAGE);
  });
});
