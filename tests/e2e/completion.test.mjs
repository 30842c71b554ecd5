// Completions, tried by the shells themselves.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { isocachedPath, needIsocached, runProgram } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const BASH = '/bin/bash';
const ZSH = '/usr/bin/zsh';
const FISH = '/usr/bin/fish';
const TYPE_IN_ZSH = fileURLToPath(new URL('../lib/complete.zsh', import.meta.url));

const missing = (shell) => (existsSync(shell) ? false : `no ${path.basename(shell)} here`);

describe('completion', { skip: needIsocached, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-completion-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const scriptOf = async (shell, name) => {
    const at = path.join(folder, name);
    writeFileSync(at, (await runProgram(isocachedPath, ['--print', shell])).stdout);
    return at;
  };

  test('bash completes', { ...limit, skip: missing(BASH) }, async () => {
    const script = await scriptOf('bash', 'first.bash');
    const complete = async (...words) => {
      const list = ['isocached', ...words].map((word) => `'${word}'`).join(' ');
      const { stdout } = await promisify(execFile)(BASH, [
        '-c',
        `compopt() { :; }; source ${script}; COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _isocached; echo "\${COMPREPLY[@]}"`,
      ]);
      return stdout.trim();
    };
    assert.equal(await complete('--dra'), '--drain-delay --drain-timeout');
    assert.equal(await complete('hea'), 'healthcheck');
    assert.equal(await complete('--log-format', '=', 'j'), 'json');
    assert.equal(await complete('--log-format', ''), 'text json');
    assert.equal(await complete('-o', 'idle_timeout=5,no_maxc'), 'idle_timeout=5,no_maxconns_fast');
    assert.equal(await complete('-m', ''), '');
    // As bash parts it: "=" is a word.
    const beginning = path.join(folder, 'fi');
    assert.match(await complete('-o', 'idle_timeout', '=', '5,no_maxc'), /^5,no_maxconns_fast$/);
    assert.match(await complete('-o', 'idle_timeout', '=', '5'), /^$/);
    assert.ok((await complete('-o', 'idle_timeout', '=', '5,ssl_chain_cert', '=', beginning)).includes(script));
    assert.ok((await complete('-o', 'ssl_key', '=', beginning)).includes(script));
    assert.equal(await complete('-o', 'ssl_key', '=', '/x,ssl_chain_c'), '/x,ssl_chain_cert=');
    assert.equal(await complete('--no-ver'), '');
    assert.equal(await complete('healthcheck', '--no-ver'), '--no-verify');
    for (const flag of ['--login', '--ca']) assert.ok((await complete('top', flag, beginning)).includes(script), flag);
    for (const flag of ['--rows', '--seconds']) assert.equal(await complete('top', flag, ''), '', flag);
    assert.equal(await complete('top', '--'), '--once --seconds --rows --login --ca --no-verify --help');
    assert.equal(await complete('to'), 'top');
  });

  // What is typed, and what zsh makes of it at a tab. {file}: a file that is there, less its last letter.
  const IN_ZSH = [
    ['--drain-de', '--drain-delay='],
    ['--drain', '--drain-'],
    ['hea', 'healthcheck '],
    ['--log-format=j', '--log-format=json '],
    ['--log-format j', '--log-format json '],
    ['--print z', '--print zsh '],
    ['--enable-sh', '--enable-shutdown '],
    ['-o idle_t', '-o idle_timeout='],
    ['-o idle_timeout=5,no_maxc', '-o idle_timeout=5,no_maxconns_fast'],
    ['-o ssl_key={file}', '-o ssl_key={file}d '],
    ['-o idle_timeout=5,ssl_chain_cert={file}', '-o idle_timeout=5,ssl_chain_cert={file}d '],
    ['-o ssl_ciphers={file}', '-o ssl_ciphers={file}'],
    ['-s {file}', '-s {file}d '],
    ['--auth-file={file}', '--auth-file={file}d '],
    ['-m {file}', '-m {file}'],
    ['--no-ver', '--no-ver'],
    ['healthcheck --no-ver', 'healthcheck --no-verify '],
    ['healthcheck cache1 --no-ver', 'healthcheck cache1 --no-verify '],
    ['top --on', 'top --once '],
    ['top cache1 --on', 'top cache1 --once '],
    ['top --memo', 'top --memo'],
    ['top --login {file}', 'top --login {file}d '],
    ['top --rows {file}', 'top --rows {file}'],
  ];

  test('zsh completes', { ...limit, skip: missing(ZSH) }, async () => {
    const script = await scriptOf('zsh', '_isocached');
    const inFolder = (text) => `isocached ${text.replace('{file}', `${folder}/_isocache`)}`;
    const { code, stdout, stderr } = await runProgram(ZSH, [
      '-f',
      TYPE_IN_ZSH,
      script,
      ...IN_ZSH.map(([typed]) => inFolder(typed)),
    ]);
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trimEnd()),
      IN_ZSH.map(([, becomes]) => inFolder(becomes).trimEnd()),
    );
  });

  test('fish completes', { ...limit, skip: missing(FISH) }, async () => {
    const script = await scriptOf('fish', 'first.fish');
    /** What fish proposes for the last word. */
    const complete = async (typed) => {
      const { code, stdout, stderr } = await runProgram(FISH, [
        '--no-config',
        '-c',
        'source $argv[1]; complete -C $argv[2]',
        script,
        `isocached ${typed}`,
      ]);
      assert.deepEqual([code, stderr], [0, ''], typed);
      return stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split('\t')[0]);
    };
    const beginning = path.join(folder, 'first.fi');
    for (const [typed, expected] of [
      ['--dra', ['--drain-delay', '--drain-timeout']],
      ['hea', ['healthcheck']],
      ['--log-format=j', ['--log-format=json']],
      ['--log-format ', ['json', 'text']],
      ['-o no_maxc', ['no_maxconns_fast']],
      ['-o idle_timeout=5,no_maxc', ['idle_timeout=5,no_maxconns_fast']],
      ['-oidle_timeout=5,no_maxc', ['-oidle_timeout=5,no_maxconns_fast']],
      ['--extended=idle_timeout=5,no_maxc', ['--extended=idle_timeout=5,no_maxconns_fast']],
      [`-o ssl_key=${beginning}`, [`ssl_key=${script}`]],
      [`-o idle_timeout=5,ssl_key=${beginning}`, [`idle_timeout=5,ssl_key=${script}`]],
      [`-o ssl_ciphers=${beginning}`, []],
      [`-s ${beginning}`, [script]],
      [`-m ${beginning}`, []],
      ['--no-ver', []],
      ['healthcheck --no-ver', ['--no-verify']],
      ['top --', ['--ca', '--help', '--login', '--no-verify', '--once', '--rows', '--seconds']],
      [`top --login ${beginning}`, [script]],
      [`top --rows ${beginning}`, []],
    ]) {
      assert.deepEqual((await complete(typed)).sort(), expected, typed);
    }
    assert.ok((await complete('-o ')).includes('ssl_chain_cert='));
  });
});
