// The release binary: what compiler and linker make hard for an attacker.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { isocachedPath, needIsocached } from '../lib/server.mjs';

const limit = { timeout: 60_000 };

const readelf = (...flags) => execFileSync('readelf', ['-W', ...flags, isocachedPath], { encoding: 'utf8', maxBuffer: 2 ** 28 });
const isRelease = isocachedPath?.includes('/release/');

test('the release binary is hardened', { ...limit, skip: needIsocached || (isRelease ? false : 'not a release build') }, () => {
  const headers = readelf('-hl');
  assert.match(headers, /^ *Type: +DYN /m, 'position-independent');
  assert.match(headers, /^ *GNU_RELRO /m, 'relocations become read-only ...');
  assert.match(readelf('-d'), /\(FLAGS(_1)?\).*\b(BIND_)?NOW\b/, '... all of them');
  assert.match(headers, /^ *GNU_STACK .* RW +0x/m, 'the stack is not executable');
  assert.doesNotMatch(headers, /^ *(LOAD|GNU_STACK) .* RWE /m, 'nothing is writable and executable');
  const symbols = readelf('-s', '--dyn-syms');
  assert.match(symbols, /\b__stack_chk_fail\b/, 'stack canaries');
  assert.match(symbols, /\b__\w+_chk(@|$)/m, '_FORTIFY_SOURCE');
  // The mark that switches it on is the system's to give: all that is linked must have it, and Debian's crt1.o does not.
  if (process.arch === 'x64') {
    const main = execFileSync('objdump', ['-d', '--disassemble=main', isocachedPath], { encoding: 'utf8' });
    assert.match(main, /<main>:\n.*\bendbr64\b/, '-fcf-protection');
  }
});
