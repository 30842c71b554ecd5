// -Y: logging in, byte by byte as memcached does, and what is refused before.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { show } from '../lib/bytes.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { isocachedPath, needIsocached, needMemcached, runProgram, startIsocached, startMemcached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const UNAUTHENTICATED = 'CLIENT_ERROR unauthenticated\r\n';
const FAILURE = 'CLIENT_ERROR authentication failure\r\n';
const BAD_FORMAT = 'CLIENT_ERROR bad authentication token format\r\n';
const BAD_END = 'CLIENT_ERROR bad command line termination\r\n';
const STORED = 'STORED\r\n';
const CLOSED = '<closed>';
// As in core/base/limits.h.
const MAX_FAILED_LOGINS = 10;
const MAX_LOGIN_VALUE_BYTES = 2048;

const login = (value) => `set any 0 0 ${value.length}\r\n${value}\r\n`;
const loggedIn = ['mn\r\n', 'MN\r\n'];

// What is sent and what comes back, alternately; on a connection of its own each.
const CASES = [
  [login('foo bar'), STORED, 'get any\r\n', 'END\r\n', login('foo baz'), STORED, 'get any\r\n', 'VALUE any 0 7\r\nfoo baz\r\nEND\r\n', 'delete any\r\n', 'DELETED\r\n'],
  [login('user2 pa:ss'), STORED, ...loggedIn],
  [login('foo baz'), FAILURE, login('nobody bar'), FAILURE, login('foo ba'), FAILURE, login('foo barr'), FAILURE, login('FOO bar'), FAILURE, login('foo bar'), STORED, ...loggedIn],
  [login('user2 pa'), FAILURE, login('user2:pa ss'), FAILURE, login('foo bar\r'), FAILURE, login('foo bar\n'), FAILURE, login('foo bar\r\n'), FAILURE],
  [login('foo'), BAD_FORMAT, login(''), BAD_FORMAT, login('foo\tbar'), BAD_FORMAT, login('foo bar'), STORED, ...loggedIn],
  // Nothing else is read, and no data block is swallowed.
  ...['get x', 'gets x', 'gat 0 x', 'mg x v', 'mn', 'ms x 1', 'md x', 'ma x', 'me x', 'delete x', 'incr x 1', 'touch x 1', 'flush_all',
    'version', 'verbosity 1', 'stats', 'stats settings', 'shutdown', 'quit', 'watch', 'lru_crawler metadump all', '', ' ', 'bogus',
    'GET / HTTP/1.0', 'SET x 0 0 7', 'setx x 0 0 7', 'set\tx 0 0 7', 'set', 'set x', 'set x 0', 'set x 0 0', 'set x 0 0 a', 'set x 0 0 -1',
    'set x 0 0 7junk', 'set x 0 0 18446744073709551616', '\x80\x01\x02'].map((line) =>
    [`${line}\r\n`, UNAUTHENTICATED, 'version\r\n', UNAUTHENTICATED, login('foo bar'), STORED, ...loggedIn]),
  ...['add', 'replace', 'append', 'prepend', 'ms'].map((verb) => [`${verb} x 0 0 7\r\n`, UNAUTHENTICATED, 'foo bar\r\n', UNAUTHENTICATED]),
  ['cas x 0 0 7 1\r\n', UNAUTHENTICATED],
  // What else is on the line does not matter; noreply is answered.
  ...['set x abc xyz 7', 'set x 0 0 7 noreply', 'set x 0 0 7 bogus', 'set x 0 0 7 noreply more', 'set x -1 -1 007', 'set x 99999999999 0 7',
    ' set x 0 0 7', 'set  x  0  0  7 ', `set ${'k'.repeat(251)} 0 0 7`, `set ${'k'.repeat(1900)} 0 0 7`].map((line) => [`${line}\r\nfoo bar\r\n`, STORED, ...loggedIn]),
  ['set x 0 0 7\nfoo bar\r\n', STORED, ...loggedIn],
  ['v\n', UNAUTHENTICATED],
  // The value's length is believed.
  ['set x 0 0 6\r\nfoo bar\r\n', BAD_END],
  ['set x 0 0 8\r\nfoo bar\r\n', '', 'v', BAD_END],
  ['set x 0 0 7\r\nfoo bar\n', '', '\r\n', BAD_END],
  ['set x 0 0 300\r\n', '', 'foo bar\r\n', ''],
  [`set x 0 0 1000\r\nfoo ${'y'.repeat(996)}\r\n`, FAILURE],
  // Pieces and pipelines.
  ['set x 0 0 7\r\n', '', 'foo', '', ' bar', '', '\r', '', '\n', STORED, ...loggedIn],
  ['s', '', 'et x 0 0', '', ' 7\r', '', '\n', '', 'foo bar\r\nmn\r\nget nothere\r\n', `${STORED}MN\r\nEND\r\n`],
  [`${login('foo bar')}set k 0 0 1\r\na\r\nget k\r\ndelete k\r\n`, `${STORED}${STORED}VALUE k 0 1\r\na\r\nEND\r\nDELETED\r\n`],
  // Lines without end.
  ['x'.repeat(2048), '', '\n', UNAUTHENTICATED],
  ['x'.repeat(2049), CLOSED],
  [`get ${'x '.repeat(3000)}`, CLOSED],
];

// What memcached 1.6.18 answers otherwise.
const DIFFERENT = [
  // 1.6.45 and we: the password is all that follows the first space. 1.6.18: it is the second word.
  [login('foo bar '), FAILURE, login('foo  bar'), FAILURE, login(' foo bar'), FAILURE, login('foo bar x'), FAILURE],
  [login('spaces a b '), STORED, ...loggedIn],
  // memcached answers the last of several errors that came in one packet.
  [`${login('foo baz')}version\r\n${login('foo')}${login('foo bar')}`, `${FAILURE}${UNAUTHENTICATED}${BAD_FORMAT}${STORED}`, ...loggedIn],
  ['set x 0 0 6\r\nfoo bar\r\n', BAD_END, 'version\r\n', UNAUTHENTICATED + UNAUTHENTICATED],
  // memcached waits for any value and buffers up to 16 KB of it.
  [`set x 0 0 ${MAX_LOGIN_VALUE_BYTES + 1}\r\n`, `SERVER_ERROR object too large for cache\r\n${CLOSED}`],
  ['set x 0 0 2147483647\r\n', `SERVER_ERROR object too large for cache\r\n${CLOSED}`],
  // It has no limit on failures.
  [...Array(MAX_FAILED_LOGINS - 1).fill([login('foo baz'), FAILURE]).flat(), login('foo baz'), FAILURE + CLOSED],
];

async function play(server, steps) {
  const client = await RawClient.connect(server.address);
  const receive = async (expected) => {
    const text = expected.replace(CLOSED, '');
    if (expected === '') return client.readQuiet(20);
    const reply = await client.read(text.length);
    return expected === text ? reply : `${reply}${await client.readToEnd()}${CLOSED}`;
  };
  try {
    for (let i = 0; i < steps.length; i += 2) {
      await client.send(steps[i]);
      assert.equal(show(await receive(steps[i + 1])), show(steps[i + 1]), `after ${show(steps[i])}`);
    }
    assert.equal(show(await client.readQuiet(20)), '', `behind ${show(steps.join(''))}`);
  } finally {
    client.close();
  }
}

async function playAll(server, cases) {
  for (const steps of cases) await play(server, steps);
}

describe('passwords', { concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-passwords-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const passwordFile = (text) => {
    const file = path.join(folder, `users${++files}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const users = passwordFile('foo:bar\nuser2:pa:ss\nspaces:a b \n');
  const withIsocached = (use) => withServer(startIsocached, ['-Y', users], use);

  test('isocached', { ...limit, skip: needIsocached }, () => withIsocached((server) => playAll(server, CASES)));
  // So that the list is memcached's view, not ours.
  test('memcached answers the same', { ...limit, skip: needMemcached },
    () => withServer(startMemcached, ['-Y', users], (server) => playAll(server, CASES)));
  test('differences from memcached, on purpose', { ...limit, skip: needIsocached }, () => withIsocached((server) => playAll(server, DIFFERENT)));

  const counts = (start) => withServer(start, ['-Y', users], (server) => withClient(server, async (client) => {
    for (const value of ['foo baz', 'foo', 'nobody x', 'foo bar']) {
      await client.send(login(value));
      await client.readLine();
    }
    const { auth_cmds: commands, auth_errors: errors } = await statsOf(client);
    assert.deepEqual([commands, errors], ['3', '2']);
  }));
  test('auth_cmds and auth_errors', { ...limit, skip: needIsocached }, () => counts(startIsocached));
  test('memcached counts the same', { ...limit, skip: needMemcached }, () => counts(startMemcached));

  test('clients that do not log in take little memory', { ...limit, skip: needIsocached }, () => withIsocached(async (server) => {
    const line = `set ${'k'.repeat(1900)} 0 0 ${MAX_LOGIN_VALUE_BYTES}\r\n`;
    const before = server.residentBytes();
    const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(server.address)));
    await Promise.all(clients.map((client) => client.send(line + 'x'.repeat(MAX_LOGIN_VALUE_BYTES))));
    await play(server, [login('foo bar'), STORED, ...loggedIn]);
    const each = (server.residentBytes() - before) / clients.length;
    for (const client of clients) client.close();
    assert.ok(each < 16 * 1024, `${each} bytes a client`);
  }));

  test('a bad file ends with 64, names the line and not the password', { ...limit, skip: needIsocached }, async () => {
    for (const [text, says] of [['foo:bar\nsecret\n', /line 2/], ['secret:\n', /line 1/], ['\n', /line 1/], ['', /no users/]]) {
      const { code, stderr } = await runProgram(isocachedPath, ['-p', '0', '-Y', passwordFile(text)], { limitMs: 10_000 });
      assert.equal(code, 64, stderr);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /secret|ready/);
    }
    const { code, stderr } = await runProgram(isocachedPath, ['-p', '0', '-Y', path.join(folder, 'none')], { limitMs: 10_000 });
    assert.equal(code, 64, stderr);
    assert.match(stderr, /-Y \S*none: No such file/);
  });
});
