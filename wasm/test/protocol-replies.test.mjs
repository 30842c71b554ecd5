// Reading replies, however they are cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { codeAt, owned, replyError, replyFlags, valueLength } from '../dist/esm/protocol/reply.js';
import { ReplyReader } from '../dist/esm/protocol/reply-reader.js';
import { addStat, summarize } from '../dist/esm/protocol/stats.js';
import { EX, HD, VA } from '../dist/esm/protocol/tables.js';

const STREAM = Buffer.from(
  'HD\r\nVA 5 c12 f0\r\nva\r\nl\r\nEN\r\nVALUE k 0 0\r\n\r\nEND\r\nkey=a exp=-1 \nCLIENT_ERROR no\r\nVA 0 W\r\n\r\n',
);
const REPLIES = [
  ['HD', null, '\r\n'],
  ['VA 5 c12 f0', 'va\r\nl', '\r\n'],
  ['EN', null, '\r\n'],
  ['VALUE k 0 0', '', '\r\n'],
  ['END', null, '\r\n'],
  ['key=a exp=-1 ', null, '\n'],
  ['CLIENT_ERROR no', null, '\r\n'],
  ['VA 0 W', '', '\r\n'],
];

function read(chunks) {
  const replies = [];
  const reader = new ReplyReader(({ line, value, lineEnd }) => {
    replies.push([line, value === undefined ? null : Buffer.from(value).toString('latin1'), lineEnd]);
  });
  for (const chunk of chunks) reader.feed(chunk);
  return replies;
}

test('replies are the same, cut at any one place, at any two, or everywhere', () => {
  assert.deepEqual(read([STREAM]), REPLIES);
  assert.deepEqual(read([...STREAM].map((byte) => Uint8Array.of(byte))), REPLIES);
  for (let a = 0; a <= STREAM.length; ++a) {
    for (let b = a; b <= STREAM.length; b += 3) {
      assert.deepEqual(read([STREAM.subarray(0, a), STREAM.subarray(a, b), STREAM.subarray(b)]), REPLIES);
    }
  }
});

test('values handed out stay good, whatever comes after', () => {
  const values = [];
  const reader = new ReplyReader(({ value }) => values.push(value));
  for (let i = 0; i < 1000; ++i) {
    const reply = Buffer.from(`VA 8\r\n${String(i).padStart(8, '0')}\r\n`);
    reader.feed(reply.subarray(0, i % reply.length));
    reader.feed(reply.subarray(i % reply.length));
  }
  assert.deepEqual(
    values.map((value) => Number(Buffer.from(value).toString())),
    Array.from({ length: 1000 }, (_, i) => i),
  );
});

test('reading costs are linear: a value of 2 MiB byte by byte', { timeout: 60_000 }, () => {
  const size = 2 << 20;
  let seen = 0;
  const reader = new ReplyReader(({ value }) => {
    seen = value.length;
  });
  reader.feed(Buffer.from(`VA ${size}\r\n`));
  const byte = Uint8Array.of(7);
  const start = performance.now();
  for (let i = 0; i < size; ++i) reader.feed(byte);
  reader.feed(Buffer.from('\r\n'));
  assert.equal(seen, size);
  // A copy for each byte would be 2 TB: minutes. It takes a tenth of a second.
  assert.ok(performance.now() - start < 20_000);
});

test('what is no reply is an error', () => {
  for (const bad of [
    'VA x\r\n',
    'VA -1\r\n',
    'VA 99999999999\r\n',
    'VA \r\n',
    'VA 2\r\nabcd',
    'VALUE k 0\r\n',
    'x'.repeat(8193),
  ]) {
    assert.throws(() => read([Buffer.from(bad)]), { code: 'PROTOCOL' }, bad.slice(0, 20));
  }
});

test("values are the caller's own: no chunk, with others' replies in it, is kept alive or can be seen", () => {
  const chunk = new Uint8Array(65536);
  for (const length of [100, 60_000]) assert.equal(owned(chunk.subarray(0, length)).buffer.byteLength, length);
});

test('flags and errors', () => {
  assert.deepEqual(replyFlags('VA 12 c5 W'), ['c5', 'W']);
  assert.deepEqual(replyFlags('HD'), []);
  for (const [line, code] of [
    ['SERVER_ERROR object too large for cache', 'TOO_LARGE'],
    ['ERROR', 'CLIENT_ERROR'],
    ['SERVER_ERROR out of memory storing object', 'NO_MEMORY'],
    ['SERVER_ERROR x', 'SERVER_ERROR'],
    ['CLIENT_ERROR x', 'CLIENT_ERROR'],
    ['CLIENT_ERROR cannot increment or decrement non-numeric value', 'NON_NUMERIC'],
  ]) {
    assert.equal(replyError(line).code, code);
    assert.equal(replyError(line).message, line);
  }
  assert.equal(replyError('HD'), undefined);
});

test('reply codes as numbers are their two letters', () => {
  for (const [code, number] of Object.entries({ HD, VA, EX })) {
    assert.equal(codeAt(Buffer.from(`..${code} c1`), 2), number, code);
  }
});

test('where a value follows, and how long it is', () => {
  for (const [line, length] of [
    ['VA 5 c1', 5],
    ['VA 0', 0],
    ['VALUE k 7 12', 12],
    ['VALUE k 7 12 99', 12],
    ['VA', undefined],
    ['VALUES k 7 12', undefined],
    ['VALUE', undefined],
    ['HD c5', undefined],
  ])
    assert.equal(valueLength(line), length, line);
  for (const line of ['VA x', 'VALUE k 7', 'VALUE k 7 -1', 'VA ']) {
    assert.throws(() => valueLength(line), { code: 'PROTOCOL' }, line);
  }
});

test('statistics are UTF-8, and a name is whatever comes before the second space', () => {
  const all = new Map();
  for (const line of ['STAT version 1.6.18', 'STAT grüße à bientôt', 'STAT à', 'STAT __proto__ 1', 'STAT get_hits 7']) {
    assert.ok(addStat(all, Buffer.from(line).toString('latin1')), line);
  }
  assert.ok(!addStat(all, 'END'));
  const stats = summarize(all);
  assert.equal(stats.hits, 7);
  assert.deepEqual(Object.entries(stats.all), [
    ['version', '1.6.18'],
    ['grüße', 'à bientôt'],
    ['à', ''],
    ['__proto__', '1'],
    ['get_hits', '7'],
  ]);
  assert.throws(() => summarize(new Map([['get_hits', 'many']])), { code: 'PROTOCOL' });
});
