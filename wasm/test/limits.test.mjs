// A full store, no memory, evictions, and nothing that leaks.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { Engine } from '../dist/esm/engine/engine.js';
import { open, openSync } from '../dist/esm/entry/index.js';

const MIB = 1 << 20;
// What a module takes beside maxBytes: stack, scratch area, reply buffers and what is kept for them.
const MODULE_BYTES = 3 * MIB;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

const value = 'v'.repeat(100);
const wasmMemory = (store) => store.view('probe').buffer.byteLength;

test('a full store stays within its limit, and has evicted what is missing', async () => {
  for (const maxBytes of [1 * MIB, 3 * MIB, 16 * MIB]) {
    const store = await open({ maxBytes });
    const sets = Math.floor(maxBytes / 50);
    for (let i = 0; i < sets; ++i) store.set(`key${i}`, value);
    assert.ok(store.bytes <= maxBytes, `${store.bytes} of ${maxBytes}`);
    store.set('probe', 'v');
    assert.ok(wasmMemory(store) <= maxBytes + MODULE_BYTES, `${wasmMemory(store)} for ${maxBytes}`);
    const { evictions, items } = store.stats();
    assert.equal(evictions + items, sets + 1);
    assert.ok(items * 150 > maxBytes * 0.6, `${items} items in ${maxBytes}`);
  }
});

test('memory is taken as it is needed', async () => {
  const store = await open({ maxBytes: 1024 * MIB });
  store.set('probe', 'v');
  assert.ok(wasmMemory(store) < 8 * MIB, `${wasmMemory(store)}`);
  for (let i = 0; i < 50_000; ++i) store.set(`key${i}`, value);
  assert.ok(wasmMemory(store) < 24 * MIB, `${wasmMemory(store)}`);
  assert.equal(store.get('probe'), 'v');
});

// In a process whose wasm memories may not grow beyond 8 MiB.
test('where the host gives no more memory, the store makes do with what it has', () => {
  const script = `
    const { open } = await import(${JSON.stringify(new URL('../dist/esm/entry/index.js', import.meta.url).href)});
    const store = await open({ maxBytes: 64 << 20 });
    const connection = store.connect();
    const codes = new Set();
    for (let i = 0; i < 100_000; ++i) {
      try {
        store.set('key' + i, 'v'.repeat(i % 1000));
        if (i % 100 === 0) store.set('large' + i, 'x'.repeat(900_000));
      } catch (error) { codes.add(error.code); }
      if (i % 100 === 0) connection.feed('set big 0 0 1000000\\r\\n' + 'x'.repeat(1_000_000) + '\\r\\nget big big big\\r\\n');
      while (connection.pending) connection.feed();
    }
    store.set('k', 'v');
    const replies = Buffer.from(connection.feed('get k\\r\\n')).toString();
    console.log(JSON.stringify({ replies, codes: [...codes], items: store.size, value: store.get('k') }));`;
  const output = execFileSync(process.execPath, ['--wasm-max-mem-pages=128', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  const { replies, codes, items, value: got } = JSON.parse(output);
  assert.equal(replies, 'VALUE k 0 1\r\nv\r\nEND\r\n');
  assert.equal(got, 'v');
  assert.ok(items > 1000, `${items} items`);
  for (const code of codes) assert.equal(code, 'NO_MEMORY');
});

test('not even an empty store: an error', () => {
  const script = `
    const { open } = await import(${JSON.stringify(new URL('../dist/esm/entry/index.js', import.meta.url).href)});
    await open({ maxBytes: 1024 << 20 }).catch((error) => console.log(error.code));`;
  const output = execFileSync(process.execPath, ['--wasm-max-mem-pages=16', '--input-type=module', '-e', script], {
    encoding: 'utf8',
  });
  assert.match(output, /^NO_MEMORY/);
});

describe('onEvict', () => {
  test('is told of each eviction, with the whole item', async () => {
    const told = new Map();
    const clock = { now: 1_800_000_000_000 };
    const store = await open({
      maxBytes: 4 * MIB,
      now: () => clock.now,
      onEvict: ({ key, value: bytes, flags, expires }) => told.set(key, { bytes, flags, expires }),
    });
    const valueFor = (i) => `${i}-`.repeat(i % 100 === 0 ? 20_000 : 20);
    for (let i = 0; i < 30_000; ++i) store.set(`key${i}`, valueFor(i), { flags: i, ttl: i % 2 ? 60_000 : undefined });
    assert.equal(told.size, store.stats().evictions);
    assert.ok(told.size > 5000);
    for (let i = 0; i < 30_000; ++i) {
      const gone = told.get(`key${i}`);
      assert.notEqual(gone === undefined, store.get(`key${i}`) === undefined);
      if (!gone) continue;
      assert.equal(Buffer.from(gone.bytes).toString(), valueFor(i));
      assert.deepEqual([gone.flags, gone.expires], [i, i % 2 ? clock.now + 60_000 : undefined]);
    }
  });

  test('not of deleted, replaced and expired items', async () => {
    const clock = { now: 1_800_000_000_000 };
    const store = await open({ maxBytes: 2 * MIB, now: () => clock.now, onEvict: ({ key }) => assert.fail(key) });
    for (let i = 0; i < 1000; ++i) store.set(`key${i}`, value, { ttl: 1000 });
    for (let i = 0; i < 20_000; ++i) store.set('same', 'v'.repeat(i % 1000));
    store.delete('same');
    clock.now += 2000;
    for (let i = 0; i < 1000; ++i) store.get(`key${i}`);
    store.clear();
  });

  test('may use the store, and may throw', async () => {
    let depth = 0;
    let most = 0;
    const second = await open({ maxBytes: 32 * MIB });
    const store = await open({
      maxBytes: 2 * MIB,
      onEvict: ({ key, value: bytes }) => {
        most = Math.max(most, ++depth);
        second.set(key, bytes);
        if (key.endsWith('7')) store.set(`again-${key}`, value);
        --depth;
        if (key === 'key42') throw new Error('of the callback');
      },
      onError: (error) => failures.push(error.message),
    });
    const failures = [];
    for (let i = 0; i < 30_000; ++i) store.set(`key${i}`, value);
    assert.equal(most, 1);
    assert.ok(failures.length >= 1);
    assert.equal(failures[0], 'of the callback');
    for (let i = 0; i < 30_000; ++i) assert.equal(store.get(`key${i}`) ?? second.get(`key${i}`), value);
  });

  test('also of what connections and bulk writes push out', async () => {
    let told = 0;
    const store = await open({ maxBytes: 2 * MIB, onEvict: () => ++told });
    store.setMany(Array.from({ length: 30_000 }, (_, i) => [`key${i}`, value]));
    const first = told;
    assert.ok(first > 10_000);
    store.connect().feed(Array.from({ length: 10_000 }, (_, i) => `ms other${i} 3\r\nabc\r\n`).join(''));
    assert.ok(told > first + 1000);
    assert.equal(told, store.stats().evictions);
  });
});

describe('nothing leaks', () => {
  test('1,000 stores opened and closed', { timeout: 300_000 }, () => {
    const module = new WebAssembly.Module(readFileSync(new URL('../dist/isocache.wasm', import.meta.url)));
    const cycle = () => {
      const store = openSync(module, { maxBytes: 8 * MIB });
      const connection = store.connect();
      for (let i = 0; i < 100; ++i) store.set(`key${i}`, value.repeat(100));
      connection.feed('get key1\r\n');
      store.close();
    };
    const measure = () => {
      for (let i = 0; i < 3; ++i) collectGarbage();
      const { rss, arrayBuffers, heapUsed } = process.memoryUsage();
      return { rss, arrayBuffers, heapUsed };
    };
    for (let i = 0; i < 100; ++i) cycle();
    const before = measure();
    for (let i = 0; i < 1000; ++i) {
      cycle();
      if (i % 50 === 0) collectGarbage();
    }
    const after = measure();
    assert.ok(after.rss < before.rss + 32 * MIB, `RSS ${before.rss} -> ${after.rss}`);
    assert.ok(after.heapUsed < before.heapUsed + 2 * MIB, `heap ${before.heapUsed} -> ${after.heapUsed}`);
  });

  test('1,000,000 operations on a full store', { timeout: 300_000 }, async () => {
    const store = await open({ maxBytes: 4 * MIB });
    const connection = store.connect();
    let i = 0;
    const some = (count) => {
      for (const end = i + count; i < end; ++i) {
        switch (i % 10) {
          case 0:
            store.get(`key${i - 500}`);
            break;
          case 1:
            store.getItem(`key${i - 501}`);
            break;
          case 2:
            store.incr(`count${i % 1000}`, 1n, { initial: 0n });
            break;
          case 3:
            connection.feed(`set wire${i % 1000} 0 0 3\r\nabc\r\nget wire${i % 500}\r\n`);
            break;
          case 4:
            store.delete(`key${i - 1000}`);
            break;
          case 5:
            store.append(`key${i - 1}`, '...');
            break;
          default:
            store.set(`key${i}`, value.slice(i % 90), { ttl: 60_000 });
        }
      }
    };
    some(400_000);
    store.set('probe', 'v');
    assert.ok(store.stats().evictions > 1000);
    collectGarbage();
    const before = { wasm: wasmMemory(store), heap: process.memoryUsage().heapUsed };
    some(1_000_000);
    store.set('probe', 'v');
    collectGarbage();
    assert.equal(wasmMemory(store), before.wasm);
    const heap = process.memoryUsage().heapUsed;
    assert.ok(heap < before.heap + MIB, `heap ${before.heap} -> ${heap}`);
  });

  test('connections opened and closed, in the middle of things', async () => {
    const store = await open({ maxBytes: 16 * MIB });
    const cycle = () => {
      const connections = Array.from({ length: 50 }, () => store.connect());
      for (const [i, connection] of connections.entries()) {
        connection.feed(['get k', 'set k 0 0 100000\r\nhalf', 'mn\r\nset k 0 0 10\r\n', 'get big big\r\n'][i % 4]);
      }
      for (const connection of connections) connection.close();
    };
    store.set('big', 'x'.repeat(500_000));
    for (let i = 0; i < 10; ++i) cycle();
    store.set('probe', 'v');
    const before = wasmMemory(store);
    for (let i = 0; i < 200; ++i) cycle();
    store.set('probe', 'v');
    assert.equal(wasmMemory(store), before);
  });
});

test('the engine takes any scratch contents for what they are', () => {
  const module = new WebAssembly.Module(readFileSync(new URL('../dist/isocache.wasm', import.meta.url)));
  const engine = new Engine(module, { maxBytes: MIB, maxItemSize: 1024, hashSeed: 0n, nowS: 1, onEvict: undefined });
  for (const flags of ['F99999999999', 'T', 'Q', 'q q', 'O'.repeat(100), 'b', '\0', 'C', 'M!', 'k '.repeat(30)]) {
    const keyLength = engine.writeKey('key');
    const flagsLength = engine.writeValue(flags, engine.scratch + keyLength);
    for (const letter of 'gsdaex') {
      const length = engine.calls.command(letter.charCodeAt(0), keyLength, flagsLength, 0, 1);
      assert.match(engine.resultText(length), /^([A-Z_]+ ?[^\r]*\r\n|)/);
    }
  }
});
