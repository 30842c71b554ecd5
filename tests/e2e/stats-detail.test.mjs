// The prefix of a key: stats detail counts by it, as memcached does, and flush_prefix flushes by it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareStreams } from '../differential/compare.mjs';
import { withClient } from '../lib/client.mjs';
import { seedFromEnvironment } from '../lib/random.mjs';
import {
  needIsocached,
  needMemcached,
  QUIET_MEMCACHED,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { statsOf } from '../lib/client.mjs';

const limit = { timeout: 60_000 };
const ours = { ...limit, skip: needIsocached };
const FOUR_SHARDS = ['-t', '4', '-m', '256'];

const onServer = (args, use, start = startIsocached) =>
  withServer(start, args, (server) => withClient(server, (client) => use(client, server)));

/** The dump as {prefix: 'get 1 hit 0 set 0 del 0'}. */
async function dumpOf(client) {
  const lines = (await client.ask('stats detail dump\r\n')).split('\r\n');
  assert.deepEqual(lines.slice(-2), ['END', '']);
  return Object.fromEntries(
    lines.slice(0, -2).map((line) => {
      const [, prefix, counts] = /^PREFIX (\S*) (get \d+ hit \d+ set \d+ del \d+)$/.exec(line) ?? assert.fail(line);
      return [prefix, counts];
    }),
  );
}

const settingsOf = async (client) => {
  const { stat_key_prefix: delimiter, detail_enabled: enabled } = await statsOf(client, 'settings');
  return { delimiter, enabled };
};

// The keys of a stream begin with "s<number>-". What each command does is in conformance/stats-detail.txt.
test('random streams are counted as memcached counts them', {
  ...ours,
  skip: needIsocached || needMemcached,
}, async (context) => {
  const seed = seedFromEnvironment(Date.now() % 1_000_000);
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  await withServer(startMemcached, [...QUIET_MEMCACHED, '-D-'], (theirs) =>
    withServer(startIsocached, [...FOUR_SHARDS, '-D-'], async (own) => {
      assert.deepEqual(await compareStreams(own, theirs, { count: 500, seed }), []);
      const expected = await withClient(theirs, dumpOf);
      assert.ok(Object.keys(expected).length > 400);
      assert.deepEqual(await withClient(own, dumpOf), expected);
    }),
  );
});

for (const [name, start, skip] of [
  ['isocached', startIsocached, needIsocached],
  ['memcached', startMemcached, needMemcached],
]) {
  test(`${name}: -D sets the delimiter, and turns counting on`, { ...limit, skip }, async () => {
    await onServer(
      ['-D', '|'],
      async (client) => {
        assert.deepEqual(await settingsOf(client), { delimiter: '|', enabled: 'yes' });
        await client.ask('get a|b:c\r\nget a:b\r\n');
        assert.deepEqual(await dumpOf(client), { a: 'get 1 hit 0 set 0 del 0' });
        assert.equal(await client.ask('stats detail off\r\n'), 'OK\r\n');
        assert.deepEqual(await settingsOf(client), { delimiter: '|', enabled: 'no' });
      },
      start,
    );
    await onServer(
      ['-D', '::'],
      async (client) => {
        assert.deepEqual(await settingsOf(client), { delimiter: ':', enabled: 'yes' });
      },
      start,
    );
    await onServer(
      [],
      async (client) => {
        assert.deepEqual(await settingsOf(client), { delimiter: ':', enabled: 'no' });
        await client.ask('get a:b\r\n');
        assert.deepEqual(await dumpOf(client), {});
        assert.equal(await client.ask('stats detail on\r\nget a:b\r\n'), 'OK\r\nEND\r\n');
        assert.deepEqual(await dumpOf(client), { a: 'get 1 hit 0 set 0 del 0' });
      },
      start,
    );
  });
}

test("-X refuses stats detail, in memcached 1.6.45's words", ours, () =>
  onServer(['-X', '-D:'], async (client) => {
    for (const word of ['on', 'off', 'dump', '']) {
      assert.equal(await client.ask(`stats detail ${word}\r\n`), 'CLIENT_ERROR stats detail not allowed\r\n');
    }
    assert.equal((await settingsOf(client)).enabled, 'yes');
  }),
);

test('the dump adds up what all threads and shards have counted', ours, () =>
  onServer(FOUR_SHARDS, async (client, server) => {
    assert.notEqual((await statsOf(client)).isocache_shards, '1');
    await client.ask('stats detail on\r\n');
    const keys = Array.from({ length: 50 }, (_, i) => `p:${i}`);
    const commands = keys.map((key) => `set ${key} 0 0 1\r\nx\r\nget ${key} q:1\r\ndelete ${key}\r\n`).join('');
    await Promise.all(Array.from({ length: 8 }, () => withClient(server, (one) => one.ask(commands))));
    const { p, q } = await dumpOf(client);
    assert.match(p, /^get 400 hit \d+ set 400 del 400$/); // another connection may have deleted it
    assert.equal(q, 'get 400 hit 0 set 0 del 0');
    assert.equal(await client.ask('stats reset\r\n'), 'RESET\r\n');
    assert.deepEqual(await dumpOf(client), {});
  }),
);

test('prefixes without end do not take memory without end', ours, () =>
  onServer(['-t', '1', '-D:'], async (client, server) => {
    const prefixes = 100_000;
    const sendAll = async (length) => {
      for (let from = 0; from < prefixes; from += 1000) {
        await client.ask(
          Array.from({ length: 1000 }, (_, i) => `get ${String(from + i).padStart(length, 'p')}:\r\n`).join(''),
        );
      }
    };
    await sendAll(8);
    const short = await dumpOf(client);
    assert.equal(Object.keys(short).length, 4096 + 1);
    assert.equal(short['%other'], `get ${prefixes - 4096} hit 0 set 0 del 0`);
    const before = await server.residentBytes();
    await client.ask('stats reset\r\n');
    await sendAll(240);
    const long = await dumpOf(client);
    assert.ok(Object.keys(long).length > 500, 'names of 240 bytes have room, too');
    assert.ok((await server.residentBytes()) - before < 4 << 20, 'it grows');
  }),
);

// Several shards; two clients, of which one stores while the other flushes.
test('flush_prefix takes the items of one prefix, on every shard, and no others', ours, () =>
  onServer([...FOUR_SHARDS, '-D/'], async (client, server) => {
    const keys = (prefix) => Array.from({ length: 500 }, (_, i) => `${prefix}/${i}`);
    const store = async (prefix) => {
      const sets = keys(prefix).map((key) => `set ${key} 0 0 1 noreply\r\n${prefix.at(-1)}\r\n`);
      assert.equal(await client.ask(`${sets.join('')}mn\r\n`), 'MN\r\n');
    };
    const count = async (prefix) =>
      (await client.ask(`get ${keys(prefix).join(' ')}\r\n`)).match(/VALUE/g)?.length ?? 0;
    for (const prefix of ['user', 'page', 'user:1']) await store(prefix);
    await withClient(server, async (other) => {
      assert.equal(await other.ask('flush_prefix user\r\n'), 'OK\r\n');
      assert.equal(await other.ask('flush_prefix user/1\r\n'), 'CLIENT_ERROR bad prefix\r\n');
    });
    assert.deepEqual([await count('user'), await count('page'), await count('user:1')], [0, 500, 500]);
    await store('user');
    assert.equal(await count('user'), 500);
    assert.equal(await client.ask('flush_prefix page noreply\r\nget page/1\r\n'), 'END\r\n');
    while ((await statsOf(client)).curr_items !== '1000') await new Promise((done) => setTimeout(done, 20));
    assert.equal(await count('user'), 500);
  }),
);

test('-F refuses flush_prefix', ours, () =>
  onServer(['-F'], async (client) => {
    assert.equal(await client.ask('set a:b 0 0 1\r\nx\r\n'), 'STORED\r\n');
    assert.equal(await client.ask('flush_prefix a\r\n'), 'CLIENT_ERROR flush_all not allowed\r\n');
    assert.equal(await client.ask('get a:b\r\n'), 'VALUE a:b 0 1\r\nx\r\nEND\r\n');
  }),
);
