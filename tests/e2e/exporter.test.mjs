// /metrics has every name that memcached's exporter makes from this server's own answers, with the same labels and
// values.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { readStats, statsOf, withClient } from '../lib/client.mjs';
import {
  COMMANDS,
  ITEMS,
  LRU_HITS,
  OMITTED,
  SETTINGS,
  SLABS,
  SLAB_COMMANDS,
  STATS,
  rowsOf,
} from '../lib/exporter-names.mjs';
import { scrape } from '../lib/metrics.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const BANDS = 8;

const numberOf = (text) => ({ yes: 1, no: 0 })[text] ?? Number(text);

/** What memcached answers, as the exporter looks at it; classes by id: items['1'].number. */
async function answersOf(client) {
  const classes = async (what) => {
    const all = {};
    for (const [key, value] of await readStats(client, what)) {
      const [, id, name] = /^(?:items:)?(\d+):(.*)$/.exec(key) ?? [];
      if (id) (all[id] ??= {})[name] = value;
    }
    return all;
  };
  const { total_malloced: malloced } = await statsOf(client, 'slabs');
  return {
    stats: { ...(await statsOf(client)), total_malloced: malloced },
    settings: await statsOf(client, 'settings'),
    items: await classes('items'),
    slabs: await classes('slabs'),
  };
}

const set = (key, bytes) => `set ${key} 0 0 ${bytes}\r\n${'1'.repeat(bytes)}\r\n`;

/** Something of every kind. */
async function use(client) {
  await client.ask(set('a', 1) + set('b', 300) + set('c', 2000) + set('d', 100_000) + set('e', 1));
  await client.ask(
    'get a b c d none\r\nincr e 1\r\nincr none 1\r\ndecr e 1\r\ndecr none 1\r\ntouch a 0\r\ntouch none 0\r\n' +
      'delete c\r\ndelete none\r\ncas a 0 0 1 99999\r\ny\r\ncas none 0 0 1 1\r\ny\r\n',
  );
  const [, cas] = /^VALUE e 0 1 (\d+)/.exec(await client.ask('gets e\r\n'));
  await client.ask(`cas e 0 0 1 ${cas}\r\n2\r\n`);
}

/** A sample is what the answers before it and after it say, and what is between them. */
class Comparison {
  constructor(samples, before, after) {
    Object.assign(this, { samples, before, after });
  }

  check(name, keys, answersIn, slack = 0) {
    const value = this.samples.get(name);
    assert.notEqual(value, undefined, `${name} is missing`);
    const [low, high] = [this.before, this.after].map((answers) =>
      keys.reduce((sum, key) => {
        const text = answersIn(answers)[key.replace('-', '')];
        assert.notEqual(text, undefined, `${name}: no key ${key}`);
        return sum + (key.startsWith('-') ? -1 : 1) * numberOf(text);
      }, 0),
    );
    assert.ok(low <= value && value <= high + slack, `${name}: ${low} <= ${value} <= ${high}`);
  }
}

/** Nothing else has such a name, but for classes that `stats` does not show as they are empty. */
function assertNothingElse(samples, types, checked) {
  const ours = [...samples.keys()].filter((name) => name.startsWith('memcached_') && !checked.has(name));
  for (const name of ours) assert.match(name, /^memcached_slab_\w+\{slab="\d+"/);
  const shapes = (names) => new Set([...names].map((name) => name.replace(/slab="\d+"/, '')));
  const known = shapes(checked);
  for (const shape of shapes(ours)) assert.ok(known.has(shape), shape);
  for (const { name } of [ITEMS, SLABS].flatMap(rowsOf)) {
    assert.equal([...samples.keys()].filter((sample) => sample.startsWith(`${name}{`)).length, BANDS, name);
  }
  for (const name of OMITTED) {
    const pattern = new RegExp(`^memcached_${name.replace('*', '\\w+')}$`);
    assert.deepEqual(
      [...types.keys()].filter((family) => pattern.test(family)),
      [],
    );
  }
}

describe("the names of memcached's exporter", { skip: needIsocached, concurrency: 1 }, () => {
  test('each is there, with its type, its labels and the value that the exporter would show', limit, () =>
    withServer(startIsocached, ['--http', '127.0.0.1:0', '-t', '2'], (server) =>
      withClient(server, async (client) => {
        await use(client);
        const before = await answersOf(client);
        const { types, samples } = await scrape(server);
        const compared = new Comparison(samples, before, await answersOf(client));
        const checked = new Set(['memcached_up', `memcached_version{version="${before.stats.version}"}`]);
        for (const name of checked) assert.equal(samples.get(name), 1, name);
        const check = (name, ...rest) => {
          checked.add(name);
          compared.check(name, ...rest);
        };

        for (const { name, key } of rowsOf(STATS))
          check(name, [key], ({ stats }) => stats, key === 'curr_connections' ? 1 : 0);
        for (const { name, key } of rowsOf(SETTINGS)) check(name, [key], ({ settings }) => settings);
        for (const [labels, keys] of Object.entries(COMMANDS))
          check(`memcached_commands_total{${labels}}`, keys, ({ stats }) => stats);
        assert.ok(Object.keys(before.items).length >= 3 && Object.keys(before.slabs).length >= 3);
        for (const id of Object.keys(before.items)) {
          const slab = `slab="${id}"`;
          for (const { name, key } of rowsOf(ITEMS)) check(`${name}{${slab}}`, [key], ({ items }) => items[id]);
          for (const [labels, keys] of Object.entries(LRU_HITS))
            check(`memcached_slab_lru_hits_total{${slab},${labels}}`, keys, ({ items }) => items[id]);
        }
        for (const id of Object.keys(before.slabs)) {
          const slab = `slab="${id}"`;
          for (const { name, key } of rowsOf(SLABS)) check(`${name}{${slab}}`, [key], ({ slabs }) => slabs[id]);
          for (const [labels, keys] of Object.entries(SLAB_COMMANDS))
            check(`memcached_slab_commands_total{${slab},${labels}}`, keys, ({ slabs }) => slabs[id]);
        }

        const typed = [STATS, SETTINGS, ITEMS, SLABS].flatMap(rowsOf);
        for (const { name, type } of typed) assert.equal(types.get(name), type, name);
        for (const name of ['memcached_up', 'memcached_version']) assert.equal(types.get(name), 'gauge', name);
        for (const name of [
          'memcached_commands_total',
          'memcached_slab_commands_total',
          'memcached_slab_lru_hits_total',
        ]) {
          assert.equal(types.get(name), 'counter', name);
        }

        assertNothingElse(samples, types, checked);
      }),
    ),
  );

  test('settings that change are followed', limit, () =>
    withServer(startIsocached, ['--http', '127.0.0.1:0'], (server) =>
      withClient(server, async (client) => {
        await client.ask(
          'lru_crawler disable\r\nlru_crawler sleep 7\r\nlru_crawler tocrawl 9\r\nlru tune 11 22 0.15 2.5\r\n',
        );
        const answers = await answersOf(client);
        assert.equal(answers.settings.hot_max_factor, '0.15');
        const { samples } = await scrape(server);
        const compared = new Comparison(samples, answers, answers);
        for (const { name, key } of rowsOf(SETTINGS)) compared.check(name, [key], ({ settings }) => settings);
      }),
    ),
  );
});
