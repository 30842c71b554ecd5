// isocache/testing: a memcached whose clock the test moves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { startMemcached } from 'isocache/testing';

import { withClient } from '../../tests/lib/client.mjs';

async function withMemcached(options, use) {
  const memcached = await startMemcached(options);
  try {
    await use(memcached);
  } finally {
    await memcached.close();
  }
}

test('items expire when the test says so, to the millisecond', () =>
  withMemcached({}, async (memcached) => {
    const client = memcached.client();
    await client.set('a', '1', { ttl: 60_000 });
    await client.set('b', '2');
    memcached.advance(59_999);
    assert.deepEqual(await client.getMany(['a', 'b']), ['1', '2']);
    memcached.advance(1);
    assert.deepEqual(await client.getMany(['a', 'b']), [undefined, '2']);
  }));

test('its time stands still otherwise, and is known', () =>
  withMemcached({ now: 1_700_000_000_000 }, async (memcached) => {
    assert.equal(memcached.now(), 1_700_000_000_000);
    await new Promise((resolve) => setTimeout(resolve, 1100));
    assert.equal(memcached.now(), 1_700_000_000_000);
    memcached.advance(86_400_000);
    assert.equal(memcached.now(), 1_700_086_400_000);
    const { all } = await memcached.client().stats();
    assert.equal(all.time, '1700086400');
    assert.equal(all.uptime, '86400');
    assert.throws(() => memcached.advance(-1), { code: 'BAD_ARGUMENT' });
  }));

test('absolute times, and TTLs of more than 30 days, follow its clock', () =>
  withMemcached({ now: 1e12 }, async (memcached) => {
    const client = memcached.client();
    const year = 365 * 86_400_000;
    await client.set('a', '1', { ttl: year });
    await client.execute(`set b 0 ${1e9 + 100} 1\r\n2\r\n`);
    assert.equal((await client.getItem('a')).ttl, year);
    memcached.advance(99_000);
    assert.equal(await client.get('b'), '2');
    memcached.advance(1000);
    assert.equal(await client.get('b'), undefined);
    memcached.advance(year);
    assert.equal(await client.get('a'), undefined);
  }));

test('after 2038, over the wire', async () => {
  const day = 86_400_000;
  for (const start of [0x7fffffff * 1000, 0x80000000 * 1000, Date.UTC(2050), Date.UTC(2105)]) {
    await withMemcached({ now: start }, async (memcached) => {
      const client = memcached.client();
      await client.set('a', '1', { ttl: 60_000 });
      await client.set('b', '1', { ttl: 365 * day }); // memcached has no date for that: 30 days
      await client.execute(`set c 0 ${start / 1000 + 100 * 86_400} 1\r\n2\r\n`);
      assert.equal((await client.getItem('a')).ttl, 60_000);
      assert.equal((await client.getItem('b')).ttl, 30 * day);
      assert.equal((await client.getItem('c')).ttl, 100 * day);
      memcached.advance(59_000);
      assert.deepEqual(await client.getMany(['a', 'b', 'c']), ['1', '1', '2']);
      memcached.advance(1000);
      assert.deepEqual(await client.getMany(['a', 'b', 'c']), [undefined, '1', '2']);
    });
  }
});

test('the store behind it, clear, and any client', () =>
  withMemcached({ maxBytes: 4 << 20 }, async (memcached) => {
    memcached.store.set('a', 'prepared');
    await withClient({ address: { host: memcached.host, port: memcached.port } }, async (client) => {
      assert.equal(await client.ask('get a\r\n'), 'VALUE a 0 8\r\nprepared\r\nEND\r\n');
      memcached.clear();
      assert.equal(await client.ask('get a\r\n'), 'END\r\n');
    });
    assert.equal((await memcached.client().stats()).maxBytes, 4 << 20);
  }));

test('stale items and leases in time', () =>
  withMemcached({}, async (memcached) => {
    const [one, other] = [memcached.client(), memcached.client()];
    assert.equal((await one.getItem('a', { lease: 10_000 })).won, true);
    assert.equal((await other.getItem('a', { lease: 10_000 })).lost, true);
    memcached.advance(10_000);
    assert.equal((await other.getItem('a', { lease: 10_000 })).won, true, 'the first one took too long');
  }));

test('several at once do not meet', async () => {
  const [a, b] = await Promise.all([startMemcached(), startMemcached()]);
  assert.notEqual(a.port, b.port);
  await a.client().set('key', 'a');
  assert.equal(await b.client().get('key'), undefined);
  await Promise.all([a.close(), b.close()]);
});
