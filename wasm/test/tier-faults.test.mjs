// Whatever a device does, a read gives the value that was stored last, or nothing.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { START_MS } from './lib/clocked-store.mjs';
import { memoryDevice, openTiered, stat } from './lib/tiered.mjs';

const MIB = 2 ** 20;
const OFF = 'too many writes of the tier have failed: nothing more is written until the next try';
const KEYS = 6000;
const seed = seedFromEnvironment(Date.now() % 1_000_000);

/** The value of a version. Values of one key and of different keys look alike. */
const valueOf = (key, version) =>
  `${String(key).padStart(6)}:${String(version).padStart(6)}`.repeat(40 + (key % 8) * 10);

/** Uses a store whose device is bad, and counts what it answers. */
async function attack(device, options) {
  const random = new Random(seed);
  const errors = [];
  const store = await openTiered({ tier: { device }, onError: (error) => errors.push(error), ...options });
  const versions = new Array(KEYS);
  const counts = { hits: 0, misses: 0 };
  for (let i = 0; i < 60_000; ++i) {
    const key = random.below(KEYS);
    const name = `key:${key}`;
    const what = random.below(20);
    if (what < 8) {
      versions[key] = (versions[key] ?? 0) + 1;
      store.set(name, valueOf(key, versions[key]));
    } else if (what === 8) {
      store.delete(name);
      versions[key] = (versions[key] ?? 0) + 1;
      assert.equal(store.get(name), undefined);
    } else {
      const got = what === 9 ? store.getMany([name])[0] : store.get(name);
      if (got !== undefined)
        assert.ok(got === valueOf(key, versions[key]), `${name} ${versions[key]}: ${got.slice(0, 28)}`);
      ++counts[got === undefined ? 'misses' : 'hits'];
    }
  }
  await new Promise((resolve) => setImmediate(resolve));
  const stats = store.stats();
  assert.ok(store.get('key:0') !== '');
  store.set('alive', 'yes');
  assert.equal(store.get('alive'), 'yes');
  store.close();
  return { ...counts, errors, stat: (name) => Number(stats.all[name]) };
}

/** A device that is bad now and then: `misbehave(how, bytes, at)` does what it wants, and gives what is returned. */
function badDevice(random, one, misbehave) {
  const device = memoryDevice(16 * MIB);
  const good = { read: device.read, write: device.write };
  for (const how of ['read', 'write'])
    device[how] = (bytes, at) =>
      random.below(one) === 0
        ? misbehave(how, bytes, at, (b, a) => good[how].call(device, b, a))
        : good[how].call(device, bytes, at);
  return device;
}

describe('a device that', () => {
  const random = new Random(seed);
  const faults = {
    throws() {
      throw new Error('bad');
    },
    'throws nothing'() {
      throw undefined;
    },
    'reads and writes less': (_, bytes, at, go) => go(bytes.subarray(0, bytes.length / 2), at),
    'says that it did more': (_, bytes, at, go) => go(bytes, at) + 1,
    'gives no number': (_, bytes, at, go) => String(go(bytes, at)),
    'gives a promise': async () => {
      throw new Error('too late');
    },
    'says that it did, and does nothing': (_, bytes) => bytes.length,
    'does it elsewhere': (_, bytes, at, go) => go(bytes, Math.max(0, at - 65_536)),
    'does half of it': (_, bytes, at, go) => go(bytes.subarray(0, bytes.length >> 1), at) && bytes.length,
    'flips a bit': (how, bytes, at, go) => {
      const done = how === 'read' ? go(bytes, at) : bytes.length;
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
      return how === 'read' ? done : go(bytes, at);
    },
    'takes the buffer away': (_, bytes) => {
      const { length } = bytes;
      structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
      return length;
    },
  };
  for (const [name, misbehave] of Object.entries(faults))
    test(name, async (context) => {
      context.diagnostic(`ISOCACHE_SEED=${seed}`);
      const { hits, errors } = await attack(badDevice(random, 20, misbehave));
      assert.ok(hits > 3000, `${hits} hits`);
      const tells = !/nothing$|elsewhere|half|bit/.test(name) || name === 'throws nothing';
      assert.equal(errors.length > 0, tells, `${errors.length} errors`);
    });

  test('keeps every buffer, and changes it later', async () => {
    const device = memoryDevice(16 * MIB);
    const kept = [];
    for (const how of ['read', 'write']) {
      const good = device[how];
      device[how] = (bytes, at) => {
        for (const one of kept) one.fill(random.below(256));
        kept[random.below(50)] = bytes;
        return good.call(device, bytes, at);
      };
    }
    const { hits } = await attack(device);
    assert.ok(hits > 0);
  });

  test('changes what is stored', async () => {
    const device = memoryDevice(16 * MIB);
    const { read } = device;
    device.read = (bytes, at) => {
      for (let i = 0; i < 20; ++i) device.memory[random.below(device.size)] ^= 1 << random.below(8);
      return read.call(device, bytes, at);
    };
    const { hits, stat: figure } = await attack(device);
    assert.ok(hits > 3000);
    assert.ok(figure('badcrc_from_extstore') > 0);
  });

  test('never works', async () => {
    const device = memoryDevice(16 * MIB);
    device.write = () => {
      throw new Error('no');
    };
    const { hits, errors, stat: figure } = await attack(device);
    assert.ok(hits > 1000);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['no', OFF],
    );
    assert.equal(figure('isocache_tier_off'), 1);
  });

  test('uses the store', async () => {
    const device = memoryDevice(16 * MIB);
    const { read } = device;
    let store;
    device.read = (bytes, at) => {
      store?.set('key:1', 'from the device');
      return read.call(device, bytes, at);
    };
    const errors = [];
    store = await openTiered({ tier: { device }, onError: (error) => errors.push(error) });
    for (let i = 0; i < 9000; ++i) store.set(`key:${i}`, valueOf(i, 1));
    assert.equal(store.get('key:0'), undefined);
    assert.equal(stat(store, 'get_extstore'), 1);
    await null;
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['CLOSED'],
    );
  });
});

test('another store finds nothing in what a device holds', async () => {
  const device = memoryDevice(16 * MIB);
  await attack(device);
  const { hits, stat: figure } = await attack(device);
  assert.ok(hits > 3000);
  assert.equal(figure('badcrc_from_extstore'), 0);
});

/** A store whose device fails as long as `bad` has what it is asked to do, and a clock. */
async function failing() {
  const device = memoryDevice(16 * MIB);
  const bad = new Set();
  for (const how of ['read', 'write']) {
    const good = device[how];
    device[how] = (bytes, at) => {
      if (bad.has(how)) throw new Error(`no ${how}`);
      return good.call(device, bytes, at);
    };
  }
  const clock = { now: START_MS };
  const messages = [];
  const onError = ({ message }) => messages.push(message);
  const store = await openTiered({ tier: { device }, onError, now: () => clock.now });
  const use = async () => {
    for (let i = 0; i < 9000; ++i) store.set(`key:${i}`, valueOf(i, 1));
    await null;
  };
  return { bad, clock, messages, store, use };
}

test('the tier is on again when its device has recovered', async () => {
  const { bad, clock, messages, store, use } = await failing();
  bad.add('write');
  for (const delayS of [10, 20, 40]) {
    await use();
    assert.equal(stat(store, 'isocache_tier_off'), 1);
    clock.now += 1000; // from here on
    stat(store, 'isocache_tier_off');
    clock.now += (delayS - 1) * 1000;
    assert.equal(stat(store, 'isocache_tier_off'), 1, `${delayS}`);
    if (delayS === 40) bad.clear();
    clock.now += 1000;
    assert.equal(stat(store, 'isocache_tier_off'), 0, `${delayS}`);
  }
  const written = stat(store, 'extstore_bytes_written');
  await use();
  assert.ok(stat(store, 'extstore_bytes_written') > written);
  assert.equal(store.get('key:100'), valueOf(100, 1));
  assert.deepEqual(messages.slice(0, 2), ['no write', OFF]);
  store.close();
});

test('errors of reads do not hide that the tier is off', async () => {
  const { bad, messages, store, use } = await failing();
  await use();
  bad.add('read');
  assert.equal(store.get('key:100'), undefined);
  await null;
  bad.add('write');
  await use();
  assert.deepEqual(messages, ['no read', OFF]);
  store.close();
});

test('a failed read is a miss, is counted, and gives the item up', async () => {
  const { bad, store, use } = await failing();
  await use();
  bad.add('read');
  for (let i = 0; i < 100; ++i) assert.equal(store.get(`key:${i}`), undefined);
  assert.equal(stat(store, 'isocache_tier_failed_reads'), 100);
  assert.equal(stat(store, 'miss_from_extstore'), 100);
  bad.clear();
  assert.equal(store.get('key:0'), undefined);
  assert.equal(stat(store, 'miss_from_extstore'), 100);
  assert.equal(store.get('key:200'), valueOf(200, 1));
  store.close();
});
