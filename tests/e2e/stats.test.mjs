// The pages of stats: memcached 1.6.45's keys in its order, and counters that are true.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient, readStats, statsOf, withClient } from '../lib/client.mjs';
import { needIsocached, needMemcached, startIsocached, startMemcached, withServer } from '../lib/server.mjs';
import { FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };

const GENERAL = `pid uptime time version libevent pointer_size rusage_user rusage_system max_connections
  curr_connections total_connections rejected_connections connection_structures response_obj_oom response_obj_count
  response_obj_bytes read_buf_count read_buf_bytes read_buf_bytes_free read_buf_oom reserved_fds cmd_get cmd_set
  cmd_flush cmd_touch cmd_meta get_hits get_misses get_expired get_flushed delete_misses delete_hits incr_misses
  incr_hits decr_misses decr_hits cas_misses cas_hits cas_badval touch_hits touch_misses store_too_large
  store_no_memory auth_cmds auth_errors bytes_read bytes_written limit_maxbytes accepting_conns listen_disabled_num
  time_in_listen_disabled_us threads conn_yields hash_power_level hash_bytes hash_is_expanding slab_reassign_rescues
  slab_reassign_chunk_rescues slab_reassign_inline_reclaim slab_reassign_busy_items slab_reassign_busy_deletes
  slab_reassign_busy_nomem slab_reassign_last_busy_status slab_reassign_running slabs_moved lru_crawler_running
  lru_crawler_starts lru_maintainer_juggles malloc_fails log_worker_dropped log_worker_written log_watcher_skipped
  log_watcher_sent log_watchers unexpected_napi_ids round_robin_fallback bytes curr_items total_items
  slab_global_page_pool expired_unfetched evicted_unfetched evicted_active evictions reclaimed crawler_reclaimed
  crawler_items_checked lrutail_reflocked moves_to_cold moves_to_warm moves_within_lru direct_reclaims
  lru_bumps_dropped`;

const SETTINGS = `maxbytes maxconns tcpport udpport inter verbosity oldest evictions domain_socket umask
  shutdown_command growth_factor chunk_size num_threads num_threads_per_udp stat_key_prefix detail_enabled
  reqs_per_event cas_enabled tcp_backlog binding_protocol auth_enabled_sasl auth_enabled_ascii item_size_max
  maxconns_fast hashpower_init slab_reassign slab_automove slab_automove_ratio slab_automove_window slab_chunk_max
  lru_crawler lru_crawler_sleep lru_crawler_tocrawl tail_repair_time flush_enabled dump_enabled hash_algorithm
  lru_maintainer_thread lru_segmented hot_lru_pct warm_lru_pct hot_max_factor warm_max_factor temp_lru temporary_ttl
  idle_timeout watcher_logbuf_size worker_logbuf_size read_buf_mem_limit track_sizes inline_ascii_response
  drop_privileges ext_item_size ext_item_age ext_low_ttl ext_recache_rate ext_wbuf_size ext_compact_under ext_drop_under ext_max_sleep
  ext_max_frag slab_automove_freeratio ext_drop_unread num_napi_ids memory_file client_flags_size`;

const ITEMS = `number number_hot number_warm number_cold age_hot age_warm age mem_requested evicted evicted_nonzero
  evicted_time outofmemory tailrepairs reclaimed expired_unfetched evicted_unfetched evicted_active crawler_reclaimed
  crawler_items_checked lrutail_reflocked moves_to_cold moves_to_warm moves_within_lru direct_reclaims hits_to_hot
  hits_to_warm hits_to_cold hits_to_temp`;

const SLABS = `chunk_size chunks_per_page total_pages total_chunks used_chunks free_chunks free_chunks_end get_hits
  cmd_set delete_hits incr_hits decr_hits cas_hits cas_badval touch_hits`;

const words = (text) => text.split(/\s+/);
const keysOf = async (client, what) => (await readStats(client, what)).map(([name]) => name);
const onServer = (args, use) =>
  withServer(startIsocached, args, (server) => withClient(server, (client) => use(client, server)));

describe('keys, in order', { skip: needIsocached, concurrency: 1 }, () => {
  test('stats', limit, () =>
    onServer([], async (client) => {
      const keys = await keysOf(client);
      const expected = words(GENERAL);
      assert.deepEqual(keys.slice(0, expected.length), expected);
      // Our own come after memcached's, and say whose they are.
      for (const key of keys.slice(expected.length)) assert.match(key, /^isocache_/);
      assert.equal(new Set(keys).size, keys.length);
    }),
  );

  test('stats with idle_timeout', limit, () =>
    onServer(['-o', 'idle_timeout=60'], async (client) => {
      const expected = words(GENERAL.replace('auth_errors', 'auth_errors idle_kicks'));
      assert.deepEqual((await keysOf(client)).slice(0, expected.length), expected);
    }),
  );

  test('stats settings', limit, () =>
    onServer([], async (client) => {
      assert.deepEqual(await keysOf(client, 'settings'), words(SETTINGS));
    }),
  );

  test('stats items and stats slabs: our size bands as classes', limit, () =>
    onServer([], async (client) => {
      assert.deepEqual(await keysOf(client, 'items'), []);
      assert.deepEqual(await keysOf(client, 'slabs'), ['active_slabs', 'total_malloced']);
      await client.ask(`set small 0 0 1\r\nx\r\nset large 0 0 70000\r\n${'x'.repeat(70_000)}\r\n`);
      const items = await keysOf(client, 'items');
      const classes = [...new Set(items.map((key) => key.split(':')[1]))];
      assert.equal(classes.length, 2);
      assert.deepEqual(
        items,
        classes.flatMap((id) => words(ITEMS).map((key) => `items:${id}:${key}`)),
      );
      assert.deepEqual(await keysOf(client, 'slabs'), [
        ...classes.flatMap((id) => words(SLABS).map((key) => `${id}:${key}`)),
        'active_slabs',
        'total_malloced',
      ]);
      const sums = await statsOf(client, 'items');
      assert.equal(
        classes.reduce((sum, id) => sum + Number(sums[`items:${id}:number`]), 0),
        2,
      );
      assert.equal((await statsOf(client, 'slabs')).active_slabs, '2');
    }),
  );

  test('stats conns', limit, () =>
    onServer([], async (client, server) => {
      const stats = await readStats(client, 'conns');
      assert.match(stats[0][0], /^\d+:addr$/);
      const by = new Map();
      for (const [key, value] of stats) {
        const [, id, name] = /^(\d+):(\w+)$/.exec(key);
        by.set(id, { ...by.get(id), [name]: value });
      }
      const listening = [...by.values()].filter(({ state }) => state === 'conn_listening');
      assert.ok(listening.some(({ addr }) => addr === `tcp:127.0.0.1:${server.port}`));
      const own = [...by.values()].find(({ addr }) => addr === `tcp:127.0.0.1:${client.socket.localPort}`);
      assert.deepEqual(Object.keys(own), ['addr', 'listen_addr', 'state', 'secs_since_last_cmd']);
      assert.equal(own.listen_addr, `tcp:127.0.0.1:${server.port}`);
    }),
  );

  test('the rest of the family', limit, () =>
    onServer([], async (client) => {
      assert.equal(await client.ask('stats sizes\r\n'), 'STAT sizes_status disabled\r\nEND\r\n');
      assert.equal(await client.ask('stats nosuch\r\n'), 'ERROR\r\n');
      assert.equal(await client.ask('stats detail\r\n'), 'CLIENT_ERROR usage: stats detail on|off|dump\r\n');
      assert.equal(await client.ask('stats cachedump 1\r\n'), 'CLIENT_ERROR bad command line\r\n');
      assert.equal(await client.ask('stats reset\r\n'), 'RESET\r\n');
      assert.equal(await client.ask('stats proxy\r\n'), 'END\r\n');
    }),
  );
});

// Does one thing after the other, and says which counters it must have moved.
const steps = [
  ['set a 5 0 3\r\nabc\r\n', { cmd_set: 1, curr_items: 1, total_items: 1 }],
  ['set n 0 0 1\r\n1\r\n', { cmd_set: 1, curr_items: 1, total_items: 1 }],
  ['set a 0 0 1\r\nx\r\n', { cmd_set: 1, total_items: 1 }],
  ['get a nothere n\r\n', { cmd_get: 3, get_hits: 2, get_misses: 1 }],
  ['gets a\r\n', { cmd_get: 1, get_hits: 1 }],
  ['add a 0 0 1\r\nx\r\n', { cmd_set: 1 }],
  ['replace nothere 0 0 1\r\nx\r\n', { cmd_set: 1 }],
  ['append a 0 0 1\r\ny\r\n', { cmd_set: 1, total_items: 1 }],
  ['cas nothere 0 0 1 7\r\nx\r\n', { cmd_set: 1, cas_misses: 1 }],
  ['cas a 0 0 1 999999\r\nx\r\n', { cmd_set: 1, cas_badval: 1 }],
  ['incr n 5\r\n', { incr_hits: 1 }],
  ['incr nothere 5\r\n', { incr_misses: 1 }],
  ['decr n 2\r\n', { decr_hits: 1 }],
  ['decr nothere 5\r\n', { decr_misses: 1 }],
  ['touch a 100\r\n', { cmd_touch: 1, touch_hits: 1 }],
  ['touch nothere 100\r\n', { cmd_touch: 1, touch_misses: 1 }],
  // What touches counts as a touch, not as a get.
  ['gat 100 a\r\n', { cmd_touch: 1, touch_hits: 1 }],
  ['gat 100 nothere\r\n', { cmd_touch: 1, touch_misses: 1 }],
  ['delete nothere\r\n', { delete_misses: 1 }],
  ['delete a\r\n', { delete_hits: 1, curr_items: -1 }],
  ['ms m 1\r\nx\r\n', { cmd_meta: 1, cmd_set: 1, curr_items: 1, total_items: 1 }],
  ['mg m v\r\n', { cmd_meta: 1, cmd_get: 1, get_hits: 1 }],
  ['mg nothere v\r\n', { cmd_meta: 1, cmd_get: 1, get_misses: 1 }],
  ['mg m T30\r\n', { cmd_meta: 1, cmd_touch: 1, touch_hits: 1 }],
  ['mg nothere T30\r\n', { cmd_meta: 1, cmd_get: 1, get_misses: 1 }],
  // Creating on a miss counts as a hit.
  ['mg stub N30\r\n', { cmd_meta: 1, cmd_get: 1, get_hits: 1, curr_items: 1, total_items: 1 }],
  ['ma count N30\r\n', { cmd_meta: 1, curr_items: 1, total_items: 1 }],
  ['ma n\r\n', { cmd_meta: 1, incr_hits: 1 }],
  ['ma nothere MD\r\n', { cmd_meta: 1, decr_misses: 1 }],
  ['md nothere\r\n', { cmd_meta: 1, delete_misses: 1 }],
  ['md m\r\n', { cmd_meta: 1, delete_hits: 1, curr_items: -1 }],
  ['mn\r\n', {}],
  ['me n\r\n', { cmd_meta: 1 }],
  ['set e 0 -1 1\r\nx\r\nget e\r\n', { cmd_set: 1, total_items: 1, cmd_get: 1, get_misses: 1, get_expired: 1 }],
  [`set big 0 0 1048577\r\n${'v'.repeat(1_048_577)}\r\n`, { store_too_large: 1 }],
  ['set a 0 0 1 noreply\r\nx\r\n', { cmd_set: 1, curr_items: 1, total_items: 1 }],
  ['flush_all\r\nget n\r\n', { cmd_flush: 1, cmd_get: 1, get_misses: 1, get_flushed: 1 }],
];
const watched = [...new Set(steps.flatMap(([, moves]) => Object.keys(moves)))];

async function checkCounters(client, { except = [] } = {}) {
  let before = await statsOf(client);
  const wrong = [];
  for (const [command, moves] of steps) {
    await client.send(command);
    await client.readQuiet(15);
    const after = await statsOf(client);
    for (const name of watched.filter((one) => !except.includes(one))) {
      // What flush_all leaves behind goes when the background gets to it.
      if (name === 'curr_items' && command.startsWith('flush_all')) continue;
      const moved = Number(after[name]) - Number(before[name]);
      if (moved !== (moves[name] ?? 0))
        wrong.push(`${command.slice(0, 40).trim()}: ${name} moved by ${moved}, not ${moves[name] ?? 0}`);
    }
    before = after;
  }
  assert.deepEqual(wrong, []);
}

test('counters tell what was done', { ...limit, skip: needIsocached }, () =>
  onServer([], (client) => checkCounters(client)),
);
// So that the list above is memcached's view, not ours. (Its cmd_meta counts only me.)
test('memcached counts the same', { ...limit, skip: needMemcached }, () =>
  withServer(startMemcached, [], (server) =>
    withClient(server, (client) => checkCounters(client, { except: ['cmd_meta'] })),
  ),
);

describe('figures', { skip: needIsocached, concurrency: 1 }, () => {
  test('bytes on the wire, items, connections', limit, () =>
    onServer([], async (client, server) => {
      const sent = `set a 0 0 5\r\nhello\r\n${'get a\r\n'.repeat(1000)}`;
      const before = await statsOf(client);
      await client.send(sent);
      await client.read('STORED\r\n'.length + 1000 * 'VALUE a 0 5\r\nhello\r\nEND\r\n'.length);
      const after = await statsOf(client);
      assert.equal(after.bytes_read - before.bytes_read, sent.length + 'stats\r\n'.length);
      assert.ok(after.bytes_written - before.bytes_written > 8 + 1000 * 25);
      const others = await Promise.all([1, 2, 3].map(() => RawClient.connect(server.address)));
      for (const other of others) await other.ask('mn\r\n');
      const more = await statsOf(client);
      assert.equal(more.curr_connections - after.curr_connections, 3);
      assert.equal(more.total_connections - after.total_connections, 3);
      for (const other of others) other.close();
      assert.equal(more.pid, String(server.pid));
      assert.ok(Math.abs(Number(more.time) - Date.now() / 1000) < 5);
    }),
  );

  test('evictions are counted, memory is what -m says', limit, () =>
    onServer(['-m', '16'], async (client) => {
      const count = 40_000;
      let sent = '';
      for (let i = 0; i < count; ++i) sent += `set key${i} 0 0 1000 noreply\r\n${'v'.repeat(1000)}\r\n`;
      await client.send(sent);
      await client.ask('mn\r\n', 30_000);
      const stats = await statsOf(client);
      assert.equal(stats.limit_maxbytes, String(16 * 2 ** 20));
      assert.equal(stats.total_items, String(count));
      assert.equal(Number(stats.curr_items) + Number(stats.evictions), count);
      assert.equal(stats.evicted_unfetched, stats.evictions);
      assert.ok(Number(stats.bytes) <= Number(stats.limit_maxbytes));
      assert.ok(Number(stats.curr_items) > 12_000, `${stats.curr_items} items in 16 MB`);
      const items = await statsOf(client, 'items');
      const numbers = Object.entries(items)
        .filter(([key]) => /:number$/.test(key))
        .reduce((sum, [, value]) => sum + Number(value), 0);
      assert.equal(numbers, Number(stats.curr_items));
    }),
  );

  test('reset clears what happened, not what is', limit, () =>
    onServer([], async (client) => {
      await client.ask('set a 0 0 1\r\nx\r\nget a b\r\nincr b 1\r\ndelete c\r\n');
      assert.equal(await client.ask('stats reset\r\n'), 'RESET\r\n');
      const stats = await statsOf(client);
      // The question above was followed by a miss that marks its end.
      for (const name of ['cmd_set', 'get_hits', 'incr_misses', 'delete_misses', 'total_items', 'evictions'])
        assert.equal(stats[name], '0', name);
      assert.equal(stats.curr_items, '1');
      assert.equal(stats.curr_connections, '1');
    }),
  );

  test('uptime runs', limit, () =>
    onServer([], async (client) => {
      const began = performance.now();
      const before = Number((await statsOf(client)).uptime);
      await sleep(2100);
      const after = Number((await statsOf(client)).uptime);
      const most = Math.ceil((performance.now() - began) / 1000) + 1;
      assert.ok(after - before >= 1 && after - before <= most, `${before} .. ${after}`);
    }),
  );

  test('settings are those of the command line', limit, () =>
    onServer(
      [
        '-m',
        '100',
        '-c',
        '50',
        '-t',
        '3',
        '-I',
        '2m',
        '-M',
        '-F',
        '-X',
        '-A',
        '-C',
        '-R',
        '7',
        '-b',
        '99',
        '-o',
        'idle_timeout=77,hashpower=20',
      ],
      async (client, server) => {
        const settings = await statsOf(client, 'settings');
        const expected = {
          maxbytes: String(100 * 2 ** 20),
          maxconns: '50',
          tcpport: String(server.port),
          udpport: '0',
          evictions: 'off',
          num_threads: '3',
          item_size_max: String(2 * 2 ** 20),
          flush_enabled: 'no',
          dump_enabled: 'no',
          shutdown_command: 'yes',
          cas_enabled: 'no',
          reqs_per_event: '7',
          tcp_backlog: '99',
          idle_timeout: '77',
          hashpower_init: '20',
          domain_socket: 'NULL',
          verbosity: '0',
          detail_enabled: 'no',
          auth_enabled_ascii: 'no',
        };
        assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, settings[name]])), expected);
        assert.equal((await statsOf(client)).limit_maxbytes, expected.maxbytes);
      },
    ),
  );
});

test(
  'idle_kicks counts who was closed for idle_timeout, over TCP and WebSocket',
  { ...limit, skip: needIsocached || needWs },
  () =>
    onServer(['-o', 'idle_timeout=1', '--http', '127.0.0.1:0'], async (client, server) => {
      const idle = [await RawClient.connect(server.address), await RawClient.connect(server.address)];
      const socket = await FrameClient.connect(webSocketUrl(server));
      const leaves = await RawClient.connect(server.address);
      leaves.close();
      const kicks = async () => Number((await statsOf(client)).idle_kicks);
      assert.equal(await kicks(), 0);
      for (const end = Date.now() + 10_000; (await kicks()) < 3 && Date.now() < end; ) await sleep(100);
      assert.equal(await kicks(), 3);
      for (const other of idle) assert.equal(await other.readToEnd(), '');
      assert.deepEqual(await socket.closed, { code: 1000, reason: 'idle' });
      assert.equal(await client.ask('stats reset\r\n'), 'RESET\r\n');
      assert.equal(await kicks(), 0);
    }),
);

test("modern and no_modern, the crawler and the maintainer: settings, stats and commands as memcached's", {
  ...limit,
  skip: needIsocached || needMemcached,
}, async () => {
  const settings = words(
    'maxconns_fast slab_reassign slab_automove lru_crawler lru_maintainer_thread lru_segmented hot_lru_pct warm_lru_pct',
  );
  const commands = [
    'lru_crawler metadump 99',
    'lru_crawler crawl 1',
    'lru mode segmented',
    'lru temp_ttl 5',
    'slabs reassign 1 1',
    'lru_crawler enable',
    'lru_crawler metadump 99',
    'slabs automove 1',
  ];
  const look = async (server) =>
    withClient(server, async (client) => {
      const shown = async () => {
        const all = await statsOf(client, 'settings');
        return settings.map((key) => `${key} ${all[key]}`);
      };
      const seen = [await shown(), await keysOf(client)];
      for (const command of commands) {
        await client.send(`${command}\r\n`);
        seen.push([command, await client.readUntil('\r\n')]);
      }
      return [...seen, await shown()];
    });
  const starts = [startIsocached, startMemcached];
  const usual = [];
  for (const start of starts)
    usual.push(await withServer(start, [], (server) => withClient(server, (client) => keysOf(client))));
  const known = usual[0].filter((key) => usual[1].includes(key)); // an older memcached has other keys, too
  for (const option of [
    'no_modern',
    'no_lru_crawler',
    'no_lru_maintainer',
    'no_modern,lru_maintainer',
    'no_modern,slab_reassign',
    'no_lru_crawler,no_modern',
  ]) {
    const results = [];
    for (const [i, start] of starts.entries()) {
      const [before, keys, ...rest] = await withServer(start, ['-o', option], look);
      results.push({
        before,
        missing: known.filter((key) => !keys.includes(key)),
        more: keys.filter((key) => !usual[i].includes(key)),
        rest,
      });
    }
    assert.deepEqual(results[0], results[1], option);
  }
});
