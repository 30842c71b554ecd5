// Tests of code that uses memcached, against a real one that starts in a millisecond: no Docker, no port to agree on,
// and time passes when the test says so. Run it: npm install FILE.tgz && node --test testing.test.mjs

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { startMemcached } from 'isocache/testing';

// What is tested, usually in a file of its own: sessions that end when they are not used for half an hour.
const HALF_AN_HOUR_MS = 30 * 60 * 1000;

class Sessions {
  constructor(memcached) {
    this.memcached = memcached;
  }
  async begin(id, user) {
    await this.memcached.set(`session:${id}`, user, { ttl: HALF_AN_HOUR_MS });
  }
  async userOf(id) {
    return (await this.memcached.getItem(`session:${id}`, { touch: HALF_AN_HOUR_MS }))?.text();
  }
}

let memcached;
let sessions;
before(async () => {
  memcached = await startMemcached();
  // Any memcached client will do, at memcached.host and memcached.port.
  sessions = new Sessions(memcached.client());
});
afterEach(() => memcached.clear());
after(() => memcached.close());

test('a session that is not used ends after half an hour', async () => {
  await sessions.begin('s1', 'Ada');
  assert.equal(await sessions.userOf('s1'), 'Ada');
  memcached.advance(HALF_AN_HOUR_MS);
  assert.equal(await sessions.userOf('s1'), undefined);
});

test('each use makes it last longer', async () => {
  await sessions.begin('s2', 'Grace');
  for (let i = 0; i < 5; ++i) {
    memcached.advance(HALF_AN_HOUR_MS - 1000);
    assert.equal(await sessions.userOf('s2'), 'Grace');
  }
});

test('what is in the cache can be looked at without a network', async () => {
  await sessions.begin('s3', 'Alan');
  assert.deepEqual([...memcached.store.keys()], ['session:s3']);
});
