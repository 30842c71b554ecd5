// snapshot() and restore(): all that matters comes back. What is no good snapshot: snapshot-damage.test.mjs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open } from '../dist/esm/entry/index.js';
import { asVersion1 } from './lib/snapshots.mjs';

const START_MS = 1_800_000_000_000;
const clock = { now: START_MS };
const now = () => clock.now;
const MIB = 1 << 20;

async function filled(items = 5000) {
  clock.now = START_MS;
  const store = await open({ now });
  for (let i = 0; i < items; ++i)
    store.set(`key${i}`, `${i}`.repeat(i % 200), { flags: i, ttl: i % 3 ? 100_000 : undefined });
  for (const length of [4096, 65_000, 65_513, 65_536, 70_000, 1_000_000])
    store.set(`large${length}`, 'L'.repeat(length), { flags: length });
  store.set(new Uint8Array([0, 1, 255, 32]), new Uint8Array([0, 255]));
  store.set('stale', 'v');
  store.markStale('stale');
  store.set('short-lived', 'v', { ttl: 2000 });
  store.getItem('lease', { lease: 60_000 });
  return store;
}

test('everything comes back', async () => {
  const store = await filled();
  const bytes = store.snapshot();
  const copy = await open({ now, hashSeed: 99n });
  copy.set('key7', 'overwritten');
  copy.set('mine', 'stays');
  const items = store.size - 1; // a lease is not saved: who was to fill it is not here
  assert.equal(copy.restore(bytes), items);
  assert.equal(copy.size, items + 1);
  assert.equal(copy.get('mine'), 'stays');
  for (const key of store.keys()) {
    const [{ text: a, ...from }, { text: b, ...to }] = [store, copy].map((s) => s.getItem(key, { peek: true }) ?? {});
    assert.deepEqual(to, from, key);
  }
  assert.deepEqual(copy.getBytes(new Uint8Array([0, 1, 255, 32])), new Uint8Array([0, 255]));
});

test('cas ids go on behind those that came back', async () => {
  const store = await filled(100);
  const copy = await open({ now });
  copy.restore(store.snapshot());
  const { cas } = store.getItem('key99');
  copy.set('new', 'v');
  assert.ok(copy.getItem('new').cas > cas);
  assert.equal(copy.cas('key99', 'v', cas), 'stored');
});

test('what has expired meanwhile does not come back', async () => {
  const store = await filled(0);
  const bytes = store.snapshot();
  clock.now += 3000;
  const copy = await open({ now });
  assert.equal(copy.restore(bytes), store.size - 2);
  assert.equal(copy.has('short-lived'), false);
  assert.equal(copy.getItem('lease', { lease: 1000 }).won, true, 'nor does a lease, whose owner is not here');
});

test('into a smaller store, or one with smaller items', async () => {
  const bytes = (await filled()).snapshot();
  const small = await open({ now, maxBytes: MIB });
  assert.equal(small.restore(bytes), small.size);
  assert.ok(small.size > 0 && small.bytes <= MIB);
  const strict = await open({ now, maxItemSize: 5000 });
  strict.set('large65536', 'not what the snapshot has');
  assert.equal(strict.restore(bytes), strict.size);
  assert.equal(strict.has('large4096'), true);
  assert.equal(strict.has('large65536'), false);
  assert.equal(strict.has('large70000'), false);
});

test('the count is of what is there in the end, and only of what came with the snapshot', async () => {
  const bytes = (await filled(8000)).snapshot();
  const store = await open({ now, maxBytes: MIB });
  for (let i = 0; i < 20_000; ++i) store.set(`mine${i}`, 'v'.repeat(50));
  const count = store.restore(bytes);
  const theirs = [...store.keys()].filter((key) => !key.startsWith('mine')).length;
  assert.equal(count, theirs);
  assert.ok(count > 0 && count < 8000, `${count}`);
});

test('a cas id that a client chose from the upper half does not lead new ones round to 0', async () => {
  const store = await open({ now });
  store.set('key', 'v');
  store.connect().feed('ms key 1 E18446744073709551614\r\nx\r\n');
  const copy = await open({ now });
  assert.equal(copy.restore(store.snapshot()), 1);
  assert.equal(copy.getItem('key').cas, 18446744073709551614n);
  const ids = ['a', 'b', 'c'].map((key) => {
    copy.set(key, 'v');
    return copy.getItem(key).cas;
  });
  assert.deepEqual(
    ids.map((id) => id > 1n && id < 1000n),
    [true, true, true],
    `${ids}`,
  );
});

// As version 1 was written, with an item of each kind.
test('a snapshot of version 1', async () => {
  const bytes = Buffer.from(
    `aXNvY2FjaGUBAAAAVxuzIwUAAAAHAAAAAgAAAAAAAAAAAAAABQBwbGFpbnZhbHVlCgAAAAAAAAADAAAAAAAAAAHSSWsHAGV4cGly
    ZXNpbiAxLDAwMCBzAgAAAAAAAAAEAAAAAAAAAAAAAAAECAAB/yAA/wMAAAAAAAAABgAAAAAAAAAAAAAABQJzdGFsZW9sZAUAAAAAAAAABwAAAAAAAAAAAAAA
    BAFyZWFkb2Z0ZW4=`,
    'base64',
  );
  clock.now = START_MS;
  const store = await open({ now });
  assert.equal(store.restore(bytes), 5);
  assert.equal(store.getItem('plain').flags, 7);
  assert.equal(store.get('plain'), 'value');
  assert.ok(store.getItem('expires').ttl > 0);
  assert.deepEqual(store.getBytes(new Uint8Array([0, 1, 255, 32])), new Uint8Array([0, 255]));
  assert.equal(store.getItem('stale', { peek: true }).stale, true);
  assert.equal(store.get('read'), 'often');
});

// --- what eviction knows --------------------------------------------------------------------------

const HOT = 1000;
const value = 'v'.repeat(200);
const hotOnes = (store) => [...store.keys()].filter((key) => key.startsWith('hot')).length;

/** A full store, a few of whose items are read again and again. */
async function withHotItems(maxBytes) {
  const store = await open({ now, maxBytes });
  for (let i = 0; i < HOT; ++i) store.set(`hot${i}`, value);
  for (let round = 0; round < 20; ++round) {
    for (let i = 0; i < HOT; ++i) store.get(`hot${i}`);
    for (let i = 0; i < maxBytes / 2500; ++i) store.set(`cold${round}-${i}`, value);
  }
  assert.equal(hotOnes(store), HOT);
  return store;
}

/** New items, three times as many as there is room for: nobody reads any. */
function sweep(store, maxBytes) {
  for (let i = 0; i < maxBytes / 80; ++i) store.set(`new${i}`, value);
  assert.ok(store.stats().evictions > 0);
}

test('hot items stay hot: they outlive as many new ones as they would have without a restart', async () => {
  const store = await withHotItems(4 * MIB);
  const bytes = store.snapshot();
  for (const maxBytes of [4 * MIB, 2 * MIB]) {
    const copy = await open({ now, maxBytes });
    assert.equal(copy.restore(bytes), copy.size);
    assert.equal(hotOnes(copy), HOT);
    sweep(copy, maxBytes);
    const forgetful = await open({ now, maxBytes });
    forgetful.restore(asVersion1(bytes));
    sweep(forgetful, maxBytes);
    assert.ok(hotOnes(copy) > 0.9 * HOT, `${hotOnes(copy)} of ${HOT} are left`);
    assert.equal(hotOnes(forgetful), 0);
  }
  sweep(store, 4 * MIB);
  assert.ok(hotOnes(store) > 0.9 * HOT);
});

test('reads still count as they did: an item that was read once is promoted once', async () => {
  const store = await open({ now, maxBytes: 4 * MIB });
  store.set('read', value);
  store.set('not read', value);
  store.get('read');
  const copy = await open({ now, maxBytes: 4 * MIB });
  copy.restore(store.snapshot());
  sweep(copy, 4 * MIB);
  assert.equal(copy.has('read'), true);
  assert.equal(copy.has('not read'), false);
});

test('large items keep it as well', async () => {
  const store = await open({ now, maxBytes: 8 * MIB });
  for (const name of ['read', 'not read']) store.set(name, 'L'.repeat(300_000));
  store.get('read');
  const copy = await open({ now, maxBytes: 8 * MIB });
  copy.restore(store.snapshot());
  for (let i = 0; i < 30; ++i) copy.set(`new${i}`, 'n'.repeat(300_000));
  assert.equal(copy.has('read'), true);
  assert.equal(copy.has('not read'), false);
});

test('what is oldest goes first, as it would have', async () => {
  const store = await open({ now, maxBytes: 4 * MIB });
  for (let i = 0; i < 200_000; ++i) store.set(`key${i}`, 'v'.repeat(20 + (i % 4) * 100));
  const copy = await open({ now, maxBytes: 4 * MIB });
  copy.restore(store.snapshot());
  for (const each of [store, copy]) for (let i = 0; i < 8000; ++i) each.set(`new${i}`, value);
  const left = [store, copy].map((each) => new Set([...each.keys()].filter((key) => key.startsWith('key'))));
  const both = [...left[0]].filter((key) => left[1].has(key)).length;
  assert.ok(both > 0.93 * left[0].size, `${both} of ${left[0].size} and ${left[1].size}`);
});

test('an empty one', async () => {
  const store = await open();
  const bytes = store.snapshot();
  assert.equal(bytes.length, 16);
  assert.equal(store.restore(bytes), 0);
});
