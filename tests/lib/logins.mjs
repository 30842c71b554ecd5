// Logging in, byte by byte: what is sent and what comes back, over whatever carries the bytes.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { show } from './bytes.mjs';
import { RawClient } from './client.mjs';

/** The users that the cases know, as a password file. */
export const USERS = 'foo:bar\nuser2:pa:ss\nspaces:a b \n';

/** A function that writes a text to a new password file and gives its path. All go when this process ends. */
export function passwordFiles() {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-passwords-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  return (text) => {
    const file = path.join(folder, `users${++files}`);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
}

const UNAUTHENTICATED = 'CLIENT_ERROR unauthenticated\r\n';
const FAILURE = 'CLIENT_ERROR authentication failure\r\n';
const BAD_FORMAT = 'CLIENT_ERROR bad authentication token format\r\n';
const BAD_END = 'CLIENT_ERROR bad command line termination\r\n';
export const STORED = 'STORED\r\n';
const CLOSED = '<closed>';
// As in core/base/limits.h.
const MAX_FAILED_LOGINS = 10;
export const MAX_LOGIN_VALUE_BYTES = 2048;

export const login = (value) => `set any 0 0 ${value.length}\r\n${value}\r\n`;
export const loggedIn = ['mn\r\n', 'MN\r\n'];

// What is sent and what comes back, alternately; on a connection of its own each.
export const CASES = [
  [
    login('foo bar'),
    STORED,
    'get any\r\n',
    'END\r\n',
    login('foo baz'),
    STORED,
    'get any\r\n',
    'VALUE any 0 7\r\nfoo baz\r\nEND\r\n',
    'delete any\r\n',
    'DELETED\r\n',
  ],
  [login('user2 pa:ss'), STORED, ...loggedIn],
  [
    login('foo baz'),
    FAILURE,
    login('nobody bar'),
    FAILURE,
    login('foo ba'),
    FAILURE,
    login('foo barr'),
    FAILURE,
    login('FOO bar'),
    FAILURE,
    login('foo bar'),
    STORED,
    ...loggedIn,
  ],
  [
    login('user2 pa'),
    FAILURE,
    login('user2:pa ss'),
    FAILURE,
    login('foo bar\r'),
    FAILURE,
    login('foo bar\n'),
    FAILURE,
    login('foo bar\r\n'),
    FAILURE,
  ],
  [
    login('foo'),
    BAD_FORMAT,
    login(''),
    BAD_FORMAT,
    login('foo\tbar'),
    BAD_FORMAT,
    login('foo bar'),
    STORED,
    ...loggedIn,
  ],
  // Nothing else is read, and no data block is swallowed.
  ...[
    'get x',
    'gets x',
    'gat 0 x',
    'mg x v',
    'mn',
    'ms x 1',
    'md x',
    'ma x',
    'me x',
    'delete x',
    'incr x 1',
    'touch x 1',
    'flush_all',
    'version',
    'verbosity 1',
    'stats',
    'stats settings',
    'shutdown',
    'quit',
    'watch',
    'lru_crawler metadump all',
    '',
    ' ',
    'bogus',
    'GET / HTTP/1.0',
    'SET x 0 0 7',
    'setx x 0 0 7',
    'set\tx 0 0 7',
    'set',
    'set x',
    'set x 0',
    'set x 0 0',
    'set x 0 0 a',
    'set x 0 0 -1',
    'set x 0 0 7junk',
    'set x 0 0 18446744073709551616',
  ].map((line) => [
    `${line}\r\n`,
    UNAUTHENTICATED,
    'version\r\n',
    UNAUTHENTICATED,
    login('foo bar'),
    STORED,
    ...loggedIn,
  ]),
  ...['add', 'replace', 'append', 'prepend', 'ms'].map((verb) => [
    `${verb} x 0 0 7\r\n`,
    UNAUTHENTICATED,
    'foo bar\r\n',
    UNAUTHENTICATED,
  ]),
  ['cas x 0 0 7 1\r\n', UNAUTHENTICATED],
  // What else is on the line does not matter; noreply is answered.
  ...[
    'set x abc xyz 7',
    'set x 0 0 7 noreply',
    'set x 0 0 7 bogus',
    'set x 0 0 7 noreply more',
    'set x -1 -1 007',
    'set x 99999999999 0 7',
    ' set x 0 0 7',
    'set  x  0  0  7 ',
    `set ${'k'.repeat(251)} 0 0 7`,
    `set ${'k'.repeat(1900)} 0 0 7`,
  ].map((line) => [`${line}\r\nfoo bar\r\n`, STORED, ...loggedIn]),
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
  [
    `${login('foo bar')}set k 0 0 1\r\na\r\nget k\r\ndelete k\r\n`,
    `${STORED}${STORED}VALUE k 0 1\r\na\r\nEND\r\nDELETED\r\n`,
  ],
  // Lines without end.
  ['x'.repeat(2048), '', '\n', UNAUTHENTICATED],
  ['x'.repeat(2049), CLOSED],
  [`get ${'x '.repeat(3000)}`, CLOSED],
];

// What memcached 1.6.18 answers otherwise.
export const DIFFERENT = [
  // 1.6.45 and we: the password is all that follows the first space. 1.6.18: it is the second word.
  [login('foo bar '), FAILURE, login('foo  bar'), FAILURE, login(' foo bar'), FAILURE, login('foo bar x'), FAILURE],
  [login('spaces a b '), STORED, ...loggedIn],
  // memcached answers the last of several errors that came in one packet.
  [
    `${login('foo baz')}version\r\n${login('foo')}${login('foo bar')}`,
    `${FAILURE}${UNAUTHENTICATED}${BAD_FORMAT}${STORED}`,
    ...loggedIn,
  ],
  ['set x 0 0 6\r\nfoo bar\r\n', BAD_END, 'version\r\n', UNAUTHENTICATED + UNAUTHENTICATED],
  // memcached waits for any value and buffers up to 16 KB of it.
  [`set x 0 0 ${MAX_LOGIN_VALUE_BYTES + 1}\r\n`, `${FAILURE}${CLOSED}`],
  ['set x 0 0 2147483647\r\n', `${FAILURE}${CLOSED}`],
  // It has no limit on failures.
  [
    ...Array(MAX_FAILED_LOGINS - 1)
      .fill([login('foo baz'), FAILURE])
      .flat(),
    login('foo baz'),
    FAILURE + CLOSED,
  ],
];

/** One case over a connection of its own; `connect` gives a RawClient. */
export async function play(connect, steps) {
  const client = await connect();
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

/** Over TCP. */
export const playOn = (server, steps) => play(() => RawClient.connect(server.address), steps);
