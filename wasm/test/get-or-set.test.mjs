// getOrSet: one loader at a time, whatever happens to it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { open } from '../dist/esm/entry/index.js';

const START_MS = 1_800_000_000_000;

async function withClock() {
  const clock = { now: START_MS };
  return { clock, store: await open({ now: () => clock.now }) };
}

/** A loader that counts, and that the test lets go on. */
function heldLoader(value = 'loaded') {
  const loads = [];
  const load = (key, { signal }) =>
    new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
      loads.push({ key, signal, succeed: () => resolve(`${value}${loads.length}`), fail: (error) => reject(error) });
    });
  return { load, loads };
}

const soon = () => sleep(5);

describe('a miss', () => {
  test('is loaded and stored', async () => {
    const { store, clock } = await withClock();
    assert.equal(await store.getOrSet('k', () => 'v', { ttl: 5000, flags: 3 }), 'v');
    assert.equal(await store.getOrSet('k', () => assert.fail()), 'v');
    assert.equal(store.getItem('k').flags, 3);
    clock.now += 6000;
    assert.equal(await store.getOrSet('k', async () => Uint8Array.of(119)), 'w');
    assert.deepEqual(await store.getOrSetBytes('k', () => assert.fail()), Uint8Array.of(119));
    assert.equal(store.getItem('k').ttl, undefined);
  });

  test('is loaded once for all who ask in this process', async () => {
    const { store } = await withClock();
    const { load, loads } = heldLoader();
    const asked = Array.from({ length: 10 }, () => store.getOrSet('k', load));
    await soon();
    asked.push(store.getOrSet('k', load));
    loads[0].succeed();
    assert.deepEqual(await Promise.all(asked), Array(11).fill('loaded1'));
    assert.equal(loads.length, 1);
  });

  test('is left to another user of the store, who holds the lease', async () => {
    const { store } = await withClock();
    const connection = store.connect();
    assert.match(Buffer.from(connection.feed('mg k c v N30\r\n')).toString(), /^VA 0 c\d+ W/);
    const asked = store.getOrSet('k', () => assert.fail());
    await soon();
    connection.feed('ms k 5\r\nother\r\n');
    assert.equal(await asked, 'other');
  });

  test('is loaded after all when that lease runs out', async () => {
    const { store, clock } = await withClock();
    store.getItem('k', { lease: 1000 });
    const asked = store.getOrSet('k', () => 'mine');
    await soon();
    clock.now += 1000;
    assert.equal(await asked, 'mine');
    assert.equal(store.get('k'), 'mine');
  });

  test('may be an empty value', async () => {
    const { store } = await withClock();
    assert.equal(await store.getOrSet('k', () => ''), '');
    assert.equal(await store.getOrSet('k', () => assert.fail()), '');
  });

  test("whose loader fails is anybody's again", async () => {
    const { store } = await withClock();
    await assert.rejects(
      store.getOrSet('k', () => {
        throw new Error('broken');
      }),
      /broken/,
    );
    await assert.rejects(
      store.getOrSet('k', async () => {
        throw new Error('broken');
      }),
      /broken/,
    );
    assert.equal(store.has('k'), false);
    assert.equal(await store.getOrSet('k', () => 'v'), 'v');
    for (const nothing of [undefined, null, 5]) {
      await assert.rejects(
        store.getOrSet('other', () => nothing),
        { code: 'BAD_ARGUMENT' },
      );
    }
    await assert.rejects(
      store.getOrSet('k', () => 'v', { ttl: 0 }),
      { code: 'BAD_ARGUMENT' },
    );
    await assert.rejects(
      store.getOrSet('', () => 'v'),
      { code: 'BAD_KEY' },
    );
  });

  test('all who wait learn of the failure', async () => {
    const { store } = await withClock();
    const { load, loads } = heldLoader();
    const asked = [1, 2, 3].map(() => store.getOrSet('k', load));
    await soon();
    loads[0].fail(new Error('broken'));
    for (const { reason } of await Promise.allSettled(asked)) assert.equal(reason.message, 'broken');
    assert.equal(loads.length, 1);
  });

  test('too large to be stored is good all the same', async () => {
    const store = await open({ maxItemSize: 1024 });
    const large = 'v'.repeat(5000);
    assert.equal(await store.getOrSet('k', () => large), large);
    assert.equal(store.has('k'), false);
  });

  test('that was stored, deleted or cleared meanwhile: the store keeps the newer state', async () => {
    for (const [change, after] of [
      [(s) => s.set('k', 'newer'), 'newer'],
      [(s) => s.delete('k'), undefined],
      [(s) => s.clear(), undefined],
    ]) {
      const { store } = await withClock();
      const { load, loads } = heldLoader();
      const asked = store.getOrSet('k', load);
      await soon();
      change(store);
      loads[0].succeed();
      assert.equal(await asked, 'loaded1');
      assert.equal(store.get('k'), after);
    }
  });
});

describe('a value to be renewed', () => {
  test('early: one loads, the others get the old value', async () => {
    const { store, clock } = await withClock();
    const { load, loads } = heldLoader('new');
    const options = { ttl: 60_000, refreshBelow: 10_000 };
    await store.getOrSet('k', () => 'old', options);
    clock.now += 40_000;
    assert.equal(await store.getOrSet('k', load, options), 'old');
    clock.now += 11_000;
    const winner = store.getOrSet('k', load, options);
    await soon();
    assert.equal(await store.getOrSet('k', load, options), 'old');
    loads[0].succeed();
    assert.equal(await winner, 'new1');
    assert.equal(await store.getOrSet('k', load, options), 'new1');
    assert.equal(loads.length, 1);
  });

  test('early, and the loader fails: it is still fresh', async () => {
    const { store, clock } = await withClock();
    const options = { ttl: 60_000, refreshBelow: 10_000 };
    await store.getOrSet('k', () => 'old', options);
    clock.now += 55_000;
    assert.equal(
      await store.getOrSet(
        'k',
        () => {
          throw new Error('broken');
        },
        options,
      ),
      'old',
    );
    assert.equal(await store.getOrSet('k', () => assert.fail(), options), 'old');
    clock.now += 6000;
    await assert.rejects(
      store.getOrSet(
        'k',
        () => {
          throw new Error('broken');
        },
        options,
      ),
      /broken/,
    );
  });

  test('beyond its TTL: served while one loads, and when that fails', async () => {
    const { store, clock } = await withClock();
    const { load, loads } = heldLoader('new');
    const options = { ttl: 60_000, staleIfError: 300_000 };
    await store.getOrSet('k', () => 'old', options);
    clock.now += 59_000;
    assert.equal(await store.getOrSet('k', load, options), 'old');
    clock.now += 2000;
    const winner = store.getOrSet('k', load, options);
    await soon();
    assert.equal(await store.getOrSet('k', load, options), 'old');
    loads[0].fail(new Error('broken'));
    assert.equal(await winner, 'old');
    const next = store.getOrSet('k', load, options); // and the next one tries again
    await soon();
    loads[1].succeed();
    assert.equal(await next, 'new2');
    clock.now += 61_000 + 300_000;
    await assert.rejects(
      store.getOrSet(
        'k',
        () => {
          throw new Error('broken');
        },
        options,
      ),
      /broken/,
    );
  });

  test('because it was marked stale', async () => {
    const { store } = await withClock();
    const { load, loads } = heldLoader('new');
    store.set('k', 'old');
    store.markStale('k');
    const winner = store.getOrSet('k', load);
    await soon();
    assert.equal(await store.getOrSet('k', load), 'old');
    loads[0].fail(new Error('broken'));
    await assert.rejects(winner, /broken/);
    const next = store.getOrSet('k', load);
    await soon();
    store.markStale('k'); // once more, while it loads: what is loaded may be stale already
    loads[1].succeed();
    assert.equal(await next, 'new2');
    assert.equal(store.get('k'), 'old');
    assert.equal(await store.getOrSet('k', () => 'newest'), 'newest');
    assert.equal(store.getItem('k').stale, false);
  });

  test('in the background, where the host waits for that', async () => {
    const { store } = await withClock();
    const { load, loads } = heldLoader('new');
    const promises = [];
    const options = { waitUntil: (promise) => promises.push(promise) };
    store.set('k', 'old');
    store.markStale('k');
    assert.equal(await store.getOrSet('k', load, options), 'old');
    loads[0].succeed();
    await promises[0];
    assert.equal(store.get('k'), 'new1');
    store.markStale('k');
    await store.getOrSet('k', load, options);
    loads[1].fail(new Error('broken'));
    await promises[1]; // does not reject
    await store.getOrSet('nobody', () => 'v', options);
    assert.equal(promises.length, 2);
  });
});

describe('giving up', () => {
  test('one of several leaves; the last one ends the load', async () => {
    const { store } = await withClock();
    const { load, loads } = heldLoader();
    const [a, b] = [new AbortController(), new AbortController()];
    const asked = [a, b].map(({ signal }) => store.getOrSet('k', load, { signal }));
    const outcomes = Promise.allSettled(asked);
    await soon();
    a.abort(new Error('a'));
    await assert.rejects(asked[0], /^Error: a$/);
    assert.equal(loads[0].signal.aborted, false);
    b.abort(new Error('b'));
    await outcomes;
    await soon();
    assert.equal(loads[0].signal.aborted, true);
    assert.equal(store.has('k'), false);
    assert.equal(await store.getOrSet('k', () => 'v'), 'v');
  });

  test('also while waiting for another user, and before it began', async () => {
    const { store } = await withClock();
    store.getItem('k', { lease: 60_000 });
    const controller = new AbortController();
    const asked = store.getOrSet('k', () => assert.fail(), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 5);
    await assert.rejects(asked, /enough/);
    await assert.rejects(
      store.getOrSet('k', () => assert.fail(), { signal: AbortSignal.abort() }),
      { name: 'AbortError' },
    );
  });

  test('a loader that does not listen still fills the cache', async () => {
    const { store } = await withClock();
    const controller = new AbortController();
    let finish;
    const asked = store.getOrSet(
      'k',
      () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
      { signal: controller.signal },
    );
    await soon();
    controller.abort();
    await assert.rejects(asked);
    finish('v');
    await soon();
    assert.equal(store.get('k'), 'v');
  });

  test('after success no signal fires', async () => {
    const { store } = await withClock();
    let signal;
    await store.getOrSet('k', (_, context) => {
      ({ signal } = context);
      return 'v';
    });
    await soon();
    assert.equal(signal.aborted, false);
  });
});
