// The core keeps no global state: several caches live in one process, one a shard, each on its own
// thread. Looks for writable variables in the core's compiled libraries.
// Needs a plain build (sanitizers add globals of their own): BUILD_DIR=build/gcc node --test ...

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

/** The variables of an object file or library that lie in writable sections. */
function writableVariables(file) {
  return (
    execFileSync('objdump', ['-tC', file], { encoding: 'utf8', maxBuffer: 1 << 28 })
      .split('\n')
      .map((line) => line.match(/^[0-9a-f]+ .{5}(.). (\.\S+)\t(.*)/) ?? [])
      .filter(([, kind, section]) => kind !== 'd' && /^\.t?(data|bss)/.test(section))
      // Constants with addresses in them are written once, by the loader: vtables, tables of names.
      .filter(([, , section]) => !section.startsWith('.data.rel.ro'))
      // So are the addresses that exceptions need: of the function that unwinds, and of the types that are caught.
      .filter(([, , , name]) => !/ DW\.ref\.(__gxx_personality_v0|_ZTI\w+)$/.test(name))
      .map(([, , , name]) => name)
  );
}

test('the core has no writable globals', () => {
  const folder = join(process.env.BUILD_DIR, 'core');
  const libraries = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.a'));
  assert.ok(libraries.length > 0, `no libraries in ${folder}`);
  assert.deepEqual(
    libraries.flatMap((name) => writableVariables(join(folder, name))),
    [],
  );
});

test('planted globals are found', () => {
  const folder = mkdtempSync(join(tmpdir(), 'isocache-globals-'));
  try {
    const source =
      'int zero; static int set = 7; int bump() { static int calls = 1; return ++calls + ++set; }' +
      'thread_local int depth; extern const char* const names[1]; const char* const names[1] = {"a"};';
    execFileSync('g++', ['-x', 'c++', '-c', '-', '-o', join(folder, 'planted.o')], { input: source });
    assert.equal(writableVariables(join(folder, 'planted.o')).length, 4);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
