// Every public function with every wrong type and shape: an error that names the argument, no byte sent, and the
// connection still gives each caller his own reply.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cacheManagerStore } from 'isocache/adapters/cache-manager';
import { keyvStore } from 'isocache/adapters/keyv';
import { unstorageDriver } from 'isocache/adapters/unstorage';
import { Client, createClient } from 'isocache/client';
import { open, openSync } from 'isocache/inline';
import { createServer } from 'isocache/server';
import { WebSocket } from 'ws';

import { needMemcached, startMemcached } from '../../tests/lib/server.mjs';
import {
  told,
  wrongCalls,
  wrongDurations,
  wrongFunctions,
  wrongKeys,
  wrongOptions,
  wrongValues,
} from './lib/wrong-arguments.mjs';

/** Calls, and checks that the error names the argument. */
async function refused(call, name, code, what) {
  await assert.rejects(
    async () => call(),
    (error) => {
      assert.equal(error.name, 'IsocacheError', `${what}: ${error.stack}`);
      assert.equal(error.code, code, `${what}: ${error.message}`);
      assert.match(error.message, new RegExp(`\\b${name}\\b`), what);
      return true;
    },
    what,
  );
}

test('in process', async () => {
  const store = await open();
  store.set('mine', 'value');
  for (const [method, args, name, code] of wrongCalls('store')) {
    await refused(() => store[method](...args), name, code, told(method, args));
    assert.equal(store.get('mine'), 'value');
  }
  for (const input of wrongValues().slice(1)) {
    const connection = store.connect();
    await refused(() => connection.feed(input), 'input', 'BAD_ARGUMENT', told('feed', [input]));
    assert.equal(Buffer.from(connection.feed('mn\r\n')).toString(), 'MN\r\n');
  }
});

test('a client: no byte is sent', async () => {
  const store = await open();
  let sent = 0;
  const connect = () => {
    const connection = store.connect();
    return {
      feed(bytes) {
        sent += bytes?.length ?? 0;
        return connection.feed(bytes);
      },
      get pending() {
        return connection.pending;
      },
      get closed() {
        return connection.closed;
      },
      close() {
        connection.close();
      },
    };
  };
  const client = createClient({ store: { connect } });
  await client.set('mine', 'value');
  for (const [method, args, name, code] of wrongCalls('client')) {
    const before = sent;
    await refused(() => client[method](...args), name, code, told(method, args));
    assert.equal(sent, before, told(method, args));
  }
  assert.equal(await client.get('mine'), 'value');
});

async function serve(address, target) {
  const server = await createServer();
  await server.listen(address);
  return { target: target(server), stop: () => server.close() };
}

const path = `/tmp/isocache-arguments-${process.pid}.sock`;
for (const [name, start, skip = false] of [
  ['TCP', () => serve({ port: 0 }, ({ port }) => ({ port }))],
  ['a unix socket', () => serve({ path }, () => ({ path }))],
  [
    'WebSocket',
    () =>
      serve({ websocketPort: 0 }, (server) => ({ url: `ws://127.0.0.1:${server.websocketPort}/memcached`, WebSocket })),
  ],
  [
    'a store',
    async () => {
      const store = await open();
      return { target: { store }, stop: () => store.close() };
    },
  ],
  [
    'memcached',
    async () => {
      const server = await startMemcached();
      return { target: { port: server.port }, stop: () => server.stop() };
    },
    needMemcached,
  ],
]) {
  test(`a client over ${name}: those before and after a wrong call get their own replies`, { skip }, async () => {
    const { target, stop } = await start();
    const client = createClient(target);
    await client.setMany([
      ['a', '1'],
      ['b', '2'],
    ]);
    const calls = wrongCalls('client');
    const right = [];
    const wrong = calls.map(([method, args, argument, code], i) => {
      right.push(client.get('a'), client.get('b'), client.set(`c${i % 7}`, `${i}`), client.get(`c${i % 7}`));
      return refused(() => client[method](...args), argument, code, told(method, args));
    });
    await Promise.all(wrong);
    const expected = calls.flatMap((_, i) => ['1', '2', undefined, `${i}`]);
    assert.deepEqual(await Promise.all(right), expected);
    assert.deepEqual(await client.getMany(['a', 'b', 'none']), ['1', '2', undefined]);
    await client.close();
    await stop();
  });
}

test('a request that fails while it is worded leaves no bytes', async () => {
  const { RequestWriter } = await import('../dist/esm/protocol/request-writer.js');
  const { Pipeline } = await import('../dist/esm/client/pipeline.js');
  const sent = [];
  const connect = (receiver) => ({
    send(bytes) {
      sent.push(Buffer.from(bytes).toString());
      receiver.receive(Buffer.from('MN\r\n'));
    },
    close() {},
  });
  const pipeline = new Pipeline(connect, { timeout: 1000, maxItemSize: 1000 });
  const half = {
    write(writer) {
      writer.text('ms k 5\r\n');
      throw new Error('half');
    },
    read() {
      assert.fail();
    },
  };
  const whole = { write: (writer) => writer.text('mn\r\n'), read: ({ line }) => line };
  const [first, second] = await Promise.allSettled([pipeline.request(half), pipeline.request(whole)]);
  assert.equal(first.reason.message, 'half');
  assert.equal(second.value, 'MN');
  assert.deepEqual(sent, ['mn\r\n']);
  const writer = new RequestWriter();
  assert.throws(() => writer.text('mg \u010d v\r\n'), { code: 'BAD_ARGUMENT' });
  assert.equal(writer.length, 0);
});

/** Bytes that tell another length, or other text, each time. */
function shifty(text) {
  const inner = 'x\r\nflush_all\r\n';
  const changing = (lengths) => ({ get: () => (lengths.length > 1 ? lengths.shift() : lengths[0]) });
  class Short extends Uint8Array {
    #lengths = [3];
    get length() {
      return this.#lengths.shift() ?? super.length;
    }
  }
  class Sliced extends Uint8Array {
    latin1Slice() {
      return inner;
    }
    subarray() {
      return Buffer.from(inner);
    }
  }
  const bytes = (Kind) => new Kind(Buffer.from(text));
  return [
    bytes(Short),
    bytes(Sliced),
    ...[Uint8Array, (it) => Buffer.from(it)].flatMap((Kind) => {
      const make = () => (Kind === Uint8Array ? bytes(Kind) : Kind(text));
      return [
        Object.defineProperty(make(), 'length', changing([3, text.length])),
        Object.defineProperty(make(), 'byteLength', changing([3, text.length])),
        Object.assign(make(), { latin1Slice: () => inner }),
        Object.defineProperty(make(), 'buffer', { value: new ArrayBuffer(99) }),
      ];
    }),
  ];
}

test('a store: bytes that change how long they are, or what they say, are stored as they lie', async () => {
  const store = await open();
  store.set('mine', 'value');
  const text = 'abc\r\nflush_all\r\n';
  for (const value of shifty(text)) {
    store.set('v', value);
    assert.equal(store.get('v'), text);
    assert.equal(store.append('v', value), true);
    assert.equal(store.get('v'), text + text);
    store.setMany([['many', value]]);
    assert.equal(store.get('many'), text);
  }
  // More than has room beside a key, under another length.
  const long = 'x'.repeat(300_000);
  for (const value of shifty(long)) {
    store.set('long', value);
    assert.equal(store.get('long'), long);
    assert.equal(store.execute(Object.defineProperty(Buffer.from('get mine\r\n'), 'length', { value: 5 })).length, 28);
  }
  assert.equal(store.get('mine'), 'value');
});

test('a client: bytes that change how long they are, or what they say, bring in no other request', async () => {
  const store = await open();
  const client = createClient({ store });
  await client.set('mine', 'value');
  const text = 'abc\r\nflush_all\r\n';
  for (const value of shifty(text)) {
    await client.set('v', value);
    assert.equal(await client.get('v'), text);
    assert.equal(await client.append('v', value), true);
    assert.equal(await client.get('mine'), 'value');
  }
  for (const key of shifty(text)) {
    await client.set(key, 'k');
    assert.equal(await client.get(text), 'k');
    assert.equal(await client.get(key), 'k');
    assert.equal(await client.delete(key), true);
    assert.equal(await client.get('mine'), 'value');
  }
  for (const request of shifty('mg mine v\r\n')) {
    assert.equal(Buffer.from(await client.execute(request)).toString(), 'VA 5\r\nvalue\r\n');
    assert.equal(await client.get('mine'), 'value');
  }
});

test('what opens a store or makes a client', async () => {
  for (const options of wrongOptions()) {
    await refused(() => open(options), 'options', 'BAD_ARGUMENT', told('open', [options]));
    await refused(() => createClient(options), 'options', 'BAD_ARGUMENT', told('createClient', [options]));
    await refused(() => new Client(() => {}, options), 'options', 'BAD_ARGUMENT', told('Client', [options]));
  }
  for (const wrong of wrongDurations()) {
    for (const name of ['maxBytes', 'maxItemSize'])
      await refused(() => open({ [name]: wrong }), name, 'BAD_ARGUMENT', told('open', [{ [name]: wrong }])).catch(
        (error) => {
          if (wrong !== null) throw error;
        },
      );
    await refused(
      () => createClient({ timeout: wrong }),
      'timeout',
      'BAD_ARGUMENT',
      told('createClient', [{ timeout: wrong }]),
    );
    await refused(
      () => createClient({ maxItemSize: wrong }),
      'maxItemSize',
      'BAD_ARGUMENT',
      told('createClient', [{ maxItemSize: wrong }]),
    );
    if (wrong !== 0)
      await refused(
        () => createClient({ port: wrong }),
        'port',
        'BAD_ARGUMENT',
        told('createClient', [{ port: wrong }]),
      );
  }
  for (const wrong of wrongFunctions().slice(1)) {
    await refused(() => open({ now: wrong }), 'now', 'BAD_ARGUMENT', told('open', [{ now: wrong }]));
    await refused(() => open({ onEvict: wrong }), 'onEvict', 'BAD_ARGUMENT', told('open', [{ onEvict: wrong }]));
    await refused(() => createClient({ now: wrong }), 'now', 'BAD_ARGUMENT', told('createClient', [{ now: wrong }]));
    for (const name of ['store', 'connect', 'transport'])
      await refused(
        () => createClient({ [name]: wrong }),
        name,
        'BAD_ARGUMENT',
        told('createClient', [{ [name]: wrong }]),
      );
    if (typeof wrong !== 'string') {
      await refused(() => createClient({ url: wrong }), 'url', 'BAD_ARGUMENT', told('createClient', [{ url: wrong }]));
      for (const name of ['host', 'path'])
        await refused(
          () => createClient({ [name]: wrong }),
          name,
          'BAD_ARGUMENT',
          told('createClient', [{ [name]: wrong }]),
        );
    }
  }
  assert.equal(typeof openSync, 'function');
});

/** Calls of the adapters with a key. Not every adapter takes every key. */
function callsWithKey(key, { keyv, manager, storage }) {
  const keyed = [
    ['keyv.get', () => keyv.get(key)],
    ['keyv.getMany', () => keyv.getMany(['k', key])],
    ['keyv.set', () => keyv.set(key, 'v')],
    ['keyv.delete', () => keyv.delete(key)],
    ['keyv.setMany', () => keyv.setMany([{ key, value: 'v' }])],
    ['manager.get', () => manager.get(key)],
    ['manager.mget', () => manager.mget('k', key)],
    ['manager.set', () => manager.set(key, 'v')],
    ['manager.mset', () => manager.mset([[key, 'v']])],
    ['manager.del', () => manager.del(key)],
    ['manager.mdel', () => manager.mdel(key)],
    ['manager.ttl', () => manager.ttl(key)],
  ];
  if (key !== '' && !(key instanceof Uint8Array)) {
    keyed.push(
      ['hasItem', () => storage.hasItem(key)],
      ['getItem', () => storage.getItem(key)],
      ['getItemRaw', () => storage.getItemRaw(key)],
      ['getItems', () => storage.getItems([{ key }])],
      ['setItem', () => storage.setItem(key, 'v')],
      ['setItemRaw', () => storage.setItemRaw(key, 'v')],
      ['setItems', () => storage.setItems([{ key, value: 'v' }])],
      ['removeItem', () => storage.removeItem(key)],
      ['getMeta', () => storage.getMeta(key)],
    );
  }
  return keyed;
}

for (const [where, cacheOf] of [
  ['a store', (store) => store],
  ['a client', (store) => createClient({ store })],
]) {
  test(`adapters over ${where}`, async () => {
    const store = await open();
    const cache = cacheOf(store);
    const keyv = keyvStore(cache);
    const storage = unstorageDriver({ cache, base: 'b' });
    const manager = cacheManagerStore(cache);
    for (const key of wrongKeys()) {
      const keyed = callsWithKey(key, { keyv, manager, storage });
      for (const [name, call] of keyed) await refused(call, 'key', 'BAD_KEY', told(name, [key]));
    }
    for (const value of wrongValues()) {
      await refused(() => keyv.set('k', value), 'value', 'BAD_ARGUMENT', told('keyv.set', ['k', value]));
      if (!(value instanceof ArrayBuffer))
        await refused(() => storage.setItemRaw('k', value), 'value', 'BAD_ARGUMENT', told('setItemRaw', ['k', value]));
    }
    for (const ttl of ['60', '', {}, [60], true, 60n, NaN, () => 1]) {
      await refused(() => keyv.set('k', 'v', ttl), 'ttl', 'BAD_ARGUMENT', told('keyv.set', [ttl]));
      await refused(() => storage.setItem('k', 'v', { ttl }), 'ttl', 'BAD_ARGUMENT', told('setItem', [{ ttl }]));
      await refused(() => manager.set('k', 'v', ttl), 'ttl', 'BAD_ARGUMENT', told('manager.set', [ttl]));
      await refused(() => unstorageDriver({ cache, ttl }), 'ttl', 'BAD_ARGUMENT', told('unstorageDriver', [{ ttl }]));
      await refused(
        () => cacheManagerStore(cache, { ttl }),
        'ttl',
        'BAD_ARGUMENT',
        told('cacheManagerStore', [{ ttl }]),
      );
    }
    for (const wrong of [null, 5, 'x', {}, [], true]) {
      await refused(() => keyvStore(wrong), 'cache', 'BAD_ARGUMENT', told('keyvStore', [wrong]));
      await refused(() => unstorageDriver({ cache: wrong }), 'cache', 'BAD_ARGUMENT', told('unstorageDriver', [wrong]));
      await refused(() => cacheManagerStore(wrong), 'cache', 'BAD_ARGUMENT', told('cacheManagerStore', [wrong]));
      if (typeof wrong === 'string') continue;
      await refused(() => storage.getKeys(wrong), 'base', 'BAD_ARGUMENT', told('getKeys', [wrong]));
      await refused(() => storage.clear(wrong), 'base', 'BAD_ARGUMENT', told('clear', [wrong]));
      await refused(() => manager.keys(wrong), 'pattern', 'BAD_ARGUMENT', told('manager.keys', [wrong]));
    }
    assert.equal(store.size, 0, 'nothing was stored');
  });
}
