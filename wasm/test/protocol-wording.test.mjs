// How requests are worded, for a store as for a client.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';

import { engineExptime, engineSeconds, wireExptime } from '../dist/esm/protocol/exptime.js';
import { countFlags, giveUpFlags, itemFlags, staleFlags, storeFlags } from '../dist/esm/protocol/method-flags.js';
import { wireKey } from '../dist/esm/protocol/key.js';
import { RequestWriter } from '../dist/esm/protocol/request-writer.js';
import { servers } from './lib/servers.mjs';

test('requests gather in one piece, which is not written to again', () => {
  const writer = new RequestWriter();
  writer.text('mg a v\r\n');
  writer.bytes(Uint8Array.of(0, 255));
  const first = writer.take();
  writer.text('x'.repeat(100_000));
  assert.deepEqual([...first], [...Buffer.from('mg a v\r\n'), 0, 255]);
  assert.equal(writer.take().length, 100_000);
  assert.equal(writer.length, 0);
});

test('keys on the wire', () => {
  assert.deepEqual(wireKey('plain'), { text: 'plain', flag: '' });
  assert.deepEqual(wireKey('ü'), { text: '\xc3\xbc', flag: '' });
  assert.deepEqual(wireKey('a b'), { text: 'YSBi', flag: ' b' });
  assert.deepEqual(wireKey(Uint8Array.of(0, 255)), { text: 'AP8=', flag: ' b' });
});

test('times on the wire', () => {
  const exptime = wireExptime(() => 1_700_000_000_500);
  assert.equal(exptime(1), 1);
  assert.equal(exptime(1001), 2);
  assert.equal(exptime(30 * 86_400_000), 30 * 86_400);
  assert.equal(exptime(31 * 86_400_000), 1_700_000_001 + 31 * 86_400);
  assert.equal(exptime(1e15), 2 ** 31 - 1);
  // When 2038 is near or over, 30 days are more than the last date.
  for (const late of [2 ** 31 - 30 * 86_400, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]) {
    assert.equal(wireExptime(() => late * 1000)(60_000), 60);
    assert.equal(wireExptime(() => late * 1000)(31 * 86_400_000), 30 * 86_400);
  }
  assert.equal(wireExptime(() => (2 ** 31 - 2 - 30 * 86_400) * 1000)(1e15), 2 ** 31 - 1);
  for (const bad of [0, -1, NaN]) assert.throws(() => exptime(bad), { code: 'BAD_ARGUMENT' });
});

test('times for the engine, whose clock is known to the millisecond', () => {
  const exptime = engineExptime(() => 1_700_000_000_500);
  assert.equal(exptime(1), 1_700_000_001);
  assert.equal(exptime(500), 1_700_000_001);
  assert.equal(exptime(501), 1_700_000_002);
  assert.equal(exptime(Infinity), 2 ** 32 - 1);
  // A clock that begins at 0: a date would be taken for a time from now.
  assert.equal(engineExptime(() => 5_500)(1000), 2);
  assert.equal(engineSeconds(5_999), 5);
  assert.equal(engineSeconds(1e15), 2 ** 32 - 1);
  for (const bad of [0, -1, NaN]) assert.throws(() => exptime(bad), { code: 'BAD_ARGUMENT' });
});

test('flags', () => {
  const seconds = (ttl) => ttl / 1000;
  assert.equal(itemFlags({}, seconds), ' v c f h l t');
  assert.equal(itemFlags({ lease: 5000, refreshBelow: 6000, peek: true }, seconds), ' v c f h l N5 t R6 u');
  assert.equal(itemFlags({ lease: 5000, refreshBelow: 6000, touch: 7000 }, seconds), ' v c f h l t R6 T7 N5');
  assert.equal(storeFlags(undefined, seconds), '');
  assert.equal(storeFlags({ ttl: 1000, flags: 7 }, seconds), ' T1 F7');
  assert.equal(countFlags('I', 2, undefined, seconds), ' v MI D2');
  assert.equal(countFlags('D', 2n, { initial: 3n, ttl: 4000 }, seconds), ' v MD D2 J3 N4');
  assert.equal(countFlags('I', 1, { initial: 3n }, seconds), ' v MI D1 J3 N0');
  assert.equal(staleFlags({ ttl: 2000 }, seconds), ' I T2');
  assert.equal(giveUpFlags(9n, 'remove'), ' C9');
  assert.equal(giveUpFlags(9n, 'markStale'), ' C9 I');
});

// Flags take effect in the order in which they are sent: what is read must come before what changes it.
const caches = [
  ['a store', async () => ({ cache: await open(), stop() {} }), false],
  ...servers.map(([name, start, skip]) => [
    name,
    async () => {
      const { port, stop } = await start();
      return { cache: createClient({ port }), stop };
    },
    skip,
  ]),
];
for (const [name, start, skip] of caches) {
  test(`${name}: an item as it was before this read, whatever the read changes`, { skip }, async (t) => {
    const { cache, stop } = await start();
    t.after(async () => {
      await cache.close();
      await stop();
    });
    const within = (ms, asked) => assert.ok(ms > asked - 2000 && ms < asked + 1000, `${ms} of ${asked}`);

    const made = await cache.getItem('lease', { lease: 30_000 });
    assert.ok(made.won);
    within(made.ttl, 30_000);

    await cache.set('k', 'v', { ttl: 5000 });
    const touched = await cache.getItem('k', { touch: 60_000, refreshBelow: 10_000 });
    assert.ok(touched.won, 'less than 10 s were left before');
    within(touched.ttl, 5000);
    within((await cache.getItem('k', { peek: true })).ttl, 60_000);

    // The time of a lease is what its maker has: touch is for values.
    const both = await cache.getItem('both', { lease: 10_000, touch: 600_000 });
    assert.ok(both.won);
    within(both.ttl, 10_000);
    within((await cache.getItem('both', { peek: true, win: true })).ttl, 10_000);
    await cache.set('forever', '');
    assert.equal((await cache.getItem('forever', { lease: 10_000, touch: 60_000 })).ttl, undefined);
  });
}
