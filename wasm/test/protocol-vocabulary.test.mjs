// What the npm package knows of the protocol's words (wasm/src/protocol/vocabulary.ts) is what the tables say.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { misread, replyError } from '../dist/esm/protocol/reply.js';
import { COMMANDS, ERRORS, IGNORED_FLAGS, PLACES, QUIET_CODES, REPLY_HEADS } from '../dist/esm/protocol/tables.js';
import { placesOf, quietCodesOf, repliesOf, takesFlags, VALUE_LENGTH_AT } from '../dist/esm/protocol/vocabulary.js';

test('the short form of the places says what the long one says', () => {
  const most = { none: 0, one: 1, many: Infinity };
  for (const [command, { key, keys, length, noreply }] of Object.entries(COMMANDS)) {
    assert.deepEqual(placesOf(command), [key, most[keys], length, noreply], command);
  }
  for (const unknown of ['', 'GET', 'constructor', '__proto__']) {
    assert.deepEqual(placesOf(unknown), [0, 0, 0, 0]);
    assert.equal(repliesOf(unknown), undefined);
    assert.equal(quietCodesOf(unknown), undefined);
    assert.equal(takesFlags(unknown), false);
  }
  for (const command of Object.keys(PLACES)) assert.ok(command in COMMANDS, command);
});

test('meta commands are those with flags', () => {
  const meta = Object.keys(COMMANDS).filter(takesFlags);
  assert.deepEqual(meta, Object.keys(IGNORED_FLAGS));
});

test('q keeps back success, of mg a miss, and no other code', () => {
  assert.deepEqual(QUIET_CODES, { mg: ['EN'], ms: ['HD'], md: ['HD'], ma: ['HD', 'VA'], me: [] });
  for (const [command, codes] of Object.entries(QUIET_CODES)) {
    for (const code of codes) assert.ok(REPLY_HEADS[command].includes(code), `${command} ${code}`);
  }
  assert.equal(quietCodesOf('me'), undefined);
  assert.equal(quietCodesOf('get'), undefined);
});

test('replies: values, one line, or any number of lines', () => {
  for (const command of ['get', 'gets', 'gat', 'gats']) assert.equal(repliesOf(command), 'values');
  for (const command of ['stats', 'lru_crawler', 'watch', 'quit', 'shutdown']) {
    assert.equal(repliesOf(command), undefined, command);
  }
  assert.deepEqual(repliesOf('ma'), ['HD', 'VA', 'NF', 'EX']);
  assert.deepEqual(repliesOf('set'), ['STORED']);
  for (const head of Object.keys(VALUE_LENGTH_AT))
    assert.ok(Object.values(REPLY_HEADS).some((all) => all.includes(head)));
});

test('the errors of the tables are errors of the right kind', () => {
  const special = {
    tooLarge: 'TOO_LARGE',
    noMemory: 'NO_MEMORY',
    noMemoryStoring: 'NO_MEMORY',
    nonNumeric: 'NON_NUMERIC',
  };
  for (const [name, line] of Object.entries(ERRORS)) {
    if (!/^(CLIENT_|SERVER_)?ERROR/.test(line)) continue; // words of admin commands
    const code = special[name] ?? (line.startsWith('SERVER_') ? 'SERVER_ERROR' : 'CLIENT_ERROR');
    assert.equal(replyError(line)?.code, code, name);
  }
  for (const name of ['error', 'badFormat', 'badDataChunk', 'badExptime', 'badToken', 'invalidFlag', 'duplicateFlag']) {
    assert.ok(misread(ERRORS[name]), name);
  }
});
