// The store as a whole: how it opens, what keys and values are, many at once.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';

import * as inline from '../dist/esm/entry/inline.js';
import { open, openSync, Store } from '../dist/esm/entry/index.js';
import { wasmPath, withClock, fails } from './lib/clocked-store.mjs';

describe('opening', () => {
  test('from a module, bytes, a URL, a path, a response, and at once', async () => {
    const bytes = readFileSync(wasmPath);
    const module = new WebAssembly.Module(bytes);
    const response = () => new Response(bytes, { headers: { 'content-type': 'application/wasm' } });
    const sources = [
      undefined,
      module,
      bytes,
      wasmPath,
      wasmPath.href,
      wasmPath.pathname,
      response(),
      Promise.resolve(response()),
    ];
    for (const wasm of sources) {
      const store = await open({ wasm });
      store.set('k', 'v');
      assert.equal(store.get('k'), 'v');
    }
    assert.equal(openSync(module).get('k'), undefined);
  });

  test('with the module inside, as ES module and as CommonJS', async () => {
    const common = createRequire(import.meta.url)('../dist/cjs/entry/inline.js');
    for (const entry of [inline, common]) {
      const store = await entry.open();
      store.set('k', 'v');
      assert.equal(store.get('k'), 'v');
      assert.throws(() => store.get(''), { code: 'BAD_KEY' });
    }
  });

  test('stores know nothing of each other', async () => {
    const [a, b] = [await open(), await open()];
    a.set('k', 'a');
    assert.equal(b.get('k'), undefined);
  });

  test('what makes no sense is refused', async () => {
    for (const options of [
      { maxBytes: 1000 },
      { maxBytes: NaN },
      { maxBytes: 2 ** 33 },
      { maxItemSize: 10 },
      { maxItemSize: 2 ** 31 },
      { maxItemSize: 1e9 },
      { maxItemSize: 2 ** 20, maxBytes: 2 ** 21 - 1 },
    ]) {
      await assert.rejects(open(options), fails('BAD_ARGUMENT'));
    }
    await assert.rejects(open({ wasm: new Uint8Array(8) }), WebAssembly.CompileError);
    await assert.rejects(open({ wasm: new Response('', { status: 404 }) }));
  });

  test('close ends it, and `using` would', async () => {
    const store = await open();
    const connection = store.connect();
    store[Symbol.dispose]();
    for (const call of [
      () => store.get('k'),
      () => store.set('k', 'v'),
      () => store.size,
      () => store.connect(),
      () => connection.feed('mn\r\n'),
    ]) {
      assert.throws(call, fails('CLOSED'));
    }
    connection.close();
    store.close();
  });
});

describe('values', () => {
  const lengths = [0, 1, 7, 31, 32, 33, 100, 4096, 4097, 20_000, 65_000, 66_000, 300_000, 1_000_000];

  test('of every length, as text and as bytes', async () => {
    const store = await open();
    for (const length of lengths) {
      const text = 'ab'.repeat(length / 2 + 1).slice(0, length);
      store.set('t', text);
      assert.equal(store.get('t'), text);
      assert.equal(store.getMany(['t'])[0], text);
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 7) & 0xff);
      store.set('b', bytes);
      for (const got of [store.getBytes('b'), store.view('b'), store.getItem('b').value]) assert.deepEqual(got, bytes);
    }
  });

  test('of any characters', async () => {
    const store = await open();
    for (const text of [
      'é',
      '\uFEFFbom',
      '😀'.repeat(20),
      `${'ascii'.repeat(30)}ü`,
      '\0\r\n',
      '日本語'.repeat(30_000),
    ]) {
      store.set('k', text);
      assert.equal(store.get('k'), text);
      assert.equal(store.getItem('k').text(), text);
      assert.deepEqual(store.getBytes('k'), new TextEncoder().encode(text));
      assert.deepEqual(store.getMany(['k']), [text]);
    }
  });

  test('a view lies in the cache, other values are copies', async () => {
    const store = await open();
    store.set('k', 'old');
    const copy = store.getBytes('k');
    assert.ok(store.view('k').buffer.byteLength > 1 << 16);
    store.set('k', 'new');
    assert.equal(Buffer.from(copy).toString(), 'old');
    assert.equal(copy.buffer.byteLength, 3);
  });

  test('what is no value is refused', async () => {
    const store = await open();
    for (const value of [undefined, null, 5, {}, [1]])
      assert.throws(() => store.set('k', value), fails('BAD_ARGUMENT'));
  });
});

describe('keys', () => {
  test('have 1 to 250 bytes, and any of them', async () => {
    const store = await open();
    const keys = [
      'k',
      'x'.repeat(250),
      'ü'.repeat(125),
      'with space',
      'line\r\n',
      '\0',
      Uint8Array.of(0, 255, 32, 10),
      'y'.repeat(40),
    ];
    for (const [i, key] of keys.entries()) store.set(key, `${i}`);
    assert.deepEqual(
      store.getMany(keys),
      keys.map((_, i) => `${i}`),
    );
    for (const [i, key] of keys.entries()) assert.equal(store.get(key), `${i}`);
    assert.equal(store.size, keys.length);
  });

  test('of other lengths and types are refused', async () => {
    const store = await open();
    for (const key of ['', 'x'.repeat(251), 'ü'.repeat(126), new Uint8Array(251), new Uint8Array(0)]) {
      for (const call of [
        () => store.get(key),
        () => store.set(key, 'v'),
        () => store.delete(key),
        () => store.getMany([key]),
      ]) {
        assert.throws(call, fails('BAD_KEY'));
      }
    }
    assert.throws(() => store.get(5), { name: 'IsocacheError' });
  });

  test('a key of strange bytes goes over the wire in base64', async () => {
    const store = await open();
    store.set('a b', '1');
    assert.equal(
      Buffer.from(store.execute(`mg ${btoa('a b')} v k b\r\n`)).toString(),
      `VA 1 k${btoa('a b')} b\r\n1\r\n`,
    );
  });

  test('keys() gives all of them as of the call', async () => {
    const { store, clock } = await withClock();
    const names = Array.from({ length: 20_000 }, (_, i) => `key-${i}-${'k'.repeat(i % 100)}`);
    store.setMany(names.map((name) => [name, 'v']));
    store.set('gone', 'v', { ttl: 1000 });
    clock.now += 2000;
    const keys = store.keys();
    store.clear();
    store.set('later', 'v');
    assert.deepEqual([...keys].sort(), names.sort());
    assert.deepEqual([...store.keys()], ['later']);
  });

  test('keys() puts up with changes on the way', async () => {
    const store = await open();
    for (let i = 0; i < 5000; ++i) store.set(`k${i}`, 'v');
    let seen = 0;
    for (const key of store.keys()) {
      store.set(key, 'something longer');
      store.set(`new-${key}`, 'v');
      store.delete(`k${seen++ * 2}`);
    }
    assert.equal(seen, 5000);
  });
});

describe('many at once', () => {
  test('in the order of the keys, however many', async () => {
    const store = await open();
    const entries = Array.from({ length: 3000 }, (_, i) => [`key${i}`, `${'v'.repeat(i % 700)}${i}`]);
    store.setMany(new Map(entries));
    assert.equal(store.size, 3000);
    const keys = [...entries.map(([key]) => key), 'nobody', 'key7', 'key7'];
    assert.deepEqual(store.getMany(new Set(keys)), [...entries.map(([, value]) => value), undefined]);
    assert.deepEqual(store.getMany(keys).slice(-3), [undefined, entries[7][1], entries[7][1]]);
    assert.equal(store.deleteMany(keys), 3000);
    assert.equal(store.size, 0);
    assert.deepEqual(store.getMany([]), []);
    store.setMany([]);
    assert.equal(store.deleteMany([]), 0);
  });

  test('with large values among them, TTL and flags', async () => {
    const { store, clock } = await withClock();
    const entries = [
      ['a', '1'],
      ['b', 'b'.repeat(100_000)],
      ['c', ''],
      ['d', 'd'.repeat(65_000)],
      ['e', Uint8Array.of(69)],
    ];
    store.setMany(entries, { ttl: 5000, flags: 8 });
    assert.deepEqual(store.getMany(['a', 'b', 'c', 'd', 'e']), ['1', entries[1][1], '', entries[3][1], 'E']);
    for (const [key] of entries) assert.equal(store.getItem(key).flags, 8);
    clock.now += 6000;
    assert.equal(store.getMany(entries.map(([key]) => key)).filter((value) => value !== undefined).length, 0);
  });

  test('the first that cannot be stored is thrown, the others are stored', async () => {
    const store = await open({ maxItemSize: 1024 });
    const entries = [
      ['a', '1'],
      ['', '2'],
      ['c', 'c'.repeat(5000)],
      ['d', 'd'.repeat(200_000)],
      ['e', '5'],
    ];
    assert.throws(() => store.setMany(entries), fails('BAD_KEY'));
    assert.throws(() => store.setMany(entries.slice(2)), fails('TOO_LARGE'));
    assert.deepEqual(store.getMany(['a', 'c', 'd', 'e']), ['1', undefined, undefined, '5']);
  });

  test('read by reading the store', async () => {
    const store = await open();
    store.set('a', '1');
    store.setMany(
      (function* () {
        for (const key of ['b', 'c']) yield [key, store.get('a') + key];
      })(),
    );
    assert.deepEqual(store.getMany(['b', 'c']), ['1b', '1c']);
  });
});

describe('the whole cache', () => {
  test('size, bytes, clear, stats', async () => {
    const store = await open({ maxBytes: 8 << 20 });
    const empty = store.bytes;
    for (let i = 0; i < 1000; ++i) store.set(`k${i}`, 'v'.repeat(1000));
    store.get('k1');
    store.get('nobody');
    store.getMany(['k2', 'nobody']);
    assert.equal(store.size, 1000);
    assert.ok(store.bytes - empty > 1_000_000 && store.bytes - empty < 1_100_000);
    const { hits, misses, sets, items, maxBytes, evictions, all } = store.stats();
    assert.deepEqual(
      { hits, misses, sets, items, maxBytes, evictions },
      { hits: 2, misses: 2, sets: 1000, items: 1000, maxBytes: 8 << 20, evictions: 0 },
    );
    assert.equal(all.get_hits, '2');
    store.clear();
    assert.equal(store.size, 0);
    assert.equal(store.get('k1'), undefined);
    store.set('k1', 'v');
    assert.equal(store.size, 1);
    store.execute('stats reset\r\n');
    assert.equal(store.stats().hits, 0);
  });

  test('what execute() gives concerns no other caller: it has a buffer of its own', async () => {
    const store = await open();
    for (const value of ['', 'v', 'x'.repeat(500), 'x'.repeat(40_000), 'x'.repeat(400_000)]) {
      store.set('k', value);
      const [first, second] = [store.execute('mg k v\r\n'), store.execute('mg k v\r\n')];
      assert.equal(first.buffer.byteLength, first.length);
      structuredClone(first, { transfer: [first.buffer] });
      assert.equal(Buffer.from(second).toString(), `VA ${value.length}\r\n${value}\r\n`);
    }
    const silent = [store.execute('mg none q\r\n'), store.execute('mg none q\r\n')];
    for (const reply of silent) structuredClone(reply, { transfer: [reply.buffer] });
  });

  test('typed calls, execute() and connections see the same items', async () => {
    const store = await open();
    store.execute('set k 5 0 1\r\nv\r\n');
    assert.equal(store.getItem('k').flags, 5);
    store.set('k', 'w', { flags: 6 });
    assert.equal(Buffer.from(store.connect().feed('get k\r\n')).toString(), 'VALUE k 6 1\r\nw\r\nEND\r\n');
  });

  test('Store is a class', async () => assert.ok((await open()) instanceof Store));
});
