// Splitting a byte stream into requests: the package and the engine must agree on where each one ends.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open } from 'isocache/inline';

import { ParsedRequest } from '../dist/esm/protocol/parsed-request.js';
import { RequestReader } from '../dist/esm/protocol/request-reader.js';
import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { readTranscripts } from '../../tests/lib/transcript.mjs';

const conformance = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'tests', 'conformance');

/** All pieces of a stream that comes in these chunks. */
function split(chunks, options) {
  const reader = new RequestReader(options);
  const pieces = [];
  for (const chunk of chunks) {
    reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
    for (let piece = reader.next(); piece !== undefined; piece = reader.next()) pieces.push(piece);
  }
  return { pieces, reader };
}

const latin1 = (bytes) => Buffer.from(bytes).toString('latin1');
const rawOf = (piece) => latin1(piece instanceof ParsedRequest ? piece.bytes : piece);

function parseOne(text) {
  const { pieces, reader } = split([text]);
  assert.equal(pieces.length, 1, text);
  assert.equal(reader.buffered, 0);
  assert.ok(pieces[0] instanceof ParsedRequest, text);
  assert.equal(rawOf(pieces[0]), text);
  return pieces[0];
}

test('the parts of a request', () => {
  const table = [
    ['get a\r\n', { command: 'get', key: 'a', keys: ['a'] }],
    ['gets a b  c\r\n', { command: 'gets', key: 'a', keys: ['a', 'b', 'c'] }],
    ['gat 60 a b\n', { command: 'gat', key: 'a', keys: ['a', 'b'], args: ['60', 'a', 'b'] }],
    ['set k 5 0 3\r\nabc\r\n', { command: 'set', key: 'k', value: 'abc', args: ['k', '5', '0', '3'] }],
    ['set k 5 0 3 noreply\r\n\r\n\n\r\n', { command: 'set', key: 'k', value: '\r\n\n', noreply: true }],
    ['cas k 0 0 1 77\r\nx\r\n', { command: 'cas', key: 'k', value: 'x' }],
    ['cas k 0 0 1 77 noreply\r\nx\r\n', { command: 'cas', key: 'k', value: 'x', noreply: true }],
    ['cas k 0 0 1 noreply\r\nx\r\n', { command: 'cas', key: 'k', value: 'x' }],
    ['incr n 5 noreply\r\n', { command: 'incr', key: 'n', noreply: true }],
    ['incr n noreply\r\n', { command: 'incr', key: 'n' }],
    ['touch k 0\r\n', { command: 'touch', key: 'k' }],
    ['delete noreply\r\n', { command: 'delete', key: 'noreply' }],
    ['delete k noreply\r\n', { command: 'delete', key: 'k', noreply: true }],
    ['flush_all noreply\r\n', { command: 'flush_all', noreply: true }],
    ['mg k v T60 q\r\n', { command: 'mg', key: 'k', flags: ['v', 'T60', 'q'] }],
    ['mg\r\n', { command: 'mg' }],
    ['ms k 2 T0 F1\r\nhi\r\n', { command: 'ms', key: 'k', flags: ['T0', 'F1'], value: 'hi' }],
    ['ms w7w= 0 b\r\n\r\n', { command: 'ms', key: 'ü', flags: ['b'], value: '' }],
    ['md YSBi b\r\n', { command: 'md', key: 'a b', flags: ['b'] }],
    ['md !!! b\r\n', { command: 'md', key: '!!!', flags: ['b'] }],
    ['mn\r\n', { command: 'mn' }],
    ['stats items\r\n', { command: 'stats', args: ['items'] }],
    ['my_own command here\r\n', { command: 'my_own', args: ['command', 'here'] }],
    ['get\r\n', { command: 'get' }],
  ];
  for (const [text, expected] of table) {
    const request = parseOne(text);
    const { command, key, keys = key === undefined ? [] : [key], flags = [], value, noreply = false, args } = expected;
    assert.equal(request.command, command, text);
    assert.equal(request.key, key, text);
    assert.deepEqual(request.keys, keys, text);
    assert.deepEqual(request.flags, flags, text);
    assert.equal(request.value && latin1(request.value), value, text);
    assert.equal(request.noreply, noreply, text);
    if (args) assert.deepEqual(request.args, args, text);
  }
  assert.deepEqual(parseOne('mg AP8= b\r\n').keyBytes, Uint8Array.of(0, 255));
  assert.deepEqual(parseOne('get k\r\n').keyBytes, Uint8Array.of(107));
});

test('keyBytes are the bytes that the engine looks for', () => {
  const table = [
    ['get \xff\xfe b\r\n', '\xff\xfe'],
    ['get  a\rb  c\r\n', 'a\rb'],
    ['gat 7 \xe4\n', '\xe4'],
    ['get \xef\xbb\xbfk\r\n', '\xef\xbb\xbfk'],
    ['set \x80 0 0 1\r\n\n\r\n', '\x80'],
    ['mg \xff v\r\n', '\xff'],
    ['mg YQ== bX\r\n', 'a'],
    ['mg YR== b\r\n', 'a'],
    ['mg YQ b\r\n', 'YQ'],
    ['mg Y\xff== b\r\n', 'Y\xff=='],
    ['mg Y\xffQ== b\r\n', 'a'],
    ['mg *Y-Q_== b\r\n', 'a'],
    ['mg YQ==YQ== b\r\n', 'a'],
    ['mg YQ==YQ b\r\n', 'YQ==YQ'],
    ['mg YWI=YQ== b\r\n', 'ab'],
    ['mg =YQ= b\r\n', '\x01'],
    ['mg Y=== b\r\n', 'Y==='],
    ['mg ==== b\r\n', '===='],
    ['mg Y\tQ= b\r\n', 'Y\tQ='],
    ['me YQ== b v\r\n', 'a'],
    ['me YQ== v b\r\n', 'YQ=='],
    ['me YQ== bX\r\n', 'YQ=='],
  ];
  for (const [text, key] of table) assert.equal(latin1(parseOne(text).keyBytes), key, JSON.stringify(text));
  assert.equal(parseOne('mg\r\n').keyBytes, undefined);
  assert.equal(parseOne('mg\r\n').key, undefined);
});

test('nor do they differ in base64, good or bad', async (context) => {
  const seed = seedFromEnvironment(Date.now() % 1_000_000);
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const random = new Random(seed);
  const connection = (await open()).connect();
  for (let i = 0; i < 3000; ++i) {
    const sent = Array.from({ length: random.between(1, 12) }, () => random.pick([...'AZaz09+/YQ==*-\xff'])).join('');
    const line = `mg ${sent} k b\r\n`;
    const answer = latin1(connection.feed(Buffer.from(line, 'latin1')));
    const key = latin1(parseOne(line).keyBytes);
    const seen = /^EN k(\S+) b\r\n$/.exec(answer)?.[1];
    assert.equal(key, seen === undefined ? sent : Buffer.from(seen, 'base64').toString('latin1'), `${sent}: ${answer}`);
  }
});

test('what is malformed goes to the engine', () => {
  for (const text of [
    '\r\n',
    '\n',
    ' get a\r\n',
    'set\r\n',
    'set k 0 0\r\n',
    'set k 0 0 x\r\n',
    'set k 0 0 -1\r\n',
    'set k 0 0 99999999999\r\n',
    'ms k\r\n',
    'ms k x\r\n',
    'set k 0 0 2\r\nabcd',
    'ms k 2 T1\r\nab\nx',
  ]) {
    const { pieces } = split([text]);
    assert.deepEqual(
      pieces.map((piece) => [piece instanceof ParsedRequest, rawOf(piece)]),
      [[false, text]],
      text,
    );
  }
});

test('a value that is too large is handed on as it comes', () => {
  const { pieces, reader } = split(['ms k 100\r\n', 'x'.repeat(60), `${'x'.repeat(40)}\r\nmn\r\n`], {
    maxValueBytes: 99,
  });
  assert.deepEqual(pieces.map(rawOf), ['ms k 100\r\n', 'x'.repeat(60), `${'x'.repeat(40)}\r\n`, 'mn\r\n']);
  assert.deepEqual(
    pieces.map((piece) => piece.tooLarge),
    [true, undefined, undefined, false],
  );
  assert.equal(reader.buffered, 0);
});

test('a line without end: after 2 KiB, and 1 MiB of a get, nothing more is given or held', () => {
  for (const [start, limit] of [
    ['mg ', 2048],
    ['gat 0 ', 2048],
    ['get ', 1 << 20],
    ['gets ', 1 << 20],
  ]) {
    const chunks = Array.from({ length: 1 + (limit >> 10) }, () => 'k'.repeat(1024));
    const { pieces, reader } = split([
      'mn\r\n',
      start,
      ...chunks,
      'more\r\nmn\r\n',
      'k'.repeat(3_000_000),
      '\r\nmn\r\n',
    ]);
    assert.equal(pieces.length, 1, start); // a comparison of the pieces themselves would take for ever to word
    assert.equal(reader.overlong, true);
    assert.ok(reader.buffered <= limit + 1024);
    const before = split([start, 'k'.repeat(limit - start.length)]);
    assert.deepEqual([before.pieces.length, before.reader.overlong], [0, false]);
    before.reader.push(Buffer.from('\n'));
    assert.ok(before.reader.next() instanceof ParsedRequest);
  }
});

test('cutting costs are linear: a value of 1 MiB byte by byte', { timeout: 60_000 }, () => {
  const value = 'x'.repeat(1 << 20);
  const text = Buffer.from(`set k 0 0 ${value.length}\r\n${value}\r\nget ${'k '.repeat(100_000)}\r\n`);
  const reader = new RequestReader();
  const found = [];
  const start = performance.now();
  for (let i = 0; i < text.length; ++i) {
    reader.push(text.subarray(i, i + 1));
    const piece = reader.next();
    if (piece) found.push(piece.command);
  }
  assert.deepEqual(found, ['set', 'get']);
  assert.ok(performance.now() - start < 20_000);
});

test('every transcript: the same requests, however they are cut, and the engine agrees where they end', async (context) => {
  const seed = seedFromEnvironment(Date.now() % 1_000_000);
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const random = new Random(seed);
  const store = await open();
  const all = { maxValueBytes: Infinity };
  for (const { name, sections } of readTranscripts(conformance)) {
    for (const section of sections) {
      const stream = Buffer.from(
        section.steps
          .filter(({ kind }) => kind === 'ask')
          .map(({ sent }) => sent)
          .join(''),
        'latin1',
      );
      const whole = split([stream], all).pieces.map(rawOf);
      assert.equal(whole.join(''), latin1(stream), name);
      const pieces = split(random.fragments(stream, 50), all).pieces;
      if (!whole.some((piece) => piece.length > 2048)) assert.deepEqual(pieces.map(rawOf), whole, name);

      const connection = store.connect();
      for (const piece of pieces) {
        if (!(piece instanceof ParsedRequest) || connection.closed) continue;
        connection.feed(piece.bytes);
        // Were the engine still waiting for the rest of a request, it would take this for that.
        if (!connection.closed) assert.equal(latin1(connection.feed('mn\r\n')), 'MN\r\n', `${name}: ${rawOf(piece)}`);
      }
      connection.close();
    }
  }
});
