// One item after the other: storing, time, getItem.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { open } from '../dist/esm/entry/index.js';
import { DAY_MS, withClock, fails } from './lib/clocked-store.mjs';

describe('storing', () => {
  test('add, replace, append, prepend', async () => {
    const store = await open();
    assert.equal(store.replace('k', '0'), false);
    assert.equal(store.append('k', '0'), false);
    assert.equal(store.prepend('k', '0'), false);
    assert.equal(store.add('k', '2'), true);
    assert.equal(store.add('k', '3'), false);
    assert.equal(store.append('k', '3'), true);
    assert.equal(store.prepend('k', '1'), true);
    assert.equal(store.get('k'), '123');
    assert.equal(store.replace('k', '4', { flags: 9 }), true);
    assert.equal(store.getItem('k').flags, 9);
  });

  test('the same with values that go straight into item memory', async () => {
    const store = await open();
    const [a, b] = ['a'.repeat(100_000), 'b'.repeat(100_000)];
    assert.equal(store.replace('k', a), false);
    assert.equal(store.add('k', a), true);
    assert.equal(store.add('k', a), false);
    assert.equal(store.append('k', b), true);
    assert.equal(store.prepend('k', b), true);
    assert.equal(store.get('k'), b + a + b);
    assert.equal(store.cas('k', a, 1n), 'exists');
    assert.equal(store.cas('k', a, store.getItem('k').cas), 'stored');
    assert.equal(store.get('k'), a);
    assert.equal(store.stats().all.curr_items, '1');
  });

  test('cas', async () => {
    const store = await open();
    assert.equal(store.cas('k', 'v', 5n), 'notFound');
    store.set('k', 'v');
    const { cas } = store.getItem('k');
    assert.equal(store.cas('k', 'w', cas, { ttl: 5000 }), 'stored');
    assert.equal(store.cas('k', 'x', cas), 'exists');
    assert.equal(store.get('k'), 'w');
    for (const bad of [-1n, 1n << 64n, 1.5]) assert.throws(() => store.cas('k', 'v', bad), fails('BAD_ARGUMENT'));
  });

  test('counters', async () => {
    const { store, clock } = await withClock();
    assert.equal(store.incr('n'), undefined);
    assert.equal(store.incr('n', 1n, { initial: 10n, ttl: 1000 }), 10n);
    assert.equal(store.incr('n'), 11n);
    assert.equal(store.incr('n', 31), 42n);
    assert.equal(store.decr('n', 2n), 40n);
    assert.equal(store.decr('n', 41n), 0n);
    assert.equal(store.incr('n', (1n << 64n) - 1n), (1n << 64n) - 1n);
    assert.equal(store.incr('n', 2n), 1n);
    clock.now += 2000;
    assert.equal(store.decr('n'), undefined);
    store.set('text', 'no number');
    assert.throws(() => store.incr('text'), fails('NON_NUMERIC'));
    for (const delta of [-1n, 1n << 64n, 0.5, NaN]) assert.throws(() => store.incr('n', delta), fails('BAD_ARGUMENT'));
  });

  test('a number that gets shorter has no spaces after it, and keeps its flags and TTL', async () => {
    const { store, clock } = await withClock();
    store.set('n', '10', { ttl: 5000, flags: 7 });
    const { ttl: before } = store.getItem('n');
    assert.equal(store.decr('n'), 9n);
    assert.equal(store.get('n'), '9');
    const { flags, ttl, size } = store.getItem('n');
    assert.deepEqual({ flags, ttl, size }, { flags: 7, ttl: before, size: 1 });
    store.set('m', '18446744073709551615');
    assert.equal(store.incr('m'), 0n);
    assert.equal(store.get('m'), '0');
    clock.now += before;
    assert.equal(store.get('n'), undefined);
    assert.equal(store.get('m'), '0');
  });

  test('keys with half a surrogate pair are refused; in values U+FFFD stands for one', async () => {
    const store = await open();
    for (const key of ['\ud800', 'a\udfff', `${'ü'.repeat(60)}\udbff`, '\ude00\ud83d'])
      assert.throws(() => store.set(key, 'v'), fails('BAD_KEY'));
    store.set('\ud83d\ude00', 'a\ud800b');
    assert.equal(store.get('\ud83d\ude00'), 'a\ufffdb');
  });

  test('delete, has, touch', async () => {
    const { store, clock } = await withClock();
    assert.equal(store.delete('k'), false);
    assert.equal(store.touch('k', 1000), false);
    store.set('k', 'v');
    assert.equal(store.has('k'), true);
    assert.equal(store.getItem('k').hit, false);
    assert.equal(store.touch('k', 1000), true);
    clock.now += 2000;
    assert.equal(store.has('k'), false);
    store.set('k', 'v');
    assert.equal(store.delete('k'), true);
    assert.equal(store.has('k'), false);
  });

  test('too large, or flags that are no number of 32 bits', async () => {
    const store = await open({ maxItemSize: 2000 });
    store.set('k', 'old');
    assert.throws(() => store.set('k', 'v'.repeat(2000)), fails('TOO_LARGE'));
    assert.equal(store.get('k'), undefined); // never stale after a set that was accepted and failed
    assert.throws(() => store.set('k', new Uint8Array(200_000)), fails('TOO_LARGE'));
    for (const flags of [-1, 2 ** 32, NaN]) assert.throws(() => store.set('k', 'v', { flags }), fails('BAD_ARGUMENT'));
    store.set('k', 'v', { flags: 0xffffffff });
    assert.equal(store.getItem('k').flags, 0xffffffff);
  });
});

describe('time', () => {
  test('a value lives at least as long as asked, and less than a second longer', async () => {
    const { store, clock } = await withClock();
    for (const ttl of [1, 749, 750, 751, 1000, 60_000, 40 * 86_400_000]) {
      store.set('k', 'v', { ttl });
      const start = clock.now;
      clock.now = start + ttl - 1;
      assert.equal(store.get('k'), 'v', `${ttl} ms`);
      clock.now = start + ttl + 1000;
      assert.equal(store.get('k'), undefined, `${ttl} ms`);
    }
  });

  test('also where the clock begins at 0', async () => {
    const clock = { now: 0 };
    const store = await open({ now: () => clock.now });
    for (const start of [0, 5000, 3_000_000_000]) {
      clock.now = start;
      store.set('k', 'v', { ttl: 60_000 });
      clock.now = start + 59_999;
      assert.equal(store.get('k'), 'v');
      clock.now = start + 61_000;
      assert.equal(store.get('k'), undefined);
    }
  });

  // The engine's seconds have 32 bits, of which JavaScript's operators make a sign in 2038.
  for (const [when, startMs] of [
    ['2038-01-19 03:14:07', 0x7fffffff * 1000],
    ['2038-01-19 03:14:08', 0x80000000 * 1000],
    ['2050', Date.UTC(2050)],
    ['2105', Date.UTC(2105)],
  ]) {
    test(`in ${when}`, async () => {
      const evicted = [];
      const { store, clock } = await withClock({ maxBytes: 1 << 20, onEvict: ({ expires }) => evicted.push(expires) });
      clock.now = startMs;
      for (const ttl of [1, 1000, 60_000, 30 * DAY_MS, 30 * DAY_MS + 1000, 100 * DAY_MS, 365 * DAY_MS]) {
        const start = clock.now;
        store.set('k', 'v', { ttl });
        assert.equal(store.getItem('k').ttl, Math.ceil((start + ttl) / 1000) * 1000 - start, `${ttl} ms`);
        const copy = await open({ now: () => clock.now });
        assert.equal(copy.restore(store.snapshot()), 1);
        clock.now = start + ttl - 1;
        assert.equal(store.get('k'), 'v', `${ttl} ms`);
        assert.equal(copy.get('k'), 'v', `${ttl} ms`);
        clock.now = start + ttl + 1000;
        assert.equal(store.get('k'), undefined, `${ttl} ms`);
        assert.equal(copy.get('k'), undefined, `${ttl} ms`);
        assert.deepEqual([...store.keys()], []);
        clock.now = start;
      }
      store.set('never', 'v');
      store.set('touched', 'v', { ttl: 1000 });
      assert.ok(store.touch('touched', 5000));
      assert.equal(store.incr('n', 1n, { initial: 1n, ttl: 5000 }), 1n);
      store.setMany([['a', '1']], { ttl: 5000 });
      assert.equal(await store.getOrSet('loaded', () => 'v', { ttl: 5000 }), 'v');
      clock.now += 4999;
      assert.deepEqual(store.getMany(['never', 'touched', 'n', 'a', 'loaded']), ['v', 'v', '1', '1', 'v']);
      clock.now += 1001;
      assert.deepEqual(store.getMany(['never', 'touched', 'n', 'a', 'loaded']), [
        'v',
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
      assert.equal(Number(store.stats().all.time), Math.floor(clock.now / 1000));
      const ends = Math.ceil((clock.now + DAY_MS) / 1000) * 1000;
      for (let i = 0; i < 3000; ++i) store.set(`k${i}`, 'x'.repeat(1000), { ttl: DAY_MS });
      assert.ok(evicted.includes(ends));
    });
  }

  test('it ends in 2106, without beginning anew', async () => {
    const { store, clock } = await withClock();
    clock.now = (0xffffffff - 50) * 1000;
    store.set('long', 'v', { ttl: 100_000 });
    store.set('short', 'v', { ttl: 10_000 });
    store.set('never', 'v');
    assert.equal(store.getItem('long').ttl, 50_000);
    assert.equal(store.getItem('short').ttl, 10_000);
    for (clock.now += 60_000; clock.now < Date.UTC(2107); clock.now += 100 * DAY_MS) {
      assert.deepEqual(store.getMany(['long', 'short', 'never']), [undefined, undefined, 'v']);
      store.set('k', 'v', { ttl: 60_000 });
      assert.equal(store.get('k'), undefined);
    }
  });

  test('TTLs that are none are refused', async () => {
    const store = await open();
    for (const ttl of [0, -1, NaN]) assert.throws(() => store.set('k', 'v', { ttl }), fails('BAD_ARGUMENT'));
    store.set('k', 'v', { ttl: Infinity });
    assert.ok(store.getItem('k').ttl > 1e9);
  });

  test('a delayed flush is seen by every read', async () => {
    const { store, clock } = await withClock();
    store.setMany([
      ['a', '1'],
      ['b', '2'],
    ]);
    store.execute('flush_all 5\r\n');
    clock.now += 4000;
    assert.equal(store.get('a'), '1');
    clock.now += 1000;
    assert.equal(store.get('a'), undefined);
    assert.deepEqual(store.getMany(['b']), [undefined]);
    assert.equal(store.size, 0);
  });
});

describe('getItem', () => {
  test('tells what the cache knows, as it was before', async () => {
    const { store, clock } = await withClock();
    store.set('k', 'value', { ttl: 10_000, flags: 3 });
    clock.now += 2000;
    const first = store.getItem('k');
    assert.equal(first.text(), 'value');
    const { value, text, cas, ...rest } = first;
    assert.ok(cas > 0n);
    // 10.25 s after a full second, rounded up to a full second: 11 s, of which 2.25 are over.
    assert.deepEqual(rest, {
      flags: 3,
      ttl: 8750,
      size: 5,
      idle: 2000,
      hit: false,
      stale: false,
      won: false,
      lost: false,
    });
    const second = store.getItem('k');
    assert.equal(second.hit, true);
    assert.equal(second.idle, 0);
    assert.equal(store.getItem('nobody'), undefined);
  });

  test('peeks without a trace, and gives a new TTL', async () => {
    const { store, clock } = await withClock();
    store.set('k', 'v');
    clock.now += 3000;
    assert.equal(store.getItem('k', { peek: true }).idle, 3000);
    assert.equal(store.getItem('k', { touch: 1000 }).hit, false);
    assert.ok(store.getItem('k').ttl <= 2000);
  });

  test('a stale item goes to one reader as won, to others as lost', async () => {
    const { store } = await withClock();
    assert.equal(store.markStale('k'), false);
    store.set('k', 'v');
    assert.equal(store.markStale('k', { ttl: 30_000 }), true);
    const states = [1, 2]
      .map(() => store.getItem('k', { win: true }))
      .map(({ stale, won, lost, ttl }) => ({ stale, won, lost, short: ttl <= 30_750 }));
    assert.deepEqual(states, [
      { stale: true, won: true, lost: false, short: true },
      { stale: true, won: false, lost: true, short: true },
    ]);
    store.set('k', 'w');
    assert.equal(store.getItem('k').stale, false);
  });

  test('a lease, and an early winner', async () => {
    const { store, clock } = await withClock();
    const [mine, other] = [store.getItem('k', { lease: 5000 }), store.getItem('k', { lease: 5000 })];
    assert.deepEqual([mine.won, mine.size, other.won, other.lost], [true, 0, false, true]);
    assert.equal(store.cas('k', 'v', mine.cas, { ttl: 20_000 }), 'stored');
    assert.equal(store.getItem('k', { lease: 5000, refreshBelow: 10_000 }).won, false);
    clock.now += 15_000;
    assert.equal(store.getItem('k', { refreshBelow: 10_000 }).won, true);
    assert.equal(store.getItem('k', { refreshBelow: 10_000 }).lost, true);
  });
});
