// Reading replies, however they are cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ReplyReader, RequestWriter, owned, replyError, replyFlags, wireExptime, wireKey } from '../dist/esm/protocol/meta.js';

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

test('requests gather in one piece, which is not written to again', () => {
  const writer = new RequestWriter();
  writer.text('mg a v\r\n');
  writer.bytes(Uint8Array.of(0, 255));
  const first = writer.take();
  writer.text('x'.repeat(100_000));
  assert.deepEqual([...first], [...Buffer.from('mg a v\r\n'), 0, 255]);
  assert.equal(writer.take().length, 100_000);
  assert.equal(writer.length, 0);
});

test('keys on the wire', () => {
  assert.deepEqual(wireKey('plain'), { text: 'plain', flag: '' });
  assert.deepEqual(wireKey('ü'), { text: '\xc3\xbc', flag: '' });
  assert.deepEqual(wireKey('a b'), { text: 'YSBi', flag: ' b' });
  assert.deepEqual(wireKey(Uint8Array.of(0, 255)), { text: 'AP8=', flag: ' b' });
});

test('times on the wire', () => {
  const now = () => 1_700_000_000_500;
  assert.equal(wireExptime(1, now), 1);
  assert.equal(wireExptime(1001, now), 2);
  assert.equal(wireExptime(30 * 86_400_000, now), 30 * 86_400);
  assert.equal(wireExptime(31 * 86_400_000, now), 1_700_000_001 + 31 * 86_400);
  assert.equal(wireExptime(1e15, now), 2 ** 31 - 1);
  // When 2038 is near or over, 30 days are more than the last date.
  for (const late of [2 ** 31 - 30 * 86_400, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    assert.equal(
      wireExptime(60_000, () => late * 1000),
      60,
    );
    assert.equal(
      wireExptime(31 * 86_400_000, () => late * 1000),
      30 * 86_400,
    );
  }
  assert.equal(
    wireExptime(1e15, () => (2 ** 31 - 2 - 30 * 86_400) * 1000),
    2 ** 31 - 1,
  );
  for (const bad of [0, -1, NaN]) assert.throws(() => wireExptime(bad, now), { code: 'BAD_ARGUMENT' });
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
