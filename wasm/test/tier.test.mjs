// A store with a tier: items that memory has no room for are as good as those in memory.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';

import { open } from '../dist/esm/entry/index.js';
import { open as openInline, openSync as openSyncPlain } from '../dist/esm/entry/inline.js';
import { open as openOneModule, openSync } from '../dist/esm/entry/tier.js';
import { createServer } from '../dist/esm/server/index.js';
import { createClient } from '../dist/esm/client/node.js';
import { fails, tierWasmPath, wasmPath, withClock } from './lib/clocked-store.mjs';
import { FILL, FILLED, fill, isCold, memoryDevice, openTiered, stat } from './lib/tiered.mjs';

const MIB = 2 ** 20;

describe('every method finds an item on the tier', () => {
  for (const [what, use, expected] of [
    ['get', (s) => s.get('k'), 'value'],
    ['getBytes', (s) => Buffer.from(s.getBytes('k')).toString(), 'value'],
    ['view', (s) => Buffer.from(s.view('k')).toString(), 'value'],
    ['has', (s) => s.has('k'), true],
    ['getMany', (s) => s.getMany(['k', 'none', 'k']), ['value', undefined, 'value']],
    ['getItem', (s) => [s.getItem('k').text(), s.getItem('k').flags, s.getItem('k').hit], ['value', 7, true]],
    ['getItem, peek', (s) => [s.getItem('k', { peek: true }).hit, s.getItem('k').hit], [false, false]],
    ['touch', (s) => [s.touch('k', 5000), s.getItem('k').ttl > 4000], [true, true]],
    ['set', (s) => [s.set('k', 'new'), s.get('k')], [undefined, 'new']],
    ['add', (s) => [s.add('k', 'new'), s.get('k')], [false, 'value']],
    ['replace', (s) => [s.replace('k', 'new'), s.get('k')], [true, 'new']],
    ['append', (s) => [s.append('k', '!'), s.get('k')], [true, 'value!']],
    ['prepend', (s) => [s.prepend('k', '!'), s.get('k')], [true, '!value']],
    ['incr', (s) => [s.incr('n', 5n), s.get('n')], [15n, '15']],
    ['decr', (s) => [s.decr('n', 3n), s.get('n')], [7n, '7']],
    ['cas', (s) => [s.cas('k', 'new', s.getItem('k').cas), s.get('k')], ['stored', 'new']],
    ['cas of another', (s) => [s.cas('k', 'new', 1n << 40n), s.get('k')], ['exists', 'value']],
    ['delete', (s) => [s.delete('k'), s.get('k'), s.delete('k')], [true, undefined, false]],
    ['deleteMany', (s) => [s.deleteMany(['k', 'none', 'n']), s.get('k'), s.get('n')], [2, undefined, undefined]],
    ['setMany', (s) => [s.setMany([['k', 'new']]), s.get('k')], [undefined, 'new']],
    ['markStale', (s) => [s.markStale('k'), s.getItem('k', { win: true }).won], [true, true]],
    ['clear', (s) => [s.clear(), s.get('k'), s.size], [undefined, undefined, 0]],
    [
      'execute',
      (s) => Buffer.from(s.execute('get k n\r\n')).toString(),
      'VALUE k 7 5\r\nvalue\r\nVALUE n 0 2\r\n10\r\nEND\r\n',
    ],
    ['a value in pieces', (s) => s.get('large') === 'l'.repeat(200_000), true],
    ['a value in pieces, appended to', (s) => [s.append('large', '!'), s.get('large').length], [true, 200_001]],
    ['a value in pieces, of many', (s) => s.getMany(['large', 'k']).map((value) => value?.length), [200_000, 5]],
    ['a large value, appended', (s) => [s.append('k', 'x'.repeat(100_000)), s.get('k').length], [true, 100_005]],
  ])
    test(what, async () => {
      const { store } = await withClock({ maxBytes: 4 * MIB, tier: { bytes: 32 * MIB } });
      store.set('k', 'value', { flags: 7 });
      store.set('n', '10');
      store.set('large', 'l'.repeat(200_000));
      fill(store);
      assert.ok(isCold(store, 'k') && isCold(store, 'n'));
      assert.deepEqual(use(store), expected);
      fill(store, 'again');
      if (what === 'get') assert.equal(store.get('k'), 'value');
    });
});

test('what is changed on the tier stays changed', async () => {
  const store = await openTiered();
  for (let round = 0; round < 5; ++round) {
    for (let i = 0; i < 20; ++i) store.incr(`n${i}`, 1n, { initial: 1n });
    fill(store, `round ${round}`);
  }
  for (let i = 0; i < 20; ++i) assert.equal(store.get(`n${i}`), '5');
});

test('an item on the tier expires', async () => {
  const { store, clock } = await withClock({ maxBytes: 4 * MIB, tier: { bytes: 32 * MIB } });
  store.set('k', 'v', { ttl: 5000 });
  fill(store);
  clock.now += 4000;
  assert.equal(store.get('k'), 'v');
  clock.now += 3000;
  assert.equal(store.get('k'), undefined);
  assert.equal(store.getItem('k'), undefined);
});

test('a stale item comes back stale, and only a reader who asks wins it', async () => {
  const store = await openTiered();
  store.set('k', 'v');
  store.markStale('k');
  fill(store);
  assert.equal(store.get('k'), 'v');
  const { stale, won } = store.getItem('k');
  assert.deepEqual({ stale, won }, { stale: true, won: false });
  fill(store, 'again');
  assert.equal(store.getItem('k', { win: true }).won, true);
  fill(store, 'once more');
  assert.equal(store.getItem('k', { win: true }).lost, true);
});

test('an item that waits for its first value is nothing to others, and does not go to the tier', async () => {
  const store = await openTiered();
  assert.equal(store.getItem('k', { lease: 30_000 }).won, true);
  fill(store);
  assert.equal(store.get('k'), undefined);
  assert.equal(store.getItem('k'), undefined);
  assert.equal(store.add('k', 'v'), true);
});

test('getOrSet finds what lies on the tier', async () => {
  const store = await openTiered();
  const load = async () => 'loaded';
  assert.equal(await store.getOrSet('k', load, { ttl: 60_000 }), 'loaded');
  fill(store);
  const never = () => assert.fail('it is there');
  assert.equal(await store.getOrSet('k', never, { ttl: 60_000 }), 'loaded');
});

test('size counts both, and statistics tell of the tier', async () => {
  const store = await openTiered();
  store.set('k', 'v');
  fill(store);
  assert.equal(store.size, FILLED + 1);
  assert.ok(store.bytes <= 4 * MIB);
  assert.equal(stat(store, 'curr_items'), FILLED + 1);
  assert.equal(stat(store, 'evictions'), 0);
  assert.equal(stat(store, 'extstore_limit_maxbytes'), 32 * MIB);
  assert.equal(store.get('k'), 'v');
  assert.equal(stat(store, 'get_extstore'), 1);
  assert.equal(store.get('none'), undefined);
  const { hits, misses } = store.stats();
  assert.deepEqual({ hits, misses }, { hits: 1, misses: 1 });
  assert.match(Buffer.from(store.execute('stats extstore\r\n')).toString(), /^STAT 0:version 1\r\n/);
});

test('onEvict hears of what the tier does not take, after the call', async () => {
  const evicted = [];
  const store = await openTiered({ onEvict: ({ key, value }) => evicted.push([key, value.length]) });
  fill(store);
  assert.deepEqual(evicted, []);
  // Larger than a region of so small a tier.
  const small = await openTiered({
    tier: { bytes: MIB },
    onEvict: ({ key, value }) => evicted.push([key, value.length]),
  });
  small.set('large', 'l'.repeat(300_000));
  fill(small);
  assert.ok(evicted.some(([key, length]) => key === 'large' && length === 300_000));
});

test('onEvict hears of what a get evicts', async () => {
  const evicted = [];
  const device = memoryDevice();
  const store = await openTiered({ tier: { device }, onEvict: ({ key }) => evicted.push(key) });
  fill(store);
  device.write = () => 0; // from now on, nothing goes there
  for (let i = 0; i < FILL; ++i) store.set(`other:${i}`, 'o'.repeat(1200));
  await null;
  evicted.length = 0;
  for (let round = 0; round < 2; ++round) for (let i = 0; i < FILL; ++i) store.get(`fill:${i}`);
  assert.deepEqual(evicted, []);
  await null;
  assert.ok(evicted.length > 0);
});

test('a snapshot is restored over what lies on the tier', async () => {
  const { store } = await withClock({ maxBytes: 4 * MIB, tier: { bytes: 32 * MIB } });
  const { store: other } = await withClock();
  for (const key of ['k', 'gone', 'large']) store.set(key, 'old');
  other.set('k', 'new');
  other.set('large', 'l'.repeat(200_000));
  for (let i = 0; i < 3000; ++i) other.set(`many:${i}`, 'm'.repeat(500));
  fill(store);
  const held = store.restore(other.snapshot());
  assert.equal(store.get('k'), 'new');
  assert.equal(store.get('gone'), 'old');
  assert.equal(store.get('large').length, 200_000);
  // What was written too fast for the tier is gone, and not counted.
  const many = store.getMany(Array.from({ length: 3000 }, (_, i) => `many:${i}`));
  assert.equal(many.filter((value) => value === 'm'.repeat(500)).length + 2, held);
  assert.ok(held > 2500);
});

test('memory of the tier is taken as it fills, beyond what the module can have', async () => {
  const before = process.memoryUsage().arrayBuffers;
  const store = await open({ maxBytes: 4 * MIB, tier: { bytes: 2 ** 40 } });
  fill(store);
  assert.ok(process.memoryUsage().arrayBuffers - before < 80 * MIB);
  assert.equal(stat(store, 'extstore_limit_maxbytes'), 2 ** 40);
});

describe('the module', () => {
  const plain = new WebAssembly.Module(readFileSync(wasmPath));
  const tiered = new WebAssembly.Module(readFileSync(tierWasmPath));
  const tier = { bytes: 32 * MIB };
  const works = (store) => {
    store.set('k', 'v');
    fill(store);
    assert.equal(store.get('k'), 'v');
  };

  test('may be named', async () => works(await open({ maxBytes: 4 * MIB, wasm: tiered, tier })));
  test('may be the only one', async () => {
    works(await openOneModule({ maxBytes: 4 * MIB, tier }));
    const store = await openOneModule({ maxBytes: 4 * MIB });
    fill(store);
    assert.ok(stat(store, 'evictions') > 0);
    assert.equal(stat(store, 'extstore_limit_maxbytes'), NaN);
  });
  test('openSync', () => works(openSync(tiered, { maxBytes: 4 * MIB, tier })));
  test('the wrong one is refused', async () => {
    const refused = { name: 'IsocacheError', code: 'BAD_ARGUMENT', message: /engine-tier\.wasm/ };
    await assert.rejects(open({ wasm: plain, tier }), refused);
    assert.throws(() => openSync(plain, { tier }), refused);
  });
  test('an entry point without it says which one has it', async () => {
    const refused = { name: 'IsocacheError', code: 'BAD_ARGUMENT', message: /isocache\/tier/ };
    await assert.rejects(openInline({ tier }), refused);
    assert.throws(() => openSyncPlain(plain, { tier }), refused);
  });
  test('a server has it', async () => {
    const server = await createServer({ store: { maxBytes: 4 * MIB, tier } });
    await server.listen({ port: 0 });
    const client = createClient({ port: server.port });
    await client.set('k', 'v');
    fill(server.store);
    assert.equal(await client.get('k'), 'v');
    await client.close();
    await server.close();
  });
});

describe('wrong options', () => {
  const device = memoryDevice();
  for (const [tier, name] of [
    [null, 'tier'],
    [64 * MIB, 'tier'],
    [{}, 'tier'],
    [{ bytes: 32 * MIB, device }, 'tier'],
    [{ bytes: '64m' }, 'bytes'],
    [{ bytes: MIB - 1 }, 'bytes'],
    [{ bytes: 2 ** 41 }, 'bytes'],
    [{ bytes: NaN }, 'bytes'],
    [{ byte: 32 * MIB }, 'bytes'],
    [{ device: 1 }, 'device'],
    [{ device: { ...device, size: undefined } }, 'size'],
    [{ device: { ...device, size: 1.5 * MIB + 0.5 } }, 'size'],
    [{ device: { ...device, size: 1000 } }, 'size'],
    [{ device: { ...device, read: undefined } }, 'read'],
    [{ device: { ...device, write: 1 } }, 'write'],
    [{ device: { ...device, close: true } }, 'close'],
  ])
    test(`${inspect(tier, { depth: 0 })}: ${name}`, () =>
      assert.rejects(open({ tier }), { ...fails('BAD_ARGUMENT'), message: new RegExp(`\\b${name}\\b`) }));
});

test('a device belongs to one store, which closes it', async () => {
  const device = memoryDevice();
  const store = await openTiered({ tier: { device } });
  await assert.rejects(openTiered({ tier: { device } }), /another store/);
  assert.equal(device.closed, 0);
  store.close();
  store.close();
  assert.equal(device.closed, 1);
  await assert.rejects(openTiered({ tier: { device }, maxBytes: 5 * MIB, maxItemSize: 5 }), fails('BAD_ARGUMENT'));
  assert.equal(device.closed, 2);
  await assert.rejects(openTiered({ tier: { device }, wasm: new Uint8Array(3) }), WebAssembly.CompileError);
  assert.equal(device.closed, 3);
  const again = await openTiered({ tier: { device } });
  fill(again);
  assert.equal(again.get('fill:0'), 'f'.repeat(1200));
});
