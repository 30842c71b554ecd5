// unstorage publishes no tests for drivers: these ask the same of one.

import { unstorageDriver } from 'isocache/adapters/unstorage';
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { createStorage, prefixStorage, restoreSnapshot, snapshot } from 'unstorage';
import { forEachCache } from './caches.mjs';

const sorted = async (keys) => (await keys).sort();

await forEachCache((cacheName, cache) => {
  const make = (options) => createStorage({ driver: unstorageDriver({ cache, ...options }) });
  beforeEach(() => cache.clear());

  describe(`unstorage over ${cacheName}`, () => {
    it('is empty at first', async () => {
      const storage = make();
      assert.equal(await storage.hasItem('a:b'), false);
      assert.equal(await storage.getItem('a:b'), null);
      assert.equal(await storage.getItemRaw('a:b'), null);
      assert.deepEqual(await storage.getKeys(), []);
      assert.deepEqual(await storage.getItems(['a', 'b']), [
        { key: 'a', value: null },
        { key: 'b', value: null },
      ]);
    });

    it('stores strings, numbers, booleans, objects and what has toJSON()', async () => {
      const storage = make();
      const values = { text: 'hello', empty: '', zero: 0, no: false, list: [1, { two: 2 }], nothing: null };
      for (const [key, value] of Object.entries(values)) await storage.setItem(key, value);
      for (const [key, value] of Object.entries(values)) assert.deepEqual(await storage.getItem(key), value);
      await storage.setItem('json', { toJSON: () => ({ made: 'by toJSON' }) });
      assert.deepEqual(await storage.getItem('json'), { made: 'by toJSON' });
      await assert.rejects(storage.setItem('bad', new (class {})()), /stringify/);
    });

    it('treats separators alike, and leaves out queries', async () => {
      const storage = make();
      await storage.setItem('/a/b?c=1', 'value');
      assert.equal(await storage.getItem('a:b'), 'value');
      assert.equal(await storage.hasItem('a/b?c=2'), true);
      assert.deepEqual(await storage.getKeys(), ['a:b']);
    });

    it('stores bytes as they are', async () => {
      const storage = make();
      const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
      await storage.setItemRaw('bytes', bytes);
      assert.deepEqual(new Uint8Array(await storage.getItemRaw('bytes')), bytes);
      await storage.setItemRaw('buffer', bytes.buffer);
      assert.deepEqual(new Uint8Array(await storage.getItemRaw('buffer')), bytes);
    });

    it('sets and gets many', async () => {
      const storage = make();
      await storage.setItems([
        { key: 'a', value: 'one' },
        { key: 'b:c', value: { two: 2 } },
      ]);
      assert.deepEqual(await storage.getItems(['b:c', { key: 'a' }, 'no']), [
        { key: 'b:c', value: { two: 2 } },
        { key: 'a', value: 'one' },
        { key: 'no', value: null },
      ]);
    });

    it('lists keys below a base, and to a depth', async () => {
      const storage = make();
      for (const key of ['top', 'a:one', 'a:b:two', 'ab:three']) await storage.setItem(key, 'x');
      assert.deepEqual(await sorted(storage.getKeys()), ['a:b:two', 'a:one', 'ab:three', 'top']);
      assert.deepEqual(await sorted(storage.getKeys('a')), ['a:b:two', 'a:one']);
      assert.deepEqual(await sorted(storage.getKeys(undefined, { maxDepth: 0 })), ['top']);
      assert.deepEqual(await sorted(storage.getKeys(undefined, { maxDepth: 1 })), ['a:one', 'ab:three', 'top']);
    });

    it('removes one, below a base, and all', async () => {
      const storage = make();
      for (const key of ['top', 'a:one', 'a:two']) await storage.setItem(key, 'x');
      await storage.removeItem('a:one');
      assert.equal(await storage.hasItem('a:one'), false);
      await unstorageDriver({ cache }).clear('a:');
      assert.deepEqual(await storage.getKeys(), ['top']);
      await storage.clear();
      await storage.clear();
      assert.deepEqual(await storage.getKeys(), []);
    });

    it('shares a cache under different bases', async () => {
      const cats = make({ base: 'cats' });
      const dogs = make({ base: 'dogs:' });
      await cats.setItem('name', 'Tom');
      await dogs.setItem('name', 'Rex');
      assert.equal(await cats.getItem('name'), 'Tom');
      assert.deepEqual(await dogs.getKeys(), ['name']);
      await cats.clear();
      assert.equal(await cats.getItem('name'), null);
      assert.equal(await dogs.getItem('name'), 'Rex');
    });

    it("takes a TTL in seconds: an item's, or the driver's; metadata tells", async () => {
      const storage = make({ ttl: 100 });
      await storage.setItem('own', 'x', { ttl: 10 });
      await storage.setItem('default', 'x');
      await storage.setItems([{ key: 'common', value: 'x' }], { ttl: 50 });
      await make().setItem('forever', 'x');
      const near = async (key, expected) => {
        const { ttl } = await storage.getMeta(key);
        assert.ok(ttl > expected - 2 && ttl <= expected + 1, `${key}: ${ttl} s`);
      };
      await near('own', 10);
      await near('default', 100);
      await near('common', 50);
      const meta = await storage.getMeta('forever');
      assert.equal(meta.ttl, undefined);
      assert.equal(meta.size, 1);
      assert.ok(meta.atime instanceof Date);
      await storage.setItem('own', 'y', { ttl: 0 });
      assert.equal(await storage.hasItem('own'), false);
    });

    it('works with snapshots, prefixes, mounts, watchers and its own metadata', async () => {
      const storage = createStorage();
      storage.mount('cache', unstorageDriver({ cache }));
      const inCache = prefixStorage(storage, 'cache');
      const seen = [];
      const unwatch = await storage.watch((event, key) => seen.push([event, key]));
      await restoreSnapshot(inCache, { a: 'one', b: 'two' });
      assert.deepEqual(await snapshot(storage, 'cache'), { a: 'one', b: 'two' });
      await inCache.removeItem('a');
      assert.deepEqual(seen, [
        ['update', 'cache:a'],
        ['update', 'cache:b'],
        ['remove', 'cache:a'],
      ]);
      await unwatch();
      await inCache.setMeta('b', { colour: 'blue' });
      assert.equal((await inCache.getMeta('b')).colour, 'blue');
      await storage.unmount('cache');
      assert.equal(await cache.get('b'), 'two');
    });
  });
});
