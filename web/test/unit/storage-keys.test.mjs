// The browser's storage has one name for each thing: whoever wrote under another's name would wipe out what is there.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const SOURCES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'src');
const files = readdirSync(SOURCES, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
const text = files.map((name) => readFileSync(join(SOURCES, name), 'utf8')).join('\n');

test('what lessons keep is under a name that nothing else has', () => {
  const [, own] = /PROGRESS_KEY = '([^']+)'/.exec(text);
  const names = [...text.matchAll(/\bremember\(\s*'local',\s*'([^']+)'/g)].map(([, name]) => `isocache.${name}`);
  assert.ok(names.includes('isocache.theme'), names.join());
  assert.ok(!names.includes(own), own);
});
