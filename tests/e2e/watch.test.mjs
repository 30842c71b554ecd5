// watch: what watchers are told, on every transport; what happens when they are slow, many, or end.
// The lines of each command are in unit/command_watch_test.cc; here memcached itself is asked.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import {
  needIsocached,
  needMemcached,
  QUIET_MEMCACHED,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { needTls, startTls } from '../lib/tls.mjs';
import { Watcher, withWatcher } from '../lib/watcher.mjs';
import { connectOverWebSocket, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const FOUR_SHARDS = ['-t', '4', '-m', '256'];
const HTTP = ['--http', '127.0.0.1:0'];

/** A server, and a client of it. */
const onServer = (args, use, start = startIsocached) =>
  withServer(start, args, (server) => withClient(server, (client) => use(server, client)));

const logRows = async (client) =>
  Object.fromEntries(Object.entries(await statsOf(client)).filter(([name]) => name.startsWith('log_')));

// Each of them, and what it finds and does. Exptimes in the past and values that are too large are left out:
// memcached shows numbers there that it has not set.
const COMMANDS = [
  'get a',
  'set a 5 100 3\nabc',
  'get a nokey a',
  'gets a',
  'mg a v t',
  'mg nokey v',
  'mg viv v N30',
  'ms b 2 T30\nhi',
  'ms b 2 MA\nhi',
  'ms b 2 MP\nhi',
  'ms b 2 ME\nhi',
  'ms b 2 MR\nhi',
  'ms b 2 C1\nhi',
  'ms b 2 C1 I\nhi',
  'add a 0 0 1\nx',
  'add new 0 0 1\nx',
  'replace a 0 0 1\nx',
  'replace zz 0 0 1\nx',
  'append a 0 0 1\ny',
  'append zz 0 0 1\ny',
  'prepend a 0 0 1\ny',
  'incr a 1',
  'set n 0 0 1\n1',
  'incr n 1',
  'incr n 999999999',
  'decr n 5',
  'incr zz 1',
  'ma n',
  'ma zz',
  'ma auto N0 J5',
  'touch a 50',
  'touch zz 50',
  'gat 40 a zz',
  'delete a',
  'delete a',
  'md b q',
  'md zz',
  'md n I T30',
  'mg n v',
  'me n',
  'me zz',
  'cas n 0 0 1 1\n5',
  'cas zz 0 0 1 1\n5',
  'set k%20 0 0 1\n1',
  'ms "b 1\n5',
  'ms YmluAP8ga2V5 1 b\nq',
  'mg YmluAP8ga2V5 b v',
  "set cased/~-_.!*()' 0 0 1\n1",
  `set ${'#'.repeat(250)} 0 0 1\n1`,
  'version',
  'mn',
  'set bad 0 0 1\nxyz',
  'flush_all',
  `set l 0 0 20000\n${'x'.repeat(20_000)}`,
  'get l',
  'set noreply 0 0 1 noreply\n1',
];

// A second may pass within a command: 29 of 30 s are left.
const inTens = (ttl_s) => String(Math.ceil(ttl_s / 10) * 10);
const comparable = ({ ts, gid, cfd, clsid, ...rest }) => ('ttl' in rest ? { ...rest, ttl: inTens(rest.ttl) } : rest);

/** The lines that COMMANDS cause, without times, ids, descriptors and classes. */
async function linesOf(server) {
  return withClient(server, (client) =>
    withWatcher(server, 'fetchers mutations', async (watcher) => {
      const found = [];
      for (const command of COMMANDS) {
        await client.send(`${command.replaceAll('\n', '\r\n')}\r\n`);
        const lines = await watcher.upTo(client);
        found.push([command.slice(0, 40), lines.map(comparable)]);
      }
      return found;
    }),
  );
}

describe('watch', { skip: needIsocached, concurrency: 2 }, () => {
  test('tells what memcached tells', { ...limit, skip: needMemcached }, async () => {
    const expected = await withServer(startMemcached, QUIET_MEMCACHED, linesOf);
    assert.ok(expected.flatMap(([, lines]) => lines).length > 70);
    assert.deepEqual(await withServer(startIsocached, ['-t', '1'], linesOf), expected);
    assert.deepEqual(await withServer(startIsocached, FOUR_SHARDS, linesOf), expected);
  });

  test('time, order and client of a line', limit, () =>
    onServer(FOUR_SHARDS, (server, client) =>
      withWatcher(server, 'fetchers', async (watcher) => {
        const [descriptor] = /\d+(?=:state conn_parse_cmd)/.exec(await client.ask('stats conns\r\n'));
        const before = Date.now();
        await client.ask(Array.from({ length: 200 }, (_, n) => `get key${n}\r\n`).join(''));
        const lines = await watcher.upTo(client);
        assert.deepEqual(
          lines.map(({ key }) => key),
          Array.from({ length: 200 }, (_, n) => `key${n}`),
        );
        const ids = lines.map(({ gid }) => Number(gid));
        assert.deepEqual(
          ids,
          [...ids].sort((one, other) => one - other),
        );
        for (const { ts, cfd } of lines) {
          assert.equal(cfd, descriptor);
          const [seconds, microseconds] = ts.split('.').map(Number);
          const at = seconds * 1000 + microseconds / 1000;
          assert.ok(at > before - 50 && at < Date.now() + 50, ts);
        }
      }),
    ),
  );

  test('deletions, and what is dropped for room', limit, () =>
    onServer(['-m', '8', '-t', '1'], (server, client) =>
      withWatcher(server, 'deletions evictions', async (watcher) => {
        await client.ask('set a 0 0 2\r\nab\r\nset b 0 0 2\r\nab\r\ndelete a\r\nmd b\r\nmd b\r\n');
        const [one, other] = [await watcher.next(), await watcher.next()];
        assert.deepEqual([one.type, one.key, one.cmd, one.size], ['deleted', 'a', 'delete', '2']);
        assert.deepEqual([other.type, other.key, other.cmd, other.size], ['deleted', 'b', 'md', '2']);
        const value = 'x'.repeat(50_000);
        for (let n = 0; n < 300; ++n) await client.ask(`set big${n} 0 0 50000\r\n${value}\r\n`);
        const { type, key, fetch, ttl, size } = await watcher.next();
        assert.deepEqual([type, fetch, ttl, size], ['eviction', 'no', '-1', '50000']);
        assert.match(key, /^big\d+$/);
      }),
    ),
  );

  for (const [name, needed, start, connect] of [
    ['TCP', false, startIsocached, ({ address }) => RawClient.connect(address)],
    ['TLS', needTls, startTls, ({ address }) => RawClient.connect(address)],
    [
      'WebSocket',
      needWs,
      (args) => startIsocached([...args, ...HTTP]),
      (server) => connectOverWebSocket(webSocketUrl(server)),
    ],
  ]) {
    test(`over ${name}: lines, clients that come and go, the end by quit`, { ...limit, skip: needed }, () =>
      withServer(start, [], async (server) => {
        const open = () => connect(server);
        const watcher = new Watcher(await open());
        await watcher.client.send('watch connevents fetchers\r\nmn\r\n');
        assert.equal(await watcher.client.readLine(), 'OK\r\n');
        const client = await open();
        await client.ask('get a\r\n');
        const came = (await watcher.until(({ type }) => type === 'conn_new')).at(-1);
        assert.deepEqual([came.rip, came.transport], ['127.0.0.1', 'tcp']);
        assert.ok(Number(came.rport) > 0);
        assert.equal((await watcher.until(({ key }) => key === 'a')).at(-1).cfd, came.cfd);
        await client.send('quit\r\n');
        const gone = (await watcher.until(({ type }) => type === 'conn_close')).at(-1);
        assert.deepEqual([gone.rport, gone.cfd, gone.reason], [came.rport, came.cfd, 'normal']);
        client.close();
        await watcher.client.send('get b\r\nnonsense\r\nqu');
        await watcher.client.send('it\r\n');
        assert.doesNotMatch(await watcher.client.readToEnd(), /key=b|ERROR/);
        await withClient(server, (other) =>
          eventually(async () => (await statsOf(other)).log_watchers === '0', 'it still watches'),
        );
      }),
    );
  }

  test('words, limits and refusals', limit, async () => {
    await onServer([], async (server, client) => {
      for (const words of ['nonsense', 'fetchers nonsense', 'FETCHERS', 'fetch'])
        assert.equal(await client.ask(`watch ${words}\r\n`), 'ERROR\r\n');
      const watchers = [];
      for (let n = 0; n < 20; ++n) watchers.push(await Watcher.start(server, 'rawcmds sysevents proxyreqs'));
      const crowd = await Promise.all(
        Array.from({ length: 200 }, async () => withClient(server, (one) => one.ask('watch\r\n'))),
      );
      assert.deepEqual([...new Set(crowd)], ['WATCHER_TOO_MANY log watcher limit reached\r\n']);
      const { log_watchers: count } = await logRows(client);
      assert.equal(count, '20');
      assert.equal((await client.ask('stats conns\r\n')).match(/state conn_watch\r\n/g).length, 20);
      for (const watcher of watchers) watcher.client.reset();
      await eventually(async () => (await logRows(client)).log_watchers === '0', 'all have gone');
    });
    await onServer(['-W'], async (_server, client) => {
      assert.equal(await client.ask('watch nonsense\r\n'), 'CLIENT_ERROR watch commands not allowed\r\n');
    });
  });

  test('in the middle of a pipeline: what comes before is answered, what comes behind is dropped', limit, () =>
    onServer([], async (server, client) => {
      const other = await RawClient.connect(server.address);
      await other.send(`${'set a 0 0 1\r\n1\r\n'.repeat(40)}watch mutations\r\nset b 0 0 1\r\n1\r\n`);
      assert.equal(await other.read(8 * 40 + 4), `${'STORED\r\n'.repeat(40)}OK\r\n`);
      assert.equal(await client.ask('get b\r\n'), 'END\r\n');
      await client.ask('set c 0 0 1\r\n1\r\n');
      assert.match(await other.readUntil('\n'), /type=item_store key=c status=stored cmd=set /);
      other.close();
    }),
  );

  test('a watcher that does not read loses lines, is told how many, and costs no more than its queue', limit, () =>
    onServer(['-t', '2'], async (server, client) => {
      const slow = await Watcher.start(server, 'fetchers');
      const quick = await Watcher.start(server, 'fetchers');
      slow.client.socket.pause();
      const before = server.residentBytes();
      const key = 'k'.repeat(240);
      const skippedRows = async () => Number((await logRows(client)).log_watcher_skipped);
      while ((await skippedRows()) < 10_000) await client.ask(`get ${key}\r\n`.repeat(2000));
      assert.ok(server.residentBytes() - before < 8 * 2 ** 20, 'its memory is bounded');
      const { log_watcher_sent: sent, log_worker_written: written, log_watchers: count } = await logRows(client);
      assert.equal(count, '2');
      assert.ok(Number(sent) > 0 && Number(written) > 0);
      slow.client.socket.resume();
      const told = (await slow.until(({ skipped }) => skipped)).at(-1);
      assert.ok(Number(told.skipped) > 0);
      // It reads everything that it has missed the end of; then it misses nothing.
      await slow.client.readQuiet(200);
      await quick.client.readQuiet(200);
      await client.ask('get after\r\n');
      for (const watcher of [slow, quick]) await watcher.until(({ key: name }) => name === 'after');
      await client.ask('stats reset\r\n');
      assert.equal(await skippedRows(), 0);
      slow.close();
      quick.close();
    }),
  );

  test('a drain ends watchers at once, whether or not they read', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '20']);
    const reading = await Watcher.start(server, 'connevents fetchers');
    const stalled = await Watcher.start(server, 'fetchers');
    stalled.client.socket.pause();
    const began = Date.now();
    const [ended] = await Promise.all([server.stop('SIGTERM'), reading.client.readToEnd()]);
    assert.deepEqual(ended, { code: 0, signal: null });
    assert.ok(Date.now() - began < 10_000, 'it did not wait for them');
    stalled.close();
    reading.close();
  });
});
