// The tables of commands, flags, replies and errors (core/protocol/*.def): what is generated from them is up to date,
// and nothing is missing. That they are true, and agree with the parser, is shown by
// tests/unit/protocol_{tables,flags,replies}_test.cc.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readTables } from '../wasm/scripts/tables/read.mjs';
import { generate } from '../wasm/scripts/tables.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const tables = readTables();

/** C++ sources of some folders: [file, text]. */
function sources(...folders) {
  return folders.flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true })
      .filter((file) => /\.(cc|h)$/.test(file))
      .map((file) => [path.join(folder, file), readFileSync(path.join(root, folder, file), 'utf8')]),
  );
}

/** Every text for people in the tables, with where it stands. */
function* texts(value, at) {
  for (const [key, one] of Object.entries(value)) {
    if (['meaning', 'change', 'reply', 'when', 'remedy'].includes(key) && typeof one === 'string') {
      yield [`${at}.${key}`, one];
    } else if (one !== null && typeof one === 'object' && key !== 'example') {
      yield* texts(one, `${at}.${key}`);
    }
  }
}

for (const [file, text] of Object.entries(generate(tables))) {
  test(`${file} is up to date`, () => {
    const found = readFileSync(path.join(root, file), 'utf8');
    assert.ok(found === text, 'run: node wasm/scripts/tables.mjs');
  });
}

test('every flag has one text for each meta command', () => {
  const told = new Map();
  const count = (command, letter) => told.set(`${command} ${letter}`, (told.get(`${command} ${letter}`) ?? 0) + 1);
  for (const { command, letter } of tables.flags.uses) count(command, letter);
  for (const { command, letters } of tables.flags.ignored) for (const letter of letters) count(command, letter);
  for (const command of ['mg', 'ms', 'md', 'ma', 'me']) {
    for (const { letter } of tables.flags.flags) {
      assert.equal(told.get(`${command} ${letter}`), 1, `${command} ${letter}`);
      told.delete(`${command} ${letter}`);
    }
  }
  assert.deepEqual([...told.keys()], []);
});

test('every reply says to which commands it comes, and names commands that exist', () => {
  const { replies, codes, uses, lines, marks } = tables.replies;
  const verbs = new Set(tables.commands.map((command) => command.verb));
  for (const { constant } of [...replies, ...codes]) {
    assert.ok(
      uses.some((use) => use.constant === constant),
      constant,
    );
  }
  for (const { commands } of [...uses, ...lines, ...marks]) {
    for (const command of commands) assert.ok(verbs.has(command), command);
  }
});

test('texts are sentences', () => {
  for (const [at, text] of texts(tables, 'tables')) {
    const isName = at.startsWith('tables.flags.flags.');
    const isMode = at.startsWith('tables.flags.modes.');
    assert.match(text, isName ? /^[a-z].*[^.]$/ : isMode ? /^[a-z].*\.$/ : /^\S.*\.$/s, at);
    assert.doesNotMatch(text, / {2}/, at);
  }
});

test('every error of the sources is in the table', () => {
  const known = new Set(tables.replies.errors.map((error) => error.text));
  const literal = /"((?:(?:CLIENT_|SERVER_)?ERROR|MEMLIMIT|WATCHER_FAILED|BADCLASS|SAME|NOSPARE|Error)\b[^"]*\\r\\n)"/g;
  for (const [file, text] of sources('core', 'native')) {
    for (const [, error] of text.matchAll(literal)) {
      assert.ok(known.has(JSON.parse(`"${error}"`)), `${file}: ${error}`);
    }
  }
});

test('the texts stay out of the server and the module', () => {
  for (const [file, text] of sources('core', 'native', 'wasm/abi')) {
    assert.doesNotMatch(text, /#include "protocol\/tables\.h"/, file);
  }
});
