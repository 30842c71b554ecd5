// The benchmark still runs: its short form, whose figures nobody reads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { runProgram } from '../../tests/lib/server.mjs';

const script = fileURLToPath(new URL('../../tests/bench/wasm.mjs', import.meta.url));
const needNode20 = Number.parseInt(process.versions.node, 10) >= 20 ? false : 'lru-cache needs Node 20';

test('tests/bench/wasm.mjs --quick', { timeout: 120_000, skip: needNode20 }, async () => {
  const { code, stdout, stderr } = await runProgram(process.execPath, [script, '--quick', '--markdown'], {
    limitMs: 120_000,
  });
  assert.equal(code, 0, stderr);
  for (const line of [
    /### 5,000 items/,
    /^\| isocache +\|( +[\d,.-]+ \|){7}$/m,
    /^\| keyv +\|( +[\d,.-]+ \|){7}$/m,
    /### isocache \/ lru-cache[\s\S]*^\| 5,000 \|( +[\d.]+x \|){5}/m,
    /^\| set, 100,000 items \| +[\d,]+ \|/m,
  ])
    assert.match(stdout, line);
});
