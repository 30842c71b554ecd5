// Progress in lessons: kept, resumed, shared by tabs, and safe from whatever is found in the browser's storage.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { PROGRESS_KEY, Progress } from '../../../build/web/unit/lessons/progress.js';

class FakeStorage {
  text = null;
  getItem(key) {
    assert.equal(key, PROGRESS_KEY);
    return this.text;
  }
  setItem(key, text) {
    assert.equal(key, PROGRESS_KEY);
    this.text = text;
  }
}

const storageWith = (text) => Object.assign(new FakeStorage(), { text });

test('nothing else is remembered under its key', () => {
  const source = new URL('../../src/', import.meta.url).pathname;
  const files = readdirSync(source, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  const text = files.map((name) => readFileSync(path.join(source, name), 'utf8')).join('\n');
  const names = [...text.matchAll(/\bremember(?:ed)?\(\s*'local',\s*'([^']+)'/g)].map(([, name]) => `isocache.${name}`);
  assert.ok(names.length > 3, 'this test no longer finds what is remembered');
  assert.ok(!names.includes(PROGRESS_KEY), `${names}`);
});

test('a new page goes on where the last one was', () => {
  const storage = new FakeStorage();
  const first = new Progress(storage);
  assert.equal(first.tasksDone('leases'), 0);
  first.mark('leases', 0, 'done');
  first.mark('leases', 1, 'shown');
  first.mark('cas', 2, 'done');
  const next = new Progress(storage);
  assert.deepEqual(next.marks('leases'), ['done', 'shown']);
  assert.deepEqual(next.marks('cas'), ['skipped', 'skipped', 'done']);
  assert.equal(next.tasksDone('cas'), 3);
});

test('a task that was done by hand stays so', () => {
  const progress = new Progress(new FakeStorage());
  progress.mark('cas', 0, 'done');
  progress.mark('cas', 0, 'skipped');
  progress.mark('cas', 1, 'skipped');
  progress.mark('cas', 1, 'done');
  assert.deepEqual(progress.marks('cas'), ['done', 'done']);
});

describe('two tabs', () => {
  test('neither loses what the other has done', () => {
    const storage = new FakeStorage();
    const [one, other] = [new Progress(storage), new Progress(storage)];
    one.mark('leases', 0, 'done');
    other.mark('cas', 0, 'shown');
    one.mark('leases', 1, 'done');
    other.mark('leases', 0, 'skipped');
    assert.deepEqual(new Progress(storage).marks('leases'), ['done', 'done']);
    assert.deepEqual(new Progress(storage).marks('cas'), ['shown']);
  });

  test('one hears of the other, and knows whether that is new', () => {
    const storage = new FakeStorage();
    const [one, other] = [new Progress(storage), new Progress(storage)];
    one.mark('leases', 0, 'done');
    assert.equal(other.hear(storage.text), true);
    assert.equal(other.hear(storage.text), false);
    assert.deepEqual(other.marks('leases'), ['done']);
  });

  test('what one has forgotten the other does not bring back', () => {
    const storage = new FakeStorage();
    const [one, other] = [new Progress(storage), new Progress(storage)];
    one.mark('leases', 0, 'done');
    other.mark('cas', 0, 'done');
    one.forgetAll();
    other.mark('stale', 0, 'done');
    for (const progress of [other, new Progress(storage)]) {
      assert.deepEqual([progress.marks('leases'), progress.marks('cas'), progress.marks('stale')], [[], [], ['done']]);
    }
  });
});

describe('broken content', () => {
  const BROKEN = [
    '',
    'null',
    '[]',
    '7',
    '"text"',
    '{',
    '{}',
    '{"version":2,"lessons":{"leases":"ddd"}}',
    '{"version":1}',
    '{"version":1,"lessons":null}',
    '{"version":1,"lessons":["ddd"]}',
    '{"version":1,"lessons":{"leases":7}}',
    '{"version":1,"lessons":{"leases":"dx"}}',
    '{"version":1,"lessons":{"leases":""}}',
    `{"version":1,"lessons":{"leases":"${'d'.repeat(21)}"}}`,
    '{"version":1,"lessons":{"__proto__":"d","leases ":"d"}}',
  ];
  for (const text of BROKEN) {
    test(text || '(empty)', () => {
      const storage = storageWith(text);
      const progress = new Progress(storage);
      assert.deepEqual(progress.marks('leases'), []);
      progress.mark('leases', 0, 'done');
      assert.deepEqual(new Progress(storage).marks('leases'), ['done']);
    });
  }

  test('a part that can be read counts', () => {
    const progress = new Progress(storageWith('{"version":1,"round":"x","lessons":{"cas":"dk","leases":7}}'));
    assert.deepEqual(progress.marks('cas'), ['done', 'skipped']);
    assert.deepEqual(progress.marks('leases'), []);
  });

  test('not more lessons than there can be', () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`l${i}`, 'd']));
    const storage = storageWith(JSON.stringify({ version: 1, lessons: many }));
    new Progress(storage).mark('leases', 0, 'done');
    assert.ok(storage.text.length < 3000);
  });
});

describe('a storage that fails', () => {
  const fail = () => {
    throw new Error('denied');
  };
  for (const [name, storage] of [
    ['none', undefined],
    ['reading', { getItem: fail, setItem: fail }],
    ['writing', { getItem: () => null, setItem: fail }],
  ]) {
    test(name, () => {
      const progress = new Progress(storage);
      progress.mark('leases', 0, 'done');
      assert.deepEqual(progress.marks('leases'), ['done']);
      progress.forgetAll();
      assert.deepEqual(progress.marks('leases'), []);
    });
  }
});
