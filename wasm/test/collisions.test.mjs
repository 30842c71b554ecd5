// Keys that somebody has chosen so that they collide: sets stay fast, values are each key's own, and afterwards
// ordinary items find room.
//
// The seed is the test's. Without it nobody finds keys as those of the second kind, whatever their number. What
// happens when all keys share a bucket, a tag and more is in tests/unit/ (StoreWorst), with a hash that
// tests can make weak; the package has no such knob.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { open } from '../dist/esm/entry/index.js';
import { sipHash } from './lib/siphash.mjs';

const SEED = 0x0123456789abcdef_fedcba9876543210n;
const MIB = 1 << 20;
const text = new TextEncoder();

/** Keys of one hash under rapidhash, whatever its seed: they begin with one of its multiplicands. */
function rapidhashKeys(count) {
  const keys = [];
  for (let i = 0; i < count; ++i) {
    const key = new Uint8Array(32);
    new DataView(key.buffer).setBigUint64(0, 0x4b33a62ed433d4a3n, true);
    key.set(text.encode(String(i).padStart(8, '0')), 8);
    key.set(text.encode('abcdefghijklmnop'), 16);
    keys.push(key);
  }
  return keys;
}

/** Keys whose hashes have the same upper bits (of the bucket), or lower bits (of its tag). */
function keysOfOneHash(count, { upper = 0, lower = 0 }) {
  const hash = sipHash(SEED);
  const keys = [];
  for (let i = 0; keys.length < count; ++i) {
    if (hash(i, 5, 6, 7) >>> (32 - upper) !== 1 && upper !== 0) continue;
    if ((hash.lower & ((1 << lower) - 1)) !== lower) continue;
    keys.push(new Uint8Array(Int32Array.of(i, 5, 6, 7).buffer));
  }
  return keys;
}

const ordinaryKeys = (count) =>
  Array.from({ length: count }, (_, i) => text.encode(`ordinary:${String(i).padStart(7, '0')}`));

const newStore = () => open({ hashSeed: SEED, maxBytes: 64 * MIB });

/** The milliseconds that it takes to set all keys and read them. */
function use(store, keys) {
  const start = performance.now();
  for (const [i, key] of keys.entries()) store.set(key, `${i}`);
  const wrong = keys.findIndex((key, i) => store.get(key) !== `${i}`);
  assert.equal(wrong, -1, `key ${wrong} has another value`);
  return performance.now() - start;
}

async function bounded(keys, times) {
  const store = await newStore();
  const took = use(store, keys);
  const usual = use(await newStore(), ordinaryKeys(keys.length));
  assert.ok(took < times * usual + 200, `${took} ms; ordinary keys: ${usual} ms`);
  assert.equal(store.size, keys.length);
  return store;
}

/** After flush_all and clear(), sets of other keys do not fail, also not while what was flushed is still there. */
function ordinarySetsSucceed(store) {
  for (const empty of [() => store.clear(), () => store.connect().feed('flush_all\r\n')]) {
    empty();
    use(store, ordinaryKeys(50_000));
    assert.equal(store.size, 50_000);
  }
}

test('keys of one rapidhash', async () => {
  ordinarySetsSucceed(await bounded(rapidhashKeys(50_000), 5));
});

test('more keys than a page of the index holds, all on one page', async () => {
  ordinarySetsSucceed(await bounded(keysOfOneHash(25_000, { upper: 6 }), 20));
});

test('keys that begin in one bucket', async () => {
  ordinarySetsSucceed(await bounded(keysOfOneHash(3000, { upper: 10 }), 20));
});

test('keys of one tag', async () => {
  ordinarySetsSucceed(await bounded(keysOfOneHash(3000, { upper: 2, lower: 8 }), 20));
});
