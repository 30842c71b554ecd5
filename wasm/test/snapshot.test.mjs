// snapshot() and restore(): all that matters comes back, and what is no snapshot does no harm.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { open } from '../dist/esm/index.js';

const START_MS = 1_800_000_000_000;
const seed = seedFromEnvironment(Date.now() % 1_000_000);
const clock = { now: START_MS };
const now = () => clock.now;
const bad = { code: 'BAD_SNAPSHOT' };

async function filled(items = 5000) {
  clock.now = START_MS;
  const store = await open({ now });
  for (let i = 0; i < items; ++i) store.set(`key${i}`, `${i}`.repeat(i % 200), { flags: i, ttl: i % 3 ? 100_000 : undefined });
  for (const length of [4096, 65_000, 65_513, 65_536, 70_000, 1_000_000]) store.set(`large${length}`, 'L'.repeat(length), { flags: length });
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
  const items = store.size - 1;  // a lease is not saved: who was to fill it is not here
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
  const small = await open({ now, maxBytes: 1 << 20 });
  small.restore(bytes);
  assert.ok(small.size > 0 && small.bytes <= 1 << 20);
  const strict = await open({ now, maxItemSize: 5000 });
  strict.restore(bytes);
  assert.equal(strict.has('large4096'), true);
  assert.equal(strict.has('large70000'), false);
});

test('an empty one', async () => {
  const store = await open();
  const bytes = store.snapshot();
  assert.equal(bytes.length, 16);
  assert.equal(store.restore(bytes), 0);
});

test('damage is found before anything is stored', async () => {
  const bytes = (await filled(300)).snapshot();
  const random = new Random(seed);
  const store = await open({ now });
  for (const garbage of [new Uint8Array(0), new Uint8Array(16), new TextEncoder().encode('isocache'), bytes.subarray(0, bytes.length - 1)]) {
    assert.throws(() => store.restore(garbage), bad);
  }
  for (let i = 0; i < 300; ++i) {
    const damaged = bytes.slice(0, random.oneIn(3) ? random.below(bytes.length) : bytes.length);
    if (damaged.length > 0) damaged[random.below(damaged.length)] ^= 1 << random.below(8);
    assert.throws(() => store.restore(damaged), bad, `ISOCACHE_SEED=${seed}`);
  }
  const future = bytes.slice();
  future[8] = 2;
  assert.throws(() => store.restore(future), /version is 2/);
  assert.equal(store.size, 0);
});

// Garbage with a good checksum: what only a malicious writer makes. It may store something, but must not trap.
test('forged records do no harm', async () => {
  const random = new Random(seed);
  const donor = await filled(50);
  const bytes = donor.snapshot().slice(0, 60_000);
  const store = await open({ now, maxBytes: 4 << 20 });
  for (let i = 0; i < 500; ++i) {
    const forged = bytes.slice(0, 16 + random.below(bytes.length - 16));
    for (let n = random.below(5); n >= 0 && forged.length > 16; --n) forged[16 + random.below(Math.min(forged.length - 16, 3000))] = random.next() & 0xff;
    resign(forged);
    try {
      store.restore(forged);
    } catch (error) {
      assert.equal(error.code, 'BAD_SNAPSHOT', `ISOCACHE_SEED=${seed}: ${error.stack}`);
      assert.doesNotMatch(error.message, /damaged/);
    }
    store.set('alive', 'yes');
    assert.equal(store.get('alive'), 'yes');
  }
});

/** Gives the bytes the checksum that restore() wants: it is the module's own, over pieces of 64 KiB. */
function resign(bytes) {
  bytes.set(checksumOf(bytes.subarray(16)), 12);
}

const { Engine } = await import('../dist/esm/engine.js');
const { readFileSync } = await import('node:fs');
const engine = new Engine(new WebAssembly.Module(readFileSync(new URL('../dist/isocache.wasm', import.meta.url))),
  { maxBytes: 1 << 20, maxItemSize: 1024, hashSeed: 0n, nowS: 0, onEvict: undefined });

function checksumOf(payload) {
  let sum = 0;
  for (let at = 0; at < payload.length; at += 65_536) {
    const part = payload.subarray(at, at + 65_536);
    engine.bytes.set(part, engine.scratch);
    sum = engine.calls.checksum(part.length, sum) >>> 0;
  }
  return new Uint8Array(Uint32Array.of(sum).buffer);
}
