// What is typed in the console: which bytes it stands for, which length is filled in, what could come next.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { draftOf } from '../../../build/web/unit/app/draft.js';
import { bytesOfLines, lengthInBytes } from '../../../build/web/unit/app/lines.js';
import { readable } from '../../../build/web/unit/app/readable.js';
import { textOfBytes, textOfStep } from '../../../build/web/unit/app/step-text.js';
import { suggest } from '../../../build/web/unit/app/suggest.js';
import {
  strangerAtLength,
  takesValue,
  valueLength,
  withLength,
  withPlaceForLength,
} from '../../../build/web/unit/app/value-length.js';

const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);
const sent = (text, anyway) => decode(bytesOfLines(text, anyway).bytes);

describe('lines as bytes', () => {
  const CASES = [
    ['a command', 'mg page v', 'mg page v\r\n'],
    ['two commands', 'mg a\nmg b', 'mg a\r\nmg b\r\n'],
    ['a value', 'ms page 5\nhello', 'ms page 5\r\nhello\r\n'],
    ['a value of two lines', 'ms page 5\nhe\nlo', 'ms page 5\r\nhe\nlo\r\n'],
    ['a value and a command', 'ms page 2\nhi\nmg page v', 'ms page 2\r\nhi\r\nmg page v\r\n'],
    ['an empty value', 'ms page 0\n', 'ms page 0\r\n\r\n'],
    ['a value that is not complete', 'ms page 5\nhel', 'ms page 5\r\nhel'],
    ['a value that has not begun', 'ms page 5\n', 'ms page 5\r\n'],
    ['a value that is too long', 'ms page 2\nhello', 'ms page 2\r\nhello\r\n'],
    ['a value that ends in a line end', 'ms page 3\nhi\n\nmn', 'ms page 3\r\nhi\n\r\nmn\r\n'],
    ['the classic set', 'set page 0 0 2\nhi', 'set page 0 0 2\r\nhi\r\n'],
    ['an escape', 'mg \\x01', 'mg \u0001\r\n'],
    ['bytes and not characters', 'ms page 2\né', 'ms page 2\r\né\r\n'],
  ];
  for (const [title, text, expected] of CASES) test(title, () => assert.equal(sent(text), expected));

  test('sent anyway: the line end comes where the person ended the line', () => {
    assert.equal(sent('ms page 5\nhel', true), 'ms page 5\r\nhel\r\n');
  });

  test('an escape that means nothing is an error', () => assert.match(bytesOfLines('mg \\q').error, /\\q/));

  test('the length counts an escape as its byte', () => assert.equal(lengthInBytes('a\\x00é'), 4));
});

describe('bytes as lines', () => {
  for (const text of ['mg page v', 'ms page 5\nhello', 'ms a 2\nhi\nmg a v', 'ms page 5\nhel', 'set k 0 0 0\n']) {
    test(JSON.stringify(text), () => assert.equal(textOfBytes(bytesOfLines(text).bytes), text));
  }

  test('any bytes come back from their text', () => {
    for (const bytes of [
      'mg a',
      '\r\n',
      'a\nb\r\n',
      '\u0000\r\n\r\n',
      'ms a 4\r\n\r\n\r\n\r\n',
      '\\n\r\n',
      '@bob mg a\r\n',
      'evict\r\n',
      '+3s\r\n',
      'a\\',
      '',
    ]) {
      const text = textOfBytes(encode(bytes));
      assert.equal(decode(bytesOfLines(text).bytes), bytes, JSON.stringify([bytes, text]));
      if (bytes.trim() !== '') assert.equal(decode(draftOf(text, 'carol').bytes), bytes);
    }
  });

  test('steps that no client sends are lines of a tape', () => {
    assert.equal(textOfStep({ kind: 'wait', seconds: 30 }), '+30s');
    assert.equal(textOfStep({ kind: 'fill', prefix: 'user:', count: 3, valueBytes: 9 }), 'fill user: 3 9');
  });
});

describe('what a text is', () => {
  const CASES = [
    ['', { kind: 'nothing' }],
    ['  ', { kind: 'nothing' }],
    ['@bob ', { kind: 'nothing' }],
    ['+30s', { kind: 'step', step: { kind: 'wait', seconds: 30 } }],
    ['evict', { kind: 'step', step: { kind: 'evict' } }],
    ['fill k 3 9', { kind: 'step', step: { kind: 'fill', prefix: 'k', count: 3, valueBytes: 9 } }],
    ['# hi', { kind: 'step', step: { kind: 'note', text: 'hi' } }],
    ['mg a', { kind: 'send', client: 'alice', bytes: encode('mg a\r\n') }],
    ['@bob mg a', { kind: 'send', client: 'bob', bytes: encode('mg a\r\n') }],
  ];
  for (const [text, expected] of CASES) {
    test(JSON.stringify(text), () => assert.deepEqual(draftOf(text, 'alice'), expected));
  }

  test('a step that cannot be read says why', () => {
    const { kind, message } = draftOf('fill k', 'alice');
    assert.equal(kind, 'error');
    assert.ok(message.length > 10);
  });
});

describe('the length of a value', () => {
  const PLACES = [
    ['ms page', 'ms page 0'],
    ['ms page T60 c', 'ms page 0 T60 c'],
    ['set page', 'set page 0 0 0'],
    ['@bob ms page', '@bob ms page 0'],
    ['ms page hello', undefined],
    ['ms page I', 'ms page 0 I'],
    ['ms page 5', undefined],
    ['mg page', undefined],
    ['ms', undefined],
  ];
  for (const [line, expected] of PLACES) test(line, () => assert.equal(withPlaceForLength(line), expected));

  test('is filled in where it stands', () => {
    assert.equal(withLength('ms page 0 T60\nhello'), 'ms page 5 T60\nhello');
    assert.equal(withLength('cas page 0 0 0 12\nhé\n!'), 'cas page 0 0 5 12\nhé\n!');
    assert.equal(withLength('mg page v\nhello'), 'mg page v\nhello');
    assert.equal(valueLength('ms page 0\n'), 0);
  });

  test('a word in its place is told, a flag there is not', () => {
    assert.equal(strangerAtLength('ms page hello'), 'hello');
    assert.equal(strangerAtLength('set page 0 0 hi'), 'hi');
    for (const line of ['ms page T60', 'ms page 5', 'ms page', 'mg page hello', 'ms page MA']) {
      assert.equal(strangerAtLength(line), undefined, line);
    }
  });

  test('is due for commands that take a value', () => {
    assert.ok(takesValue('ms page 5'));
    assert.ok(!takesValue('mg page'));
    assert.ok(!takesValue('set page'));
  });
});

describe('what could come next', () => {
  const around = { keys: ['page', 'user:1'], otherSteps: true };
  const labels = (text, caret = text.length) => suggest(text, caret, around).map(({ label }) => label);
  const taken = (text, label, caret = text.length) => {
    const { insert, from, to } = suggest(text, caret, around).find((option) => option.label === label);
    return text.slice(0, from) + insert + text.slice(to);
  };

  test('at first: commands and steps', () => {
    assert.deepEqual(labels('').slice(0, 4), ['mg', 'ms', 'md', 'ma']);
    assert.ok(labels('').includes('+30s'));
  });
  test('commands that begin so', () => assert.deepEqual(labels('ge'), ['get', 'gets']));
  test('none that the engine here lacks', () => assert.deepEqual(labels('flush'), ['flush_all']));
  test('keys of the tape', () => assert.deepEqual(labels('mg '), ['page', 'user:1']));
  test('flags that the command takes', () => {
    assert.ok(labels('mg page ').includes('N30'));
    assert.ok(!labels('md page ').includes('N30'));
    assert.ok(!labels('get page ').includes('v'));
  });
  test('each flag once', () => assert.ok(!labels('mg page v ').includes('v')));
  test('modes of the command', () => {
    assert.deepEqual(labels('ms page 5 M'), ['MS', 'ME', 'MR', 'MA', 'MP']);
    assert.equal(labels('ma n M').length, 4);
  });
  test('a flag behind a whole flag', () => assert.equal(taken('mg page v', 'k'), 'mg page v k '));
  test('what a flag takes', () => assert.equal(taken('mg page N', 'N30'), 'mg page N30 '));
  test('in the middle of a line', () => assert.equal(taken('mg page v k', 't', 8), 'mg page t v k'));
  test('nothing in a value', () => assert.deepEqual(labels('ms page 5\nm'), []));
});

test('long replies are cut where that is said', () => {
  const { lines, more } = readable(encode('VA 3\r\nabc\r\nHD\r\nEN\r\n'), { mostLines: 3, mostBytes: 400 });
  assert.deepEqual([lines, more], [['VA 3', 'abc', 'HD'], 1]);
  assert.match(readable(encode('x'.repeat(1000)), { mostLines: 3, mostBytes: 400 }).lines[0], /x… 600 more bytes$/);
});
