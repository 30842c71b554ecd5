// What is no snapshot, or one that somebody has changed, is refused as a whole: nothing of it is stored.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { open } from '../dist/esm/entry/index.js';
import { HEADER_BYTES, records, resign } from './lib/snapshots.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);
const bad = { code: 'BAD_SNAPSHOT' };

const now = () => 1_800_000_000_000;

async function filled(items) {
  const store = await open({ now });
  for (let i = 0; i < items; ++i)
    store.set(`key${i}`, `${i}`.repeat(i % 200), { flags: i, ttl: i % 3 ? 100_000 : undefined });
  store.set('large', 'L'.repeat(100_000));
  return store;
}

test('damage is found before anything is stored', async () => {
  const bytes = (await filled(300)).snapshot();
  const random = new Random(seed);
  const store = await open({ now });
  for (const garbage of [
    new Uint8Array(0),
    new Uint8Array(16),
    new TextEncoder().encode('isocache'),
    bytes.subarray(0, bytes.length - 1),
  ]) {
    assert.throws(() => store.restore(garbage), bad);
  }
  for (let i = 0; i < 300; ++i) {
    const damaged = bytes.slice(0, random.oneIn(3) ? random.below(bytes.length) : bytes.length);
    if (damaged.length > 0) damaged[random.below(damaged.length)] ^= 1 << random.below(8);
    assert.throws(() => store.restore(damaged), bad, `ISOCACHE_SEED=${seed}`);
  }
  for (const version of [0, 3, 255]) {
    const future = bytes.slice();
    future[8] = version;
    assert.throws(() => store.restore(future), new RegExp(`version is ${version},`));
  }
  assert.equal(store.size, 0);
});

/** Everything that a restore could change, in one string. */
function contents(store) {
  const { total_items: stored, evictions } = store.stats();
  return `${stored} stored, ${evictions} evicted, ${store.size} items: ${Buffer.from(store.snapshot()).toString('base64')}`;
}

const broken = {
  'no key': (bytes, at) => {
    bytes[at + 20] = 0;
  },
  'a key that is too long': (bytes, at) => {
    bytes[at + 20] = 251;
  },
  'bits that mean nothing': (bytes, at) => {
    bytes[at + 21] |= 0x80;
  },
  'a value that ends behind the last byte': (bytes, at) => {
    bytes[at] += 1;
  },
  'a value of 4 GB': (bytes, at) => {
    bytes.fill(255, at, at + 4);
  },
};

test('a last record that makes no sense: the store stays as it was', async () => {
  const donor = await filled(500);
  donor.set('last', 'v');
  const store = await open({ now });
  store.set('key1', 'mine');
  for (const [name, breakIt] of Object.entries(broken)) {
    const bytes = donor.snapshot();
    breakIt(bytes, [...records(bytes)].at(-1));
    const before = contents(store);
    assert.throws(() => store.restore(resign(bytes)), bad, name);
    assert.ok(contents(store) === before, name);
  }
  for (const more of [1, 21, 22, 40]) {
    const bytes = donor.snapshot();
    const longer = new Uint8Array(bytes.length + more);
    longer.set(bytes);
    const before = contents(store);
    assert.throws(() => store.restore(resign(longer)), bad, `${more} bytes more`);
    assert.ok(contents(store) === before, `${more} bytes more`);
  }
  const old = donor.snapshot();
  old[8] = 1;
  old[[...records(old)].at(-1) + 21] |= 0x40;
  assert.throws(() => store.restore(resign(old)), bad, 'a bit that version 1 did not have');
  assert.equal(store.get('key1'), 'mine');
});

test('a key with a line end in it is never shown as it is, whatever its record says', async () => {
  const donor = await open({ now });
  donor.set('a\r\nHD b', 'v');
  const bytes = donor.snapshot();
  for (const at of records(bytes)) bytes[at + 21] = 0;
  const store = await open({ now });
  assert.equal(store.restore(resign(bytes)), 1);
  const key = Buffer.from('a\r\nHD b').toString('base64');
  assert.equal(Buffer.from(store.connect().feed(`mg ${key} b k v\r\n`)).toString(), `VA 1 k${key} b\r\nv\r\n`);
});

// With a good checksum: what only a malicious writer makes. It is restored or refused, as a whole, and does not trap.
test('forged snapshots are all or nothing', async () => {
  const random = new Random(seed);
  const bytes = (await filled(50)).snapshot();
  const starts = [...records(bytes)];
  const store = await open({ now, maxBytes: 4 << 20 });
  store.set('alive', 'yes');
  const outcomes = { restored: 0, refused: 0 };
  for (let i = 0; i < 1500; ++i) {
    const forged = mutated(bytes, starts, random);
    const before = contents(store);
    try {
      const count = store.restore(forged);
      ++outcomes.restored;
      assert.ok(count <= [...records(forged)].length);
    } catch (error) {
      ++outcomes.refused;
      assert.equal(error.code, 'BAD_SNAPSHOT', `ISOCACHE_SEED=${seed}: ${error.stack}`);
      assert.doesNotMatch(error.message, /damaged/);
      assert.ok(contents(store) === before, `${i}: ISOCACHE_SEED=${seed}`);
    }
    assert.equal(store.get('alive'), 'yes');
    if (random.oneIn(50)) store.clear();
    store.set('alive', 'yes');
  }
  assert.ok(outcomes.restored > 50 && outcomes.refused > 50, JSON.stringify(outcomes));
});

/** Some bytes of some heads of records changed; now and then it ends early, or goes on. */
function mutated(bytes, starts, random) {
  const end = random.oneIn(8) ? starts[random.below(starts.length)] + random.below(30) : bytes.length;
  const forged = bytes.slice(0, Math.max(HEADER_BYTES, Math.min(end, bytes.length)));
  for (let n = random.below(3); n >= 0; --n) {
    const at = starts[random.below(starts.length)] + random.below(24);
    if (at < forged.length) forged[at] = random.oneIn(2) ? forged[at] ^ (1 << random.below(8)) : random.next() & 0xff;
  }
  return resign(forged);
}
