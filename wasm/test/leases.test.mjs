// What getOrSet promises, beside other users of the cache: in process, over memcached and over this package's server.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { open } from 'isocache';
import { createClient } from 'isocache/client';

import { heldLoader, begun, places } from './lib/loads.mjs';

for (const [name, start, skip] of places) {
  describe(name, { skip }, () => {
    const promise = (what, run) => test(what, async (t) => run(await start(t), t));

    promise('whoever writes, deletes or marks during a load wins', async ({ cache, other }) => {
      for (const [change, after] of [
        [() => other.set('k', 'newer'), 'newer'],
        [() => other.add('k', 'newer'), 'newer'],
        [() => other.incr('k', 1n, { initial: 7n }), '7'],
        [() => other.delete('k'), undefined],
        [() => other.clear(), undefined],
        [() => other.markStale('k'), undefined],
      ]) {
        await cache.delete('k');
        const { load, loads } = heldLoader();
        const asked = cache.getOrSet('k', load);
        await begun(loads);
        await change();
        loads[0].succeed();
        assert.equal(await asked, 'loaded1');
        assert.equal(await other.get('k'), after, String(change));
      }
    });

    promise('a value marked stale during its refresh is loaded again', async ({ cache, other }) => {
      await cache.set('k', 'old');
      await cache.markStale('k');
      const { load, loads } = heldLoader('new');
      const asked = cache.getOrSet('k', load);
      await begun(loads);
      await other.markStale('k');
      loads[0].succeed();
      await asked;
      assert.equal(await other.get('k'), 'old');
      assert.equal(await other.getOrSet('k', () => 'newest'), 'newest');
      assert.equal(await cache.get('k'), 'newest');
    });

    promise('who only reads is not chosen to load', async ({ cache, other }) => {
      for (const read of [
        () => other.get('k'),
        () => other.getBytes('k'),
        () => other.getMany(['k']),
        () => other.has('k'),
        () => other.touch('k', 60_000),
        () => other.getItem('k'),
        () => other.getItem('k', { peek: true }),
        () => other.getItem('k', { touch: 60_000 }),
        () => other.add('k', 'x'),
        () => other.incr('k').catch(() => {}),
        async () => other.incr('k'),
      ]) {
        await cache.set('k', 'old');
        await cache.markStale('k');
        try {
          await read();
        } catch (error) {
          assert.equal(error.code, 'NON_NUMERIC');
        }
        let loaded = 0;
        assert.equal(
          await cache.getOrSet('k', () => {
            ++loaded;
            return 'new';
          }),
          'new',
          String(read),
        );
        assert.equal(loaded, 1, String(read));
        await cache.delete('k');
      }
      await cache.set('k', 'old');
      await cache.markStale('k');
      assert.equal((await other.getItem('k', { win: true })).won, true);
      assert.equal((await cache.getItem('k', { win: true })).lost, true);
    });

    promise('a lease is a miss to all who do not load', async ({ cache, other }) => {
      const { load, loads } = heldLoader();
      await cache.set('old', '1');
      const asked = cache.getOrSet('k', load);
      await begun(loads);
      assert.equal(await other.get('k'), undefined);
      assert.equal(await other.getBytes('k'), undefined);
      assert.deepEqual(await other.getMany(['k', 'old']), [undefined, '1']);
      assert.equal(await other.getItem('k'), undefined);
      assert.equal(await other.getItem('k', { peek: true }), undefined);
      assert.equal(await other.has('k'), false);
      assert.equal(await other.touch('k', 30_000), false);
      assert.equal(await other.replace('k', 'x'), false);
      assert.equal(await other.append('k', 'x'), false);
      assert.equal(await other.prepend('k', 'x'), false);
      assert.equal(await other.incr('k'), undefined);
      assert.equal(await other.decr('k'), undefined);
      loads[0].succeed();
      assert.equal(await asked, 'loaded1');
      assert.equal(await other.get('k'), 'loaded1', 'none of that has kept it from being stored');
    });

    promise('a getOrSet after a write does not join the older load', async ({ cache, other }) => {
      for (const writer of [cache, other]) {
        await cache.delete('k');
        const { load, loads } = heldLoader();
        const first = cache.getOrSet('k', load);
        await begun(loads);
        await writer.set('k', 'written');
        assert.equal(await cache.getOrSet('k', () => assert.fail()), 'written');
        await writer.delete('k');
        assert.equal(await cache.getOrSet('k', () => 'after'), 'after');
        loads[0].succeed();
        assert.equal(await first, 'loaded1');
        assert.equal(await cache.get('k'), 'after');
      }
    });

    promise('one load at a time, whoever asks', async ({ cache, other }) => {
      const { load, loads } = heldLoader();
      const asked = Array.from({ length: 20 }, (_, i) => (i % 2 ? cache : other).getOrSet('k', load));
      await begun(loads);
      asked.push(cache.getOrSet('k', load));
      await sleep(20);
      assert.equal(loads.length, 1);
      loads[0].succeed();
      assert.deepEqual(new Set(await Promise.all(asked)), new Set(['loaded1']));
    });

    promise('a first load that hangs bars others for as long as its lease', async ({ cache, other }) => {
      const { load, loads } = heldLoader();
      const hangs = cache.getOrSet('k', load, { lease: 1000 });
      await begun(loads);
      const joined = cache.getOrSet('k', () => 'second', { lease: 1000 });
      assert.equal(await other.getOrSet('k', () => 'second', { lease: 1000 }), 'second');
      assert.equal(await joined, 'second');
      loads[0].succeed();
      assert.equal(await hangs, 'loaded1');
      assert.equal(await cache.get('k'), 'second');
    });

    promise('a refresh that hangs, too', async ({ cache, other }) => {
      await cache.set('k', 'old');
      await cache.markStale('k');
      const { load, loads } = heldLoader('new');
      const hangs = cache.getOrSet('k', load, { lease: 500 });
      await begun(loads);
      assert.equal(await other.getOrSet('k', () => assert.fail(), { lease: 500 }), 'old');
      await sleep(510);
      assert.equal(await other.getOrSet('k', () => 'second', { lease: 500 }), 'second');
      loads[0].succeed();
      assert.equal(await hangs, 'new1');
      assert.equal(await cache.get('k'), 'second');
    });

    promise("a load that nobody waits for any longer is nobody else's", async ({ cache }) => {
      for (const key of ['k', 'u'.repeat(251)]) {
        const controller = new AbortController();
        const first = cache.getOrSet(key, () => new Promise(() => {}), { signal: controller.signal, lease: 1000 });
        await sleep(20);
        controller.abort(new Error('caller 1 gave up'));
        await assert.rejects(first, /caller 1/);
        assert.equal(await cache.getOrSet(key, () => 'mine', { lease: 1000 }), 'mine');
      }
    });

    promise('a touch does not keep a load that hangs for ever', async ({ cache, other }) => {
      const { load, loads } = heldLoader();
      void cache.getOrSet('k', load, { lease: 300 });
      await begun(loads);
      assert.equal(await other.touch('k', 86_400_000), false);
      assert.equal(await other.getOrSet('k', () => 'second', { lease: 300 }), 'second');
    });

    promise('a lease that is shorter than the way to the cache: the value is loaded', async ({ cache }) => {
      assert.equal(await cache.getOrSet('k', () => 'v', { lease: 0.001 }), 'v');
    });

    promise('callers share no bytes, and may use their own again', async ({ cache, other }) => {
      const load = async () => {
        await sleep(20);
        return Uint8Array.of(1, 2);
      };
      const [a, b] = await Promise.all([cache.getOrSetBytes('k', load), cache.getOrSetBytes('k', load)]);
      a.fill(9);
      assert.deepEqual(b, Uint8Array.of(1, 2));
      assert.deepEqual(await other.getBytes('k'), Uint8Array.of(1, 2));
      const key = Uint8Array.of(65);
      const options = { ttl: 60_000 };
      const asked = cache.getOrSet(key, load, options);
      key[0] = 66;
      options.ttl = -1;
      await asked;
      assert.equal(await other.has('A'), true);
      assert.equal(await other.has('B'), false);
    });

    promise('halves of surrogate pairs are no key, also not a long one', async ({ cache }) => {
      for (const key of [`user:\ud800${'x'.repeat(300)}`, `user:\udfff${'x'.repeat(300)}`]) {
        await assert.rejects(
          cache.getOrSet(key, () => 'v', { hashLongKeys: true }),
          { code: 'BAD_KEY' },
        );
      }
    });

    promise('what callbacks throw or reject with harms nobody', async ({ cache }) => {
      await cache.set('k', 'old');
      await cache.markStale('k');
      const onError = async () => {
        throw new Error('no');
      };
      assert.equal(
        await cache.getOrSet('k', () => 'new', {
          waitUntil: () => {
            throw new Error('no');
          },
          onError,
        }),
        'old',
      );
      assert.equal(await cache.getOrSet('u'.repeat(251), () => 'v', { onError }), 'v');
      await sleep(5);
    });

    promise('keys of any length, if asked for', async ({ cache, other }) => {
      for (const key of ['u'.repeat(3000), `${'u'.repeat(200)} ü`, new Uint8Array(200)]) {
        const seen = [];
        const load = (asked) => {
          seen.push(asked);
          return 'v';
        };
        assert.equal(await cache.getOrSet(key, load, { hashLongKeys: true }), 'v');
        assert.equal(await other.getOrSet(key, () => assert.fail(), { hashLongKeys: true }), 'v');
        assert.deepEqual(seen, [key]);
      }
    });

    promise('what the cache cannot do is loaded all the same', async ({ cache }) => {
      const errors = [];
      const onError = (error) => errors.push(error.code);
      assert.equal(await cache.getOrSet('u'.repeat(251), () => 'v', { onError }), 'v');
      const large = 'v'.repeat(2 << 20);
      assert.equal(await cache.getOrSet('k', () => large, { onError }), large);
      assert.deepEqual(errors, ['BAD_KEY', 'TOO_LARGE']);
      assert.equal(
        await cache.getOrSet('u'.repeat(251), () => 'v', {
          onError: () => {
            throw new Error('no');
          },
        }),
        'v',
      );
    });

    promise('wrong arguments are errors, not loads', async ({ cache }) => {
      for (const [key, load, options, code] of [
        [5, () => 'v', {}, 'BAD_KEY'],
        [undefined, () => 'v', {}, 'BAD_KEY'],
        [['k'], () => 'v', {}, 'BAD_KEY'],
        ['', () => 'v', {}, 'BAD_KEY'],
        ['k', 'v', {}, 'BAD_ARGUMENT'],
        ...['ttl', 'lease', 'refreshBelow', 'staleIfError'].flatMap((name) =>
          ['60', NaN, -1, null, {}].map((value) => ['k', () => 'v', { [name]: value }, 'BAD_ARGUMENT']),
        ),
      ]) {
        await assert.rejects(cache.getOrSet(key, load, options), { code }, JSON.stringify([key, options]));
      }
    });
  });
}

test('in process, a lease is in neither keys nor size, and a delete does not find it', async () => {
  const store = await open();
  const { load, loads } = heldLoader();
  const asked = store.getOrSet('k', load);
  assert.equal(store.size, 0);
  assert.deepEqual([...store.keys()], []);
  assert.equal(store.delete('k'), false);
  assert.equal(store.deleteMany(['k']), 0);
  assert.equal(store.markStale('k'), false);
  loads[0].succeed();
  await asked;
  assert.equal(store.size, 0, 'it was deleted during the load');
  store.set('k', '');
  assert.equal(store.size, 1);
  assert.deepEqual([...store.keys()], ['k']);
  assert.equal(store.get('k'), '');
});

test('in process, a large value goes past a lease as a small one does', async () => {
  const store = await open();
  const large = 'v'.repeat(200_000);
  const { load, loads } = heldLoader();
  const asked = store.getOrSet('k', load);
  assert.equal(store.append('k', large), false);
  assert.equal(store.replace('k', large), false);
  loads[0].succeed();
  await asked;
  assert.equal(store.get('k'), 'loaded1');
  store.delete('k');
  void store.getOrSet('k', load);
  assert.equal(store.add('k', large), true);
  assert.equal(store.get('k'), large);
});

test('a server that is down, or silent: the loads go on, one for each key, and a signal ends the wait', async (t) => {
  const silent = net.createServer(() => {}).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.after(() => silent.close());
  const down = net.createServer().listen(0, '127.0.0.1');
  await once(down, 'listening');
  const { port } = down.address();
  await new Promise((resolve) => {
    down.close(resolve);
  });

  const errors = [];
  const client = createClient({ port, onError: (error) => errors.push(error.code) });
  let loads = 0;
  const load = async () => {
    ++loads;
    await sleep(20);
    return 'v';
  };
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => client.getOrSet('k', load))), ['v', 'v', 'v']);
  assert.equal(loads, 1);
  assert.deepEqual(errors, ['CLOSED', 'CLOSED', 'CLOSED']);

  const waits = createClient({ port: silent.address().port, timeout: 100 });
  assert.equal(await waits.getOrSet('k', () => 'v'), 'v');
  const controller = new AbortController();
  const began = performance.now();
  const asked = createClient({ port: silent.address().port }).getOrSet('k', () => 'v', { signal: controller.signal });
  setTimeout(() => controller.abort(new Error('enough')), 10);
  await assert.rejects(asked, /enough/);
  assert.ok(performance.now() - began < 1000);
});

test('more stale items than are remembered, whose loaders have died, are loaded in the end', async () => {
  let now = 1_800_000_000_000;
  const store = await open({ now: () => now });
  const keys = Array.from({ length: 5000 }, (_, i) => `k${i}`);
  for (const key of keys) {
    store.set(key, 'old');
    store.markStale(key);
    store.getItem(key, { win: true }); // its winner is never heard of again
  }
  for (let second = 0; second < 30; ++second, now += 1000) {
    await Promise.all(keys.map((key) => store.getOrSet(key, () => 'new', { lease: 5000 })));
  }
  assert.deepEqual(
    keys.filter((key) => store.get(key) !== 'new'),
    [],
  );
});
