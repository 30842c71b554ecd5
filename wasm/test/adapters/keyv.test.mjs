// Keyv's own test suite against Keyv 5 and 6, and what it leaves open.
//
// The suite asks for vitest and sqlite3, without importing them: package.json's `overrides` replace them by a package
// that it does import. There is none for Keyv 6 on npm (the latest, 2.1.2, is for Keyv 5): it runs as far as 6 agrees
// with 5.

import keyvTestSuite, { keyvIteratorTests } from '@keyv/test-suite';
import { keyvStore } from 'isocache/adapters/keyv';
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keyv as Keyv5 } from 'keyv';
import { Keyv as Keyv6 } from 'keyv6';
import { forEachCache } from './caches.mjs';
import { makeExpect } from './expect.mjs';

// Keyv 6 gives an array here.
const changedInKeyv6 = new Set(['.deleteMany([keys]) with nonexistent keys resolves to false']);

function suiteTest(skipped) {
  return {
    beforeEach,
    afterEach,
    it(name, run) {
      it(name, { skip: skipped.has(name) && 'Keyv 6 does otherwise' }, async () => {
        const { expect, verify } = makeExpect();
        await run({ expect });
        verify();
      });
    },
  };
}

await forEachCache((cacheName, cache) => {
  for (const [keyvName, Keyv, changed] of [
    ['Keyv 5', Keyv5, new Set()],
    ['Keyv 6', Keyv6, changedInKeyv6],
  ]) {
    describe(`${keyvName} over ${cacheName}`, () => {
      describe('@keyv/test-suite', () => {
        keyvTestSuite(suiteTest(changed), Keyv, () => keyvStore(cache));
        keyvIteratorTests(suiteTest(changed), Keyv, () => keyvStore(cache));
      });
      describe('ours', () => ourTests(Keyv, cache));
    });
  }
});

function ourTests(Keyv, cache) {
  const make = (options) => new Keyv({ store: keyvStore(cache), throwOnErrors: true, ...options });
  beforeEach(() => cache.clear());

  it('expires to the millisecond, though the engine counts seconds', async () => {
    const keyv = make();
    await keyv.set('short', 'lived', 500);
    assert.equal(await keyv.get('short'), 'lived');
    assert.equal(await keyv.has('short'), true);
    await sleep(520);
    assert.equal(await keyv.has('short'), false);
    assert.equal(await keyv.get('short'), undefined);
  });

  it('hands the TTL on to the cache', async () => {
    await make({ namespace: undefined }).set('k', 1, 10_000);
    const [key] = await all(cache.keys());
    const { ttl } = await cache.getItem(key);
    assert.ok(ttl > 8_000 && ttl <= 11_000, `${ttl} ms`);
  });

  it('a TTL of less than nothing removes', async () => {
    const store = keyvStore(cache);
    await store.set('k', 'old');
    await store.set('k', 'new', -5);
    assert.equal(await store.get('k'), undefined);
  });

  it('setMany() with a TTL each, getMany(), hasMany(), deleteMany()', async () => {
    const keyv = make();
    assert.deepEqual(
      await keyv.setMany([
        { key: 'a', value: 1 },
        { key: 'b', value: [2], ttl: 500 },
      ]),
      [true, true],
    );
    assert.deepEqual(await keyv.getMany(['a', 'b', 'c']), [1, [2], undefined]);
    assert.deepEqual(await keyv.hasMany(['a', 'b', 'c']), [true, true, false]);
    await sleep(520);
    assert.deepEqual(await keyv.getMany(['a', 'b']), [1, undefined]);
    await keyv.deleteMany(['a']);
    assert.equal(await keyv.has('a'), false);
  });

  it('clear() spares other namespaces, and without one takes everything', async () => {
    const cats = make({ namespace: 'cats' });
    const dogs = make({ namespace: 'dogs' });
    await cats.set('tom', 1);
    await dogs.set('rex', 2);
    await cats.clear();
    assert.equal(await cats.get('tom'), undefined);
    assert.equal(await dogs.get('rex'), 2);
    await make({ namespace: '' }).clear();
    assert.equal(await dogs.get('rex'), undefined);
  });

  it('iterates over one namespace, more than one batch', async () => {
    const mine = make({ namespace: 'mine' });
    const expected = Array.from({ length: 250 }, (_, i) => [`k${i}`, i]);
    await mine.setMany(expected.map(([key, value]) => ({ key, value })));
    await make({ namespace: 'other' }).set('k', 'v');
    const found = await all(mine.iterator());
    assert.deepEqual(
      found.sort((a, b) => a[1] - b[1]),
      expected,
    );
  });

  it('says what went wrong', async () => {
    await assert.rejects(make().set('k'.repeat(300), 1), { code: 'BAD_KEY' });
    await assert.rejects(keyvStore(cache).set('k', { no: 'string' }), /serializer/);
  });
}

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}
