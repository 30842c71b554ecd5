// What a client does, whatever the transport and whoever serves: [name, async (client) => ...]. Each case has keys of
// its own, so that they can run in any order and at once.

import assert from 'node:assert/strict';

const bytes = (...values) => Uint8Array.from(values);
const code = (expected) => (error) => error.name === 'IsocacheError' && error.code === expected;
let cases = 0;

export const clientTable = [
  [
    'a value comes back, as text and as bytes',
    async (client, key) => {
      assert.equal(await client.get(key), undefined);
      assert.equal(await client.set(key, 'grün'), undefined);
      assert.equal(await client.get(key), 'grün');
      assert.deepEqual(await client.getBytes(key), new TextEncoder().encode('grün'));
      await client.set(key, '');
      assert.equal(await client.get(key), '');
      assert.deepEqual(await client.getBytes(key), bytes());
    },
  ],

  [
    'values are binary-safe, whatever they look like',
    async (client, key) => {
      const all = Uint8Array.from({ length: 256 }, (_, i) => i);
      for (const value of [all, bytes(13, 10), new TextEncoder().encode('\r\nEND\r\nVA 3\r\nabc\r\nMN\r\n')]) {
        await client.set(key, value);
        assert.deepEqual(await client.getBytes(key), value);
      }
    },
  ],

  [
    'large values, up to the limit',
    async (client, key) => {
      for (const size of [2047, 65536, 300_000, 1_000_000]) {
        const value = Uint8Array.from({ length: size }, (_, i) => i * 7);
        await client.set(key, value);
        assert.deepEqual(await client.getBytes(key), value);
        assert.equal((await client.getBytes(key)).buffer.byteLength <= 2 * size, true);
      }
      await assert.rejects(client.set(key, new Uint8Array(2 << 20)), code('TOO_LARGE'));
      assert.equal(await client.get(key), undefined, 'never the old value after a failed set');
    },
  ],

  [
    'more bytes in one go than any buffer has',
    async (client, key) => {
      const values = Array.from({ length: 24 }, (_, i) => String.fromCharCode(65 + i).repeat(500_000));
      await client.setMany(values.map((value, i) => [`${key}-${i}`, value]));
      assert.ok((await client.getMany(values.map((_, i) => `${key}-${i}`))).every((value, i) => value === values[i]));
      await client.deleteMany(values.map((_, i) => `${key}-${i}`));
    },
  ],

  [
    'keys with spaces, control bytes, other alphabets, and no text at all',
    async (client, key) => {
      const keys = [
        `${key} with spaces`,
        `${key}\r\nset x 0 0 1\r\n`,
        `${key}\0`,
        `${key}é`,
        `${key}漢字`,
        `${key} 漢`,
        new Uint8Array([...new TextEncoder().encode(key), 0xff, 0, 0xfe]),
        `${key}${'k'.repeat(250 - key.length)}`,
        `${key}${'é'.repeat((250 - key.length) >> 1)}`,
      ];
      await client.setMany(keys.map((name, i) => [name, `value ${i}`]));
      assert.deepEqual(
        await client.getMany(keys),
        keys.map((_, i) => `value ${i}`),
      );
      assert.equal(await client.deleteMany([...keys, 'not there']), keys.length);
    },
  ],

  [
    'a key as string and as bytes is the same',
    async (client, key) => {
      await client.set(`${key} ü`, '1');
      assert.equal(await client.get(new TextEncoder().encode(`${key} ü`)), '1');
    },
  ],

  [
    'bad keys are refused before they are sent',
    async (client, key) => {
      for (const bad of [
        '',
        'k'.repeat(251),
        'é'.repeat(126),
        new Uint8Array(251),
        new Uint8Array(0),
        ' '.repeat(187),
      ]) {
        await assert.rejects(client.get(bad), code('BAD_KEY'));
        await assert.rejects(client.set(bad, 'x'), code('BAD_KEY'));
        await assert.rejects(client.getMany([key, bad]), code('BAD_KEY'));
      }
      assert.equal(await client.get(' '.repeat(186)), undefined);
    },
  ],

  [
    'add, replace, append, prepend',
    async (client, key) => {
      assert.equal(await client.replace(key, 'x'), false);
      assert.equal(await client.append(key, 'x'), false);
      assert.equal(await client.add(key, 'b'), true);
      assert.equal(await client.add(key, 'x'), false);
      assert.equal(await client.append(key, 'c'), true);
      assert.equal(await client.prepend(key, 'a'), true);
      assert.equal(await client.get(key), 'abc');
      assert.equal(await client.replace(key, 'd', { flags: 5 }), true);
      assert.equal((await client.getItem(key)).flags, 5);
    },
  ],

  [
    'cas',
    async (client, key) => {
      assert.equal(await client.cas(key, 'x', 1n), 'notFound');
      await client.set(key, 'a');
      const { cas } = await client.getItem(key);
      assert.equal(typeof cas, 'bigint');
      assert.equal(await client.cas(key, 'b', cas), 'stored');
      assert.equal(await client.cas(key, 'c', cas), 'exists');
      assert.equal(await client.cas(key, 'c', 2n ** 64n - 1n), 'exists');
      assert.equal(await client.get(key), 'b');
    },
  ],

  [
    'getItem tells what the cache knows',
    async (client, key) => {
      assert.equal(await client.getItem(key), undefined);
      await client.set(key, 'value', { ttl: 59_001, flags: 4294967295 });
      const first = await client.getItem(key);
      assert.equal(first.text(), 'value');
      assert.deepEqual(
        { ...first, text: 0, cas: 0n, value: 0, ttl: 0, idle: 0 },
        {
          value: 0,
          text: 0,
          cas: 0n,
          flags: 4294967295,
          ttl: 0,
          size: 5,
          idle: 0,
          hit: false,
          stale: false,
          won: false,
          lost: false,
        },
      );
      // Whole seconds of a clock that nobody here holds: one may begin between the set and the get.
      assert.ok(first.idle <= 2000, String(first.idle));
      assert.ok(first.ttl > 57_000 && first.ttl <= 60_000, String(first.ttl));
      const second = await client.getItem(key, { peek: true });
      assert.equal(second.hit, true);
      assert.equal(second.cas, first.cas);
      await client.set(key, 'value');
      assert.equal((await client.getItem(key)).ttl, undefined);
    },
  ],

  [
    'peek leaves no trace',
    async (client, key) => {
      await client.set(key, '1');
      await client.getItem(key, { peek: true });
      assert.equal((await client.getItem(key)).hit, false);
    },
  ],

  [
    'a TTL: touch, and the longest',
    async (client, key) => {
      assert.equal(await client.touch(key, 1000), false);
      await client.set(key, '1');
      assert.equal(await client.touch(key, 100_000), true);
      const { ttl } = await client.getItem(key, { touch: 200_000 });
      assert.ok(ttl > 97_000 && ttl <= 100_000, String(ttl));
      assert.ok((await client.getItem(key)).ttl > 197_000);
      const year = 365 * 24 * 3600 * 1000;
      await client.set(key, '1', { ttl: year });
      assert.ok(Math.abs((await client.getItem(key)).ttl - year) < 5000);
      await client.set(key, '1', { ttl: 1000 * year });
      assert.equal(await client.has(key), true);
      for (const ttl of [0, -1, NaN]) await assert.rejects(client.set(key, '1', { ttl }), code('BAD_ARGUMENT'));
      await assert.rejects(client.set(key, '1', { flags: -1 }), code('BAD_ARGUMENT'));
    },
  ],

  [
    'counters',
    async (client, key) => {
      assert.equal(await client.incr(key), undefined);
      assert.equal(await client.incr(key, 5n, { initial: 10n, ttl: 60_000 }), 10n);
      assert.ok((await client.getItem(key)).ttl <= 60_000);
      assert.equal(await client.incr(key), 11n);
      assert.equal(await client.incr(key, 5), 16n);
      assert.equal(await client.decr(key, 7n), 9n);
      assert.equal(await client.decr(key, 100n), 0n);
      await client.set(key, String(2n ** 64n - 1n));
      assert.equal(await client.incr(key), 0n);
      await client.set(key, 'not a number');
      await assert.rejects(client.incr(key), code('NON_NUMERIC'));
      assert.equal(await client.get(key), 'not a number');
      for (const delta of [-1n, 2n ** 64n, 1.5]) await assert.rejects(client.incr(key, delta), code('BAD_ARGUMENT'));
    },
  ],

  [
    'has and delete',
    async (client, key) => {
      assert.equal(await client.has(key), false);
      assert.equal(await client.delete(key), false);
      await client.set(key, '1');
      assert.equal(await client.has(key), true);
      assert.equal(await client.delete(key), true);
      assert.equal(await client.has(key), false);
    },
  ],

  [
    'stale items have one winner',
    async (client, key) => {
      assert.equal(await client.markStale(key), false);
      await client.set(key, 'old');
      assert.equal(await client.markStale(key, { ttl: 30_000 }), true);
      const winner = await client.getItem(key, { win: true });
      assert.deepEqual([winner.text(), winner.stale, winner.won, winner.lost], ['old', true, true, false]);
      assert.ok(winner.ttl <= 30_000);
      const other = await client.getItem(key, { win: true });
      assert.deepEqual([other.text(), other.stale, other.won, other.lost], ['old', true, false, true]);
      assert.equal(await client.cas(key, 'new', winner.cas), 'stored');
      const fresh = await client.getItem(key);
      assert.deepEqual([fresh.text(), fresh.stale, fresh.won, fresh.lost], ['new', false, false, false]);
    },
  ],

  [
    'a lease on a miss, and early refresh',
    async (client, key) => {
      const winner = await client.getItem(key, { lease: 30_000 });
      assert.deepEqual([winner.size, winner.won, winner.lost], [0, true, false]);
      const other = await client.getItem(key, { lease: 30_000 });
      assert.deepEqual([other.size, other.won, other.lost], [0, false, true]);
      assert.equal(await client.cas(key, 'made', winner.cas, { ttl: 10_000 }), 'stored');
      assert.equal((await client.getItem(key, { refreshBelow: 1000 })).won, false);
      assert.equal((await client.getItem(key, { refreshBelow: 20_000 })).won, true);
      assert.equal((await client.getItem(key, { refreshBelow: 20_000 })).lost, true);
    },
  ],

  [
    'many at once: order, errors, nothing',
    async (client, key) => {
      const keys = Array.from({ length: 500 }, (_, i) => `${key}-${i}`);
      await client.setMany(new Map(keys.filter((_, i) => i % 3 !== 0).map((name) => [name, name])), { ttl: 60_000 });
      assert.deepEqual(
        await client.getMany(keys),
        keys.map((name, i) => (i % 3 === 0 ? undefined : name)),
      );
      assert.equal(await client.deleteMany(keys), keys.filter((_, i) => i % 3 !== 0).length);
      assert.deepEqual(await client.getMany([]), []);
      await client.setMany([]);
      assert.equal(await client.deleteMany([]), 0);
      const tooLarge = new Uint8Array(2 << 20);
      await assert.rejects(
        client.setMany([
          [`${key}-a`, '1'],
          [`${key}-b`, tooLarge],
          [`${key}-c`, '3'],
        ]),
        code('TOO_LARGE'),
      );
      assert.deepEqual(await client.getMany([`${key}-a`, `${key}-b`, `${key}-c`]), ['1', undefined, '3']);
    },
  ],

  [
    '10,000 requests in one go',
    async (client, key) => {
      const replies = await Promise.all(
        Array.from({ length: 10_000 }, (_, i) => {
          switch (i % 4) {
            case 0:
              return client.set(`${key}-${i}`, `value ${i}`);
            case 1:
              return client.get(`${key}-${i - 1}`);
            case 2:
              return client.delete(`${key}-${i - 2}`);
            default:
              return client.get(`${key}-${i - 3}`);
          }
        }),
      );
      replies.forEach((reply, i) => {
        assert.equal(reply, [undefined, `value ${i - 1}`, true, undefined][i % 4], `request ${i}`);
      });
    },
  ],

  [
    'execute: raw requests, whatever they answer',
    async (client, key) => {
      const text = async (request) => new TextDecoder().decode(await client.execute(request));
      assert.equal(await text(`set ${key} 1 0 2\r\nhi\r\n`), 'STORED\r\n');
      assert.equal(
        await text(`get ${key} ${key}-x ${key}\r\n`),
        `VALUE ${key} 1 2\r\nhi\r\nVALUE ${key} 1 2\r\nhi\r\nEND\r\n`,
      );
      assert.equal(await text(`set ${key} 0 0 4 noreply\r\nMN\r\n\r\n`), '');
      assert.equal(await text(`mg ${key} v q\r\nmg ${key}-x v q\r\nmn\r\nmn\r\n`), 'VA 4\r\nMN\r\n\r\nMN\r\nMN\r\n');
      assert.equal(await text('mn\r\n'), 'MN\r\n');
      assert.equal(await text('nonsense\r\n'), 'ERROR\r\n');
      assert.match(await text('stats\r\n'), /^STAT pid \d+\r\n[\s\S]*END\r\n$/);
      const [a, b] = await Promise.all([text(`get ${key}\r\n`), client.get(key)]);
      assert.deepEqual([a, b], [`VALUE ${key} 0 4\r\nMN\r\n\r\nEND\r\n`, 'MN\r\n']);
      for (const bad of ['mg a v', 'set a 0 0 5\r\nabc\r\n', 'quit\r\n', 'watch\r\n', 'set a b\r\n']) {
        await assert.rejects(client.execute(bad), code('BAD_ARGUMENT'), bad);
      }
    },
  ],

  [
    'stats, size, bytes',
    async (client, key) => {
      await client.set(key, '1');
      const stats = await client.stats();
      assert.ok(stats.items >= 1 && stats.bytes > 0 && stats.maxBytes > stats.bytes && stats.sets >= 1);
      assert.match(stats.all.version, /^\d+\.\d+\.\d+/);
      assert.ok((await client.size()) >= 1);
      assert.ok((await client.bytes()) > 0);
    },
  ],

  [
    'an abort signal ends the wait, and nothing else',
    async (client, key) => {
      const { signal } = Object.assign(new AbortController(), {});
      assert.equal(await client.get(key, { signal }), undefined);
      const controller = new AbortController();
      const waits = [
        client.get(key, { signal: controller.signal }),
        client.set(key, '1', { signal: controller.signal }),
      ];
      const other = client.get(key);
      controller.abort(new Error('no longer wanted'));
      for (const wait of waits) await assert.rejects(wait, /no longer wanted/);
      assert.equal(await other, '1', 'it had been asked for all the same');
      await assert.rejects(client.set(key, '2', { signal: AbortSignal.abort(new Error('too late')) }), /too late/);
      assert.equal(await client.get(key), '1');
    },
  ],
].map(([name, run]) => [name, (client) => run(client, `case${++cases}`)]);

/** These empty the whole cache: one after the other, and last. */
export const wholeCacheTable = [
  [
    'keys',
    async (client) => {
      await client.clear();
      const keys = ['plain', 'with space', 'ümlaut', 'percent%41', ...Array.from({ length: 3000 }, (_, i) => `k${i}`)];
      await client.setMany(keys.map((key) => [key, 'x']));
      // memcached leaves out what was stored within the last second or so.
      let found = [];
      for (let i = 0; i < 50 && found.length < keys.length; ++i) {
        if (i > 0) await new Promise((resolve) => setTimeout(resolve, 100));
        found = [];
        for await (const key of client.keys()) found.push(key);
      }
      assert.deepEqual(found.sort(), keys.sort());
      for await (const key of client.keys()) {
        assert.equal(typeof key, 'string');
        break; // ends that connection
      }
      assert.equal(await client.get('plain'), 'x');
    },
  ],

  [
    'clear',
    async (client) => {
      await client.set('a', '1');
      await client.clear();
      assert.equal(await client.get('a'), undefined);
    },
  ],
];
