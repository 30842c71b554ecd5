// /metrics and /stats.json over HTTP: what promtool says, and that figures follow what clients do.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { readStats, statsOf, withClient } from '../lib/client.mjs';
import { getPage, needPromtool, promtool, scrape, sumOf } from '../lib/metrics.mjs';
import { EXPOSING_SAFELY, METRICS, blockOf } from '../lib/page.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { connectOverWebSocket, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const MB = 2 ** 20;
const SEGMENT_BYTES = 64 << 10;
const onServer = (args, use) =>
  withServer(startIsocached, ['--http', '127.0.0.1:0', ...args], (server) => {
    assert.ok(server.httpPort, `no HTTP port in: ${server.stderr}`);
    return withClient(server, (client) => use(client, server));
  });

const TURNS = 'isocache_turn_duration_seconds';
const turnsOf = (transport) => `${TURNS}_count{transport="${transport}"}`;

/** Samples, once there are so many turns: one is counted right after its reply is sent. */
async function afterTurns(server, transport, count) {
  for (;;) {
    const { samples } = await scrape(server);
    if (samples.get(turnsOf(transport)) >= count) return samples;
  }
}

const command = (name, status) => `memcached_commands_total{command="${name}",status="${status}"}`;

describe('/metrics', { skip: needIsocached, concurrency: 1 }, () => {
  test('promtool finds nothing to say', { ...limit, skip: needPromtool }, () =>
    onServer(['-t', '2'], async (client, server) => {
      await client.ask(`set a 0 0 1\r\nx\r\nset b 0 0 100000\r\n${'v'.repeat(100_000)}\r\nget a b c\r\n`);
      const { text } = await getPage(server, '/metrics');
      assert.deepEqual(await promtool(['check', 'metrics'], text), { code: 0, output: '' });
    }),
  );

  test('nor with TLS, passwords and a flash tier, which have families of their own; the page names all of ours', {
    ...limit,
    skip: needPromtool || needOpenssl,
  }, async () => {
    const certificates = new Certificates();
    const users = certificates.file('users');
    writeFileSync(users, 'ann:secret\n');
    const args = ['--http', '127.0.0.1:0', '-Y', users, ...certificates.serverArgs(certificates.issue('server'))];
    args.push('--prefix-metrics', '5', '-o', `ext_path=${path.join(certificates.folder, 'flash')}:256m`);
    await withServer(startIsocached, args, async (server) => {
      server.tls = certificates.clientOptions();
      const login = (password) =>
        withClient(server, (client) => client.send(`set any 0 0 10\r\n${password}\r\n`).then(() => client.readLine()));
      assert.equal(await login('ann guess!'), 'CLIENT_ERROR authentication failure\r\n');
      assert.equal(await login('ann secret'), 'STORED\r\n');
      const options = { auth: 'ann:secret' };
      const { text } = await getPage(server, '/metrics', options);
      assert.deepEqual(await promtool(['check', 'metrics'], text), { code: 0, output: '' });
      const { types, samples } = await scrape(server, options);
      assert.equal(samples.get('isocache_logins_total{result="refused"}'), 1);
      assert.ok(samples.get('isocache_logins_total{result="accepted"}') >= 1);
      assert.ok(samples.get('isocache_tls_certificate_age_seconds') < 60);
      assert.deepEqual(
        [types.get('isocache_tls_handshake_errors_total'), types.get('isocache_tls_protocol_errors_total')],
        ['counter', 'counter'],
      );
      const named = new Set([...readFileSync(METRICS, 'utf8').matchAll(/`(isocache_\w+)`/g)].map(([, name]) => name));
      assert.deepEqual([...named].sort(), [...types.keys()].filter((name) => name.startsWith('isocache_')).sort());
    });
  });

  test('the scrape configuration of the page is one', { ...limit, skip: needPromtool || needOpenssl }, async () => {
    const file = path.join(new Certificates().folder, 'prometheus.yml');
    const configuration = blockOf(EXPOSING_SAFELY, 'yaml');
    writeFileSync(file, configuration.replace('/etc/prometheus/isocache-password', 'password'));
    writeFileSync(path.join(path.dirname(file), 'password'), 'secret');
    const { code, output } = await promtool(['check', 'config', file]);
    assert.equal(code, 0, output);
    assert.match(output, /SUCCESS: .*prometheus\.yml is valid/);
  });

  test('segments and bytes add up to the memory of a full server', limit, () =>
    onServer(['-t', '2', '-m', '64'], async (client, server) => {
      const value = 'v'.repeat(2000);
      for (let i = 0; i < 50; ++i) {
        await client.ask(
          Array.from({ length: 1000 }, (_, n) => `set key${i}:${n} 0 0 ${value.length} noreply\r\n${value}\r\n`).join(
            '',
          ),
        );
      }
      const { samples } = await scrape(server);
      const segments = (state) => samples.get(`isocache_segments{state="${state}"}`);
      const bytes = (use) => samples.get(`isocache_memory_bytes{use="${use}"}`);
      const between = (low, what, high) => assert.ok(low <= what && what <= high, `${low} <= ${what} <= ${high}`);
      assert.ok(samples.get('memcached_items_evicted_total') > 0);
      between(0.95 * 64 * MB, sumOf(samples, 'isocache_segments') * SEGMENT_BYTES, 64 * MB);
      between(0.9 * 64 * MB, sumOf(samples, 'isocache_memory_bytes'), 64 * MB);
      assert.equal(sumOf(samples, 'isocache_segments') * SEGMENT_BYTES, samples.get('memcached_malloced_bytes'));
      assert.equal(sumOf(samples, 'isocache_band_segments'), segments('items'));
      between(
        0.95 * segments('items') * SEGMENT_BYTES,
        bytes('items') + bytes('dead'),
        segments('items') * SEGMENT_BYTES,
      );
      assert.equal(bytes('index'), segments('index') * SEGMENT_BYTES);
      assert.equal(bytes('ghosts'), segments('ghosts') * SEGMENT_BYTES);
      assert.equal(sumOf(samples, 'isocache_band_bytes'), bytes('items'));
      assert.equal(bytes('items'), samples.get('memcached_current_bytes'));
      assert.equal(samples.get('isocache_tier_limit_bytes{tier="ram"}'), 64 * MB);
    }),
  );

  test('counters grow by exactly what was done', limit, () =>
    onServer(['-t', '2'], async (client, server) => {
      await client.ask('set a 0 0 1\r\nx\r\n');
      const before = await scrape(server);
      await client.ask(
        'get a\r\nget a b c\r\nset b 0 0 1\r\ny\r\nset c 0 0 1\r\n5\r\nincr c 2\r\nincr none 1\r\ndelete b\r\ndelete b\r\n' +
          'cas a 0 0 1 9999\r\nz\r\ncas none 0 0 1 1\r\nz\r\ntouch a 0\r\ntouch none 0\r\n',
      );
      const after = await scrape(server);
      const moved = {
        [command('get', 'hit')]: 2,
        [command('get', 'miss')]: 2 + 1, // one marks the end
        [command('set', 'hit')]: 2,
        [command('incr', 'hit')]: 1,
        [command('incr', 'miss')]: 1,
        [command('decr', 'hit')]: 0,
        [command('delete', 'hit')]: 1,
        [command('delete', 'miss')]: 1,
        [command('cas', 'badval')]: 1,
        [command('cas', 'miss')]: 1,
        [command('cas', 'hit')]: 0,
        [command('touch', 'hit')]: 1,
        [command('touch', 'miss')]: 1,
        [command('flush', 'hit')]: 0,
        memcached_current_items: 1,
        memcached_items_evicted_total: 0,
      };
      for (const [name, by] of Object.entries(moved))
        assert.equal(after.samples.get(name) - before.samples.get(name), by, name);
      assert.deepEqual([...after.samples.keys()], [...before.samples.keys()]);
      for (const [name, value] of before.samples) {
        const family = name.replace(/(_bucket|_sum|_count)?(\{.*)?$/, '');
        const type = before.types.get(family) ?? before.types.get(name.replace(/\{.*/, ''));
        if (type !== 'gauge')
          assert.ok(after.samples.get(name) >= value, `${name}: ${value}, then ${after.samples.get(name)}`);
      }
    }),
  );

  test('the figures are those of stats', limit, () =>
    onServer(['-t', '2', '-m', '100'], async (client, server) => {
      await client.ask(`set a 0 0 1\r\nx\r\nset b 0 0 2000\r\n${'v'.repeat(2000)}\r\nget a b\r\n`);
      const { samples } = await scrape(server);
      const stats = await statsOf(client);
      for (const [metric, key] of Object.entries({
        memcached_current_bytes: 'bytes',
        memcached_limit_bytes: 'limit_maxbytes',
        memcached_current_items: 'curr_items',
        memcached_items_total: 'total_items',
        memcached_max_connections: 'max_connections',
        memcached_items_evicted_total: 'evictions',
        memcached_accepting_connections: 'accepting_conns',
        'isocache_tier_items{tier="ram"}': 'curr_items',
      })) {
        assert.equal(samples.get(metric), Number(stats[key]), metric);
      }
      assert.equal(samples.get(`memcached_version{version="${stats.version}"}`), 1);
      const shards = [...samples].filter(([name]) => name.startsWith('isocache_shard_items{'));
      assert.equal(shards.length, Number(stats.isocache_shards));
      assert.equal(
        shards.reduce((sum, [, items]) => sum + items, 0),
        2,
      );
    }),
  );

  test('the histogram of turns is whole, and counts turns', { ...limit, skip: needWs }, () =>
    onServer(['-t', '2'], async (client, server) => {
      const overWebSocket = await connectOverWebSocket(webSocketUrl(server));
      const other = { memcached: 'websocket', websocket: 'memcached' };
      for (const [transport, from] of Object.entries({ memcached: client, websocket: overWebSocket })) {
        const before = (await scrape(server)).samples;
        for (let i = 0; i < 50; ++i) {
          await from.send('mn\r\n');
          await from.readLine();
        }
        const samples = await afterTurns(server, transport, before.get(turnsOf(transport)) + 50);
        const buckets = [...samples].filter(([name]) => name.startsWith(`${TURNS}_bucket{transport="${transport}"`));
        const bounds = buckets.map(([name]) => Number(/le="(.*)"/.exec(name)[1].replace('+Inf', 'Infinity')));
        assert.deepEqual(
          bounds,
          [...bounds].sort((a, b) => a - b),
        );
        assert.equal(bounds.at(-1), Infinity);
        const counts = buckets.map(([, value]) => value);
        assert.deepEqual(
          counts,
          [...counts].sort((a, b) => a - b),
        );
        assert.equal(counts.at(-1), samples.get(turnsOf(transport)));
        const sum = `${TURNS}_sum{transport="${transport}"}`;
        assert.ok(samples.get(sum) > before.get(sum));
        assert.equal(samples.get(turnsOf(other[transport])), before.get(turnsOf(other[transport])));
      }
      overWebSocket.close();
    }),
  );

  test("a WebSocket's turn: all frames of a packet, or what has no reply", { ...limit, skip: needWs }, () =>
    onServer(['-t', '1'], async (client, server) => {
      const countOnce = async (count) => (await afterTurns(server, 'websocket', count)).get(turnsOf('websocket'));
      const socket = await connectOverWebSocket(webSocketUrl(server));
      assert.equal(await countOnce(0), 0);
      await socket.send('mn\r\n'.repeat(300)); // more than -R: several turns of the session, one reply
      for (let i = 0; i < 300; ++i) await socket.readLine();
      assert.equal(await countOnce(1), 1);
      await socket.send('set a 0 0 1 noreply\r\nx\r\n');
      assert.equal(await countOnce(2), 2);
      assert.equal(await client.ask('get a\r\n'), 'VALUE a 0 1\r\nx\r\nEND\r\n');
      socket.close();
    }),
  );

  test('/stats.json has what stats says', limit, () =>
    onServer(['-t', '2'], async (client, server) => {
      await client.ask('set a 0 0 1\r\nx\r\nget a\r\n');
      const { type, text } = await getPage(server, '/stats.json');
      assert.match(type, /^application\/json(;|$)/);
      const all = JSON.parse(text);
      assert.deepEqual(Object.keys(all), ['general', 'settings', 'items', 'slabs']);
      assert.deepEqual(
        Object.keys(all.general),
        (await readStats(client)).map(([key]) => key),
      );
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
    }),
  );
});
