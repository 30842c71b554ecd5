// /metrics and /stats.json over HTTP: what promtool says, and that figures move by what was done.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { text as readAll } from 'node:stream/consumers';

import { readStats, statsOf, withClient } from '../lib/client.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const promtool = [...(process.env.PATH ?? '').split(':'), '/usr/bin'].map((folder) => path.join(folder, 'promtool')).find(existsSync);
const needPromtool = needIsocached || (promtool ? false : 'no promtool here');

const onServer = (args, use) => withServer(startIsocached, ['--http', '127.0.0.1:0', ...args], (server) => {
  assert.ok(server.httpPort, `no HTTP port in: ${server.stderr}`);
  return withClient(server, (client) => use(client, server));
});

async function get(server, page) {
  const response = await fetch(`http://127.0.0.1:${server.httpPort}${page}`, { signal: AbortSignal.timeout(10_000) });
  assert.equal(response.status, 200, page);
  return { type: response.headers.get('content-type'), text: await response.text() };
}

/** The text format, strictly: {types: Map of family -> type, samples: Map of 'name{labels}' -> value}. */
function parseMetrics(text) {
  assert.ok(text.endsWith('\n'));
  const types = new Map();
  const samples = new Map();
  let family = null;
  const lines = text.slice(0, -1).split('\n');
  for (let i = 0; i < lines.length; ++i) {
    const help = /^# HELP ([a-z_]+) \S.*$/.exec(lines[i]);
    if (help) {
      [, family] = help;
      assert.ok(!types.has(family), `${family} begins twice`);
      const type = new RegExp(`^# TYPE ${family} (counter|gauge|histogram)$`).exec(lines[++i]);
      assert.ok(type, lines[i]);
      types.set(family, type[1]);
      continue;
    }
    const sample = /^([a-z_]+)((?:\{[a-z_]+="(?:[^"\\]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\]|\\[\\"n])*")*\})?) ([0-9]+(?:\.[0-9]+)?)$/.exec(lines[i]);
    assert.ok(sample, lines[i]);
    const [, name, labels, value] = sample;
    const base = types.get(family) === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    assert.equal(base, family, lines[i]);
    assert.ok(!samples.has(name + labels), `${name}${labels} is there twice`);
    samples.set(name + labels, Number(value));
  }
  return { types, samples };
}

async function scrape(server) {
  const { type, text } = await get(server, '/metrics');
  assert.match(type, /^text\/plain; version=0\.0\.4(;|$)/);
  return parseMetrics(text);
}

const command = (name, status) => `memcached_commands_total{command="${name}",status="${status}"}`;

describe('/metrics', { skip: needIsocached, concurrency: 1 }, () => {
  test('promtool finds nothing to say', { ...limit, skip: needPromtool }, () => onServer(['-t', '2'], async (client, server) => {
    await client.ask(`set a 0 0 1\r\nx\r\nset b 0 0 100000\r\n${'v'.repeat(100_000)}\r\nget a b c\r\n`);
    const { text } = await get(server, '/metrics');
    const child = spawn(promtool, ['check', 'metrics'], { stdio: ['pipe', 'pipe', 'pipe'], timeout: 20_000 });
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.end(text);
    const [out, err, code] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    assert.equal(out + err, '');
    assert.equal(code, 0);
  }));

  test('counters grow by exactly what was done', limit, () => onServer(['-t', '2'], async (client, server) => {
    await client.ask('set a 0 0 1\r\nx\r\n');
    const before = await scrape(server);
    await client.ask('get a\r\nget a b c\r\nset b 0 0 1\r\ny\r\nset c 0 0 1\r\n5\r\nincr c 2\r\nincr none 1\r\ndelete b\r\ndelete b\r\n'
      + 'cas a 0 0 1 9999\r\nz\r\ncas none 0 0 1 1\r\nz\r\ntouch a 0\r\ntouch none 0\r\n');
    const after = await scrape(server);
    const moved = {
      [command('get', 'hit')]: 2, [command('get', 'miss')]: 2 + 1,  // one marks the end
      [command('set', 'hit')]: 2, [command('incr', 'hit')]: 1, [command('incr', 'miss')]: 1, [command('decr', 'hit')]: 0,
      [command('delete', 'hit')]: 1, [command('delete', 'miss')]: 1, [command('cas', 'badval')]: 1, [command('cas', 'miss')]: 1,
      [command('cas', 'hit')]: 0, [command('touch', 'hit')]: 1, [command('touch', 'miss')]: 1, [command('flush', 'hit')]: 0,
      memcached_current_items: 1, memcached_items_evicted_total: 0,
    };
    for (const [name, by] of Object.entries(moved)) assert.equal(after.samples.get(name) - before.samples.get(name), by, name);
    assert.deepEqual([...after.samples.keys()], [...before.samples.keys()]);
    for (const [name, value] of before.samples) {
      const family = name.replace(/(_bucket|_sum|_count)?(\{.*)?$/, '');
      const type = before.types.get(family) ?? before.types.get(name.replace(/\{.*/, ''));
      if (type !== 'gauge') assert.ok(after.samples.get(name) >= value, `${name}: ${value}, then ${after.samples.get(name)}`);
    }
  }));

  test('the figures are those of stats', limit, () => onServer(['-t', '2', '-m', '100'], async (client, server) => {
    await client.ask(`set a 0 0 1\r\nx\r\nset b 0 0 2000\r\n${'v'.repeat(2000)}\r\nget a b\r\n`);
    const { samples } = await scrape(server);
    const stats = await statsOf(client);
    for (const [metric, key] of Object.entries({
      memcached_current_bytes: 'bytes', memcached_limit_bytes: 'limit_maxbytes', memcached_current_items: 'curr_items',
      memcached_items_total: 'total_items', memcached_max_connections: 'max_connections', memcached_items_evicted_total: 'evictions',
      memcached_accepting_connections: 'accepting_conns', 'isocache_tier_items{tier="ram"}': 'curr_items',
    })) {
      assert.equal(samples.get(metric), Number(stats[key]), metric);
    }
    assert.equal(samples.get(`memcached_version{version="${stats.version}"}`), 1);
    const shards = [...samples].filter(([name]) => name.startsWith('isocache_shard_items{'));
    assert.equal(shards.length, Number(stats.isocache_shards));
    assert.equal(shards.reduce((sum, [, items]) => sum + items, 0), 2);
  }));

  test('the histogram of turns is whole, and counts turns', limit, () => onServer(['-t', '2'], async (client, server) => {
    const count = 'isocache_turn_duration_seconds_count';
    const before = await scrape(server);
    for (let i = 0; i < 50; ++i) {
      await client.send('mn\r\n');
      await client.readLine();
    }
    const { samples } = await scrape(server);
    const buckets = [...samples].filter(([name]) => name.startsWith('isocache_turn_duration_seconds_bucket'));
    const bounds = buckets.map(([name]) => Number(/le="(.*)"/.exec(name)[1].replace('+Inf', 'Infinity')));
    assert.deepEqual(bounds, [...bounds].sort((a, b) => a - b));
    assert.equal(bounds.at(-1), Infinity);
    const counts = buckets.map(([, value]) => value);
    assert.deepEqual(counts, [...counts].sort((a, b) => a - b));
    assert.equal(counts.at(-1), samples.get(count));
    assert.ok(samples.get(count) - before.samples.get(count) >= 50, `${samples.get(count)} turns`);
    assert.ok(samples.get('isocache_turn_duration_seconds_sum') > before.samples.get('isocache_turn_duration_seconds_sum'));
  }));

  test('/stats.json has what stats says', limit, () => onServer(['-t', '2'], async (client, server) => {
    await client.ask('set a 0 0 1\r\nx\r\nget a\r\n');
    const { type, text } = await get(server, '/stats.json');
    assert.match(type, /^application\/json(;|$)/);
    const all = JSON.parse(text);
    assert.deepEqual(Object.keys(all), ['general', 'settings', 'items', 'slabs']);
    assert.deepEqual(Object.keys(all.general), (await readStats(client)).map(([key]) => key));
    assert.equal(all.general.pid, server.pid);
    assert.equal(all.general.curr_items, 1);
    const settings = await statsOf(client, 'settings');
    assert.deepEqual(Object.keys(all.settings), Object.keys(settings));
    for (const [key, value] of Object.entries(settings)) {
      if (typeof all.settings[key] === 'number') assert.equal(all.settings[key], Number(value), key);
      else assert.equal(all.settings[key], value, key);
    }
    assert.equal(all.items['1'].number, 1);
    assert.equal(all.slabs['1'].get_hits, 1);
    assert.equal(all.slabs.active_slabs, 1);
  }));
});
