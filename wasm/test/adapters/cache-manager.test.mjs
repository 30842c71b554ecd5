// cache-manager publishes no tests for stores: these ask of version 5 what it asks of its stores, and show 7 on Keyv.

import { createCache as createCache7 } from 'cache-manager';
import { createCache as createCache5, multiCaching } from 'cache-manager5';
import { cacheManagerStore } from 'isocache/adapters/cache-manager';
import { keyvStore } from 'isocache/adapters/keyv';
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Keyv } from 'keyv';
import { eventually } from '../../../tests/lib/eventually.mjs';
import { forEachCache } from './caches.mjs';

await forEachCache((cacheName, cache) => {
  beforeEach(() => cache.clear());

  describe(`cache-manager 5 over ${cacheName}`, () => {
    const make = (options) => createCache5(cacheManagerStore(cache, options), options);

    it('get, set, del, reset', async () => {
      const manager = make();
      assert.equal(await manager.get('k'), undefined);
      for (const value of ['text', '', 0, false, null, { a: [1] }]) {
        await manager.set('k', value);
        assert.deepEqual(await manager.get('k'), value);
      }
      await manager.del('k');
      assert.equal(await manager.get('k'), undefined);
      await manager.set('a', 1);
      await manager.reset();
      assert.deepEqual(await manager.store.keys(), []);
    });

    it('mset, mget, mdel, keys', async () => {
      const { store } = make();
      await store.mset([
        ['user:1', 'one'],
        ['user:2', { two: 2 }],
        ['job:1', 3],
      ]);
      assert.deepEqual(await store.mget('user:1', 'no', 'user:2'), ['one', undefined, { two: 2 }]);
      assert.deepEqual((await store.keys()).sort(), ['job:1', 'user:1', 'user:2']);
      assert.deepEqual((await store.keys('user:*')).sort(), ['user:1', 'user:2']);
      assert.deepEqual((await store.keys('*:1')).sort(), ['job:1', 'user:1']);
      assert.deepEqual(await store.keys('job:1'), ['job:1']);
      assert.deepEqual(await store.keys('job.1'), []);
      for (const [pattern, found] of [
        ['*ser*2*', ['user:2']],
        ['user:1*1', []],
        ['**:1', ['job:1', 'user:1']],
        ['', []],
        ['u*r:*', ['user:1', 'user:2']],
      ]) {
        assert.deepEqual((await store.keys(pattern)).sort(), found, pattern);
      }
      assert.deepEqual(await store.keys(`${'*u'.repeat(30)}*x`), [], 'at once');
      await store.mdel('user:1', 'job:1', 'no');
      assert.deepEqual(await store.keys(), ['user:2']);
    });

    it("TTLs: a value's own, the default, none; 0 is none", async () => {
      const { store } = make({ ttl: 100_000 });
      const near = async (key, expected) => {
        const ttl = await store.ttl(key);
        assert.ok(ttl > expected - 2000 && ttl <= expected + 1000, `${key}: ${ttl} ms`);
      };
      await store.set('default', 1);
      await store.set('own', 1, 5000);
      await store.mset([['many', 1]], 7000);
      await store.set('zero', 1, 0);
      await near('default', 100_000);
      await near('own', 5000);
      await near('many', 7000);
      assert.equal(await store.ttl('zero'), -1);
      assert.equal(await store.ttl('no'), -2);
    });

    it('refuses what cannot be cached', async () => {
      await assert.rejects(make().set('k', undefined), TypeError);
      await assert.rejects(make({ isCacheable: (value) => value !== null }).set('k', null), TypeError);
      await assert.rejects(
        make().set('k', () => {}),
        TypeError,
      );
    });

    it('wrap() loads once, and refreshes what is about to expire', async () => {
      const manager = make({ ttl: 10_000, refreshThreshold: 20_000 });
      let loads = 0;
      const load = async () => ++loads;
      const both = await Promise.all([manager.wrap('k', load), manager.wrap('k', load)]);
      assert.deepEqual(both, [1, 1]);
      assert.equal(await manager.wrap('k', load), 1);
      await eventually(async () => (await manager.get('k')) === 2, 'not refreshed');
      assert.equal(loads, 2);
      const steady = make({ refreshThreshold: 20_000 });
      await steady.set('forever', 'old');
      assert.equal(await steady.wrap('forever', load), 'old');
      await sleep(20);
      assert.equal(await steady.get('forever'), 'old');
    });

    it('is one tier of several', async () => {
      const tiers = multiCaching([createCache5(cacheManagerStore(cache)), make()]);
      await tiers.set('k', 'v');
      assert.equal(await tiers.get('k'), 'v');
      assert.deepEqual(await tiers.mget('k', 'no'), ['v', undefined]);
    });
  });

  describe(`cache-manager 7 over ${cacheName}`, () => {
    const make = (options) => createCache7({ stores: [new Keyv({ store: keyvStore(cache) })], ...options });

    it('get, set, mset, mget, del, mdel, ttl, clear', async () => {
      const manager = make();
      await manager.set('k', { a: 1 }, 5000);
      assert.deepEqual(await manager.get('k'), { a: 1 });
      assert.ok(Math.abs((await manager.ttl('k')) - Date.now() - 5000) < 1000);
      await manager.mset([
        { key: 'a', value: 1 },
        { key: 'b', value: 2, ttl: 500 },
      ]);
      assert.deepEqual(await manager.mget(['a', 'b', 'no']), [1, 2, undefined]);
      await sleep(520);
      assert.equal(await manager.get('b'), undefined);
      await manager.del('k');
      await manager.mdel(['a']);
      assert.deepEqual(await manager.mget(['a', 'k']), [undefined, undefined]);
      await manager.set('x', 1);
      await manager.clear();
      assert.equal(await manager.get('x'), undefined);
    });

    it('wrap() loads once, and refreshes what is about to expire', async () => {
      const manager = make({ ttl: 10_000, refreshThreshold: 20_000 });
      let loads = 0;
      const load = async () => ++loads;
      assert.deepEqual(await Promise.all([manager.wrap('k', load), manager.wrap('k', load)]), [1, 1]);
      assert.equal(await manager.wrap('k', load), 1);
      await eventually(async () => (await manager.get('k')) === 2, 'not refreshed');
      assert.equal(loads, 2);
    });
  });
});
