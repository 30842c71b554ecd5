// What a store calls: its clock, onEvict, onError, and what callers made.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { open } from 'isocache';

test('the clock may be replaced after the cache was made', async (t) => {
  const store = await open();
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  store.set('k', 'v', { ttl: 5000 });
  t.mock.timers.tick(6000);
  assert.equal(store.get('k'), undefined);
});

test('what onEvict throws goes to onError, and the set is done', async () => {
  const errors = [];
  const store = await open({
    maxBytes: 1 << 20,
    onEvict: () => {
      throw new Error('no');
    },
    onError: (error) => errors.push(error.message),
  });
  for (let i = 0; i < 3000; ++i) store.set(`k${i}`, 'v'.repeat(1000));
  assert.equal(store.get('k2999'), 'v'.repeat(1000));
  assert.equal(new Set(errors).size, 1);
});

test('what callers made may use the store while it is read', async () => {
  const store = await open();
  store.set('abc', 'V', {
    get ttl() {
      store.get('zzzzzz');
      return 1000;
    },
  });
  assert.equal(store.get('abc'), 'V');
  const pair = new Proxy(['p', 'W'], {
    get(target, name) {
      store.get('yyyyyy');
      return target[name];
    },
  });
  store.setMany([['o', '1'], pair]);
  assert.deepEqual([...store.keys()].sort(), ['abc', 'o', 'p']);
});

test('onEvict and onError may throw, and reject', async () => {
  for (const onError of [
    () => {
      throw new Error('no');
    },
    async () => {
      throw new Error('no');
    },
  ]) {
    const store = await open({
      maxBytes: 1 << 20,
      onEvict: async () => {
        throw new Error('no');
      },
      onError,
    });
    for (let i = 0; i < 3000; ++i) store.set(`k${i}`, 'v'.repeat(1000));
  }
  await sleep(5);
});
