// The text of a tape: written, read back, and refused with a sentence.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { escapeBytes, unescape } from '../../../build/web/unit/base/escape.js';
import * as limits from '../../../build/web/unit/tape/limits.js';
import { parseSteps, parseTape } from '../../../build/web/unit/tape/parse.js';
import { writeStep, writeTape } from '../../../build/web/unit/tape/write.js';
import { anyBytes, anyTape, plain, Random } from './lib/tapes.mjs';
import { cpuClock } from './lib/time.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);
const FIRST = 'isocache tape 1\n';
const latin1 = (bytes) => Buffer.from(bytes).toString('latin1');

describe('TAPE.md', () => {
  const page = readFileSync(new URL('../../TAPE.md', import.meta.url), 'utf8');

  test('its example is a tape, written as the writer writes', () => {
    const [, example] = /```\n(isocache tape 1\n[^]*?)```/.exec(page);
    const { tape, error } = parseTape(example);
    assert.equal(error, undefined);
    assert.equal(writeTape(tape), example);
  });

  test('each line of its table is read', () => {
    const lines = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, line]) => line);
    assert.ok(lines.length >= 8);
    for (const line of lines.filter((each) => each !== 'isocache tape 1')) {
      assert.equal(parseTape(`${FIRST}${line}\n`).error, undefined, line);
    }
  });

  test('its limits are those of the parser', () => {
    const said = (what) => new RegExp(`^\\| ${what} \\| ([^|]+) \\|$`, 'm').exec(page)[1];
    const figure = (value) => value.toLocaleString('en');
    assert.equal(said('text'), `${limits.MAX_TAPE_BYTES / 1024} KiB`);
    assert.equal(said('steps'), figure(limits.MAX_STEPS));
    assert.equal(said('clients'), figure(limits.MAX_CLIENTS));
    assert.equal(said('memory'), `${limits.MIN_MEMORY_BYTES >> 20} to ${limits.MAX_MEMORY_BYTES >> 20} MiB`);
    const fills = `${figure(limits.MAX_FILL_ITEMS)}, each with up to ${limits.MAX_FILL_VALUE_BYTES / 1024} KiB`;
    assert.equal(said('items of all `fill` steps together'), fills);
    assert.equal(said('waits together'), `${figure(limits.MAX_WAIT_SECONDS / 86_400)} days`);
  });
});

test('a tape reads as the steps that its lines stand for', () => {
  const { tape } = parseTape(`${FIRST}title A lease
memory 2m

# Alice asks first.
@alice mg page v N30
@bob ms page 5\\r\\nhello
@bob get a\\
+2m
fill user: 300 4096
evict
`);
  assert.deepEqual(plain(tape), {
    title: 'A lease',
    memoryBytes: 2 << 20,
    steps: [
      { kind: 'note', text: 'Alice asks first.' },
      { kind: 'send', client: 'alice', bytes: 'mg page v N30\r\n' },
      { kind: 'send', client: 'bob', bytes: 'ms page 5\r\nhello\r\n' },
      { kind: 'send', client: 'bob', bytes: 'get a' },
      { kind: 'wait', seconds: 120 },
      { kind: 'fill', prefix: 'user:', count: 300, valueBytes: 4096 },
      { kind: 'evict' },
    ],
  });
});

test('any tape is read back as it was written', (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const random = new Random(seed);
  for (let run = 0; run < 3000; ++run) {
    const tape = anyTape(random);
    const text = writeTape(tape);
    const result = parseTape(text);
    assert.equal(result.error, undefined, `${JSON.stringify(result.error)}\n${text}`);
    assert.deepEqual(plain(result.tape), plain(tape), text);
    assert.equal(writeTape(result.tape), text);
    assert.deepEqual(plain(parseTape(text.replaceAll('\n', '\r\n')).tape), plain(tape), 'line ends of another system');
  }
});

test('any bytes are written visibly and on one line', () => {
  const random = new Random(seed);
  for (let run = 0; run < 3000; ++run) {
    const bytes = anyBytes(random, 60);
    const text = escapeBytes(bytes);
    assert.match(text, /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u);
    assert.equal(latin1(unescape(text).bytes), latin1(bytes));
  }
  assert.equal(escapeBytes(Buffer.from('é日🎈\r\n\t\0\\ \x7f\u202e')), 'é日🎈\\r\\n\\t\\0\\\\ \\x7f\\xe2\\x80\\xae');
  // Overlong forms and surrogates are no UTF-8.
  // Letters, marks and symbols by their class, and yet nothing to see.
  for (const hidden of ['\ufe0f', '\u{e0100}', '\u034f', '\u3164', '\u115f', '\u2800', '\u180b']) {
    assert.match(escapeBytes(Buffer.from(`page${hidden}`)), /^page(\\x[\da-f]{2})+$/);
  }
  assert.equal(escapeBytes(Uint8Array.of(0xc0, 0x80, 0xed, 0xa0, 0x80)), '\\xc0\\x80\\xed\\xa0\\x80');
});

test('what is easily lost in a copy is spelled out', () => {
  const send = (text) => writeStep({ kind: 'send', client: 'bob', bytes: Buffer.from(text) });
  assert.equal(send(''), '@bob \\');
  assert.equal(send('\r\n'), '@bob \\r\\n\\');
  assert.equal(send(' a \r\n'), '@bob \\x20a\\x20');
  assert.equal(send('a\\\r\n'), '@bob a\\\\');
  assert.equal(send('a\\'), '@bob a\\\\\\');
});

describe('errors say where, what was expected, and show an example', () => {
  const long = 'x'.repeat(300);
  const cases = [
    ['', 1, 1, /The tape is empty.*`isocache tape 1`/],
    ['\n\nget a\n', 3, 1, /This is no tape.*`isocache tape 1`/],
    ['isocache tape 2\n', 1, 15, /version 2.*reads version 1/],
    ['isocache tape 0\n', 1, 15, /no version 0/],
    [`${FIRST}mg page v\n`, 2, 1, /Expected a step.*`@alice mg page v`/],
    [`${FIRST}@Alice mg a\n`, 2, 2, /a small letter.*`@alice mg page v`/],
    [`${FIRST}@alice\n`, 2, 8, /Expected what alice sends/],
    [`${FIRST}@alice mg \\q\n`, 2, 11, /`\\q` means nothing.*`\\xff`/],
    [`${FIRST}@alice mg \\x1\n`, 2, 11, /Two digits are missing/],
    [`${FIRST}+1.5m\n`, 2, 2, /whole seconds.*`\+30s`/],
    [`${FIRST}+0s\n`, 2, 2, /whole seconds/],
    [`${FIRST}+4000d\n`, 2, 2, /up to 3650d/],
    [`${FIRST}fill user: 300\n`, 2, 5, /Expected a prefix.*`fill user: 300 4096`/],
    [`${FIRST}fill ${long} 3 3\n`, 2, 6, /at most 200 bytes/],
    [`${FIRST}fill a\\x20b 3 3\n`, 2, 6, /visible/],
    [`${FIRST}fill 9 0 9\n`, 2, 8, /1 to 100,000 items/],
    [`${FIRST}fill a 5 9999999\n`, 2, 10, /at most 524,288 bytes/],
    [`${FIRST}evicted\n`, 2, 1, /Expected a step/],
    [`${FIRST}memory 12q\n`, 2, 8, /from 1m to 32m.*`memory 1m`/],
    [`${FIRST}memory 64m\n`, 2, 8, /from 1m to 32m/],
    [`${FIRST}evict\nmemory 1m\n`, 3, 1, /before the first step/],
    [`${FIRST}title ${long}\n`, 2, 7, /at most 200 characters/],
    [`${FIRST}${'fill a 60000 1\n'.repeat(2)}`, 3, 1, /at most 100,000 items/],
    [`${FIRST}${'+3000d\n'.repeat(2)}`, 3, 1, /at most 3,650 days/],
    [
      `${FIRST}${['a', 'b', 'c', 'd', 'e'].map((name) => `@${name} mn\n`).join('')}`,
      6,
      1,
      /at most 4 clients: a, b, c, d/,
    ],
    [`${FIRST}${'evict\n'.repeat(limits.MAX_STEPS + 1)}`, limits.MAX_STEPS + 2, 1, /at most 2,000 steps/],
    [`${FIRST}${'# a line\n'.repeat(40_000)}`, 1, 1, /longer than 256 KiB/],
  ];
  for (const [text, line, column, message] of cases) {
    test(JSON.stringify(text.slice(0, 40)), () => {
      const { error, tape } = parseTape(text);
      assert.equal(tape, undefined);
      assert.deepEqual({ line: error.line, column: error.column }, { line, column }, error.message);
      assert.match(error.message, message);
    });
  }
});

test('steps alone need no first line, and know no settings', () => {
  assert.equal(parseSteps('@alice mn\n+1s\n').steps.length, 2);
  assert.match(parseSteps('memory 2m\n').error.message, /Expected a step/);
});

test('a hostile text takes no long time', () => {
  const size = limits.MAX_TAPE_BYTES - 100;
  const texts = [
    `fill ${' '.repeat(size)}`,
    `fill a${' '.repeat(size)}x`,
    `fill ${'a '.repeat(size / 2)}`,
    `@alice ${'\\'.repeat(size)}`,
    `@alice ${'\\x0'.repeat(size / 3)}`,
    `+${'9'.repeat(size)}`,
    `memory ${' '.repeat(size)}`,
    `evict${' '.repeat(size)}x`,
    '\n'.repeat(size),
    `@alice ${'\ud800'.repeat(size)}`,
  ];
  const clock = cpuClock();
  for (const text of texts) parseTape(FIRST + text);
  assert.ok(clock() < 3000, `${clock()} ms`);
});
