// Beyond one machine: several nodes behind twemproxy, behind clients that hash, and what other proxies would send.
// The configurations are those of the page; only addresses are replaced.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';

import { RawClient, withClient } from '../lib/client.mjs';
import { NODES, ask, clusterPorts, readReply, withCluster } from '../lib/cluster.mjs';
import { needNutcracker, startNutcracker } from '../lib/nutcracker.mjs';
import { configurationOf } from '../lib/page.mjs';
import { PythonCache, needPython } from '../lib/python_cache.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { replyDifference } from '../lib/reply.mjs';
import { memcachedPath, needIsocached, needMemcached, runProgram, startIsocached, startMemcached, withServer }
  from '../lib/server.mjs';

const PAGE = new URL('../../native/docs/beyond-one-machine.md', import.meta.url);
const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache/client/hash.py';
const MEMCCP = '/usr/bin/memccp';  // the tools bring the library with them
const MEMCCAT = '/usr/bin/memccat';
const LIBMEMCACHED_CACHE = new URL('../lib/libmemcached_cache.py', import.meta.url);
const CONDITION_LIMIT_MS = 25_000;
const limit = { timeout: 90_000 };
const seed = seedFromEnvironment(1);

const KEYS = Array.from({ length: 300 }, (_, n) => `key${n}`);
const DEAD = 1;  // the node that is killed
const valueOf = (key) => `${key} `.repeat(1 + Number(key.slice(3)) % 50);
const set = (key, value) => `set ${key} 7 0 ${value.length}\r\n${value}\r\n`;
const found = (key, value) => `VALUE ${key} 7 ${value.length}\r\n${value}\r\nEND\r\n`;
const MISS = 'END\r\n';

/** Calls until it gives something true; how long does not matter, that it happens does. */
async function until(what, condition) {
  const end = Date.now() + CONDITION_LIMIT_MS;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`not within ${CONDITION_LIMIT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Three nodes behind twemproxy, as the page configures it. */
async function behindTwemproxy(kind, use) {
  const ports = await clusterPorts();
  return withCluster(kind, ports, async (cluster) => {
    const proxy = await startNutcracker(configurationOf(PAGE, 'yaml', ports));
    try {
      return await use(proxy, cluster);
    } finally {
      await proxy.stop();
    }
  });
}

/** Numbers are cas ids of three nodes, in no order that two runs share. */
const anyCas = { same: (expected, actual) => /^\d+$/.test(expected) && /^\d+$/.test(actual) };

/** The same for isocached and memcached, at the same time: their results, to be compared. */
const onBoth = (use) => Promise.all(['isocached', 'memcached'].map(use));

function assertSameReplies(requests, [ours, theirs]) {
  assert.equal(ours.length, theirs.length);
  ours.forEach((reply, index) => {
    const difference = replyDifference(theirs[index], reply, anyCas);
    assert.equal(difference, null, `${JSON.stringify(requests[index].slice(0, 200))}: ${difference}`);
  });
}

// Every command that twemproxy speaks, each with one reply. {cas}: the id of the reply before.
const SPOKEN = [
  ...KEYS.map((key) => set(key, valueOf(key))),
  ...KEYS.map((key) => `get ${key}\r\n`),
  `get ${KEYS.slice(0, 150).join(' miss ')}\r\n`,
  `gets ${KEYS.slice(100, 250).join(' ')}\r\n`,
  ...KEYS.slice(0, 20).flatMap((key) => [
    set(key, '5'), `incr ${key} 10\r\n`, `decr ${key} 20\r\n`, `incr ${key} 18446744073709551615\r\n`, `incr ${key} x\r\n`,
    `gets ${key}\r\n`, `cas ${key} 7 0 2 {cas}\r\nab\r\n`, `cas ${key} 7 0 2 {cas}\r\ncd\r\n`, `incr ${key} 1\r\n`,
    `append ${key} 0 0 2\r\n>>\r\n`, `prepend ${key} 0 0 2\r\n<<\r\n`, `get ${key}\r\n`,
    `add ${key} 0 0 1\r\nx\r\n`, `replace ${key} 1 0 1\r\ny\r\n`, `touch ${key} 100\r\n`, `get ${key}\r\n`,
    `delete ${key}\r\n`, `delete ${key}\r\n`, `get ${key}\r\n`, `touch ${key} 0\r\n`, `incr ${key} 1\r\n`,
    `append ${key} 0 0 1\r\nx\r\n`, `replace ${key} 0 0 1\r\nx\r\n`, `cas ${key} 0 0 1 1\r\nx\r\n`,
    `set ${key} 0 0 1 noreply\r\n1\r\nincr ${key} 1 noreply\r\ntouch ${key} 9 noreply\r\nget ${key}\r\n`,
    `delete ${key} noreply\r\nget ${key}\r\n`,
  ]),
  set('k'.repeat(250), 'longest key'), `get ${'k'.repeat(250)}\r\n`,
  set('empty', ''), 'get empty\r\n',
  set('large', 'l'.repeat(1_000_000)), 'get large\r\n', 'get key1 large key2\r\n',
  set('too-large', 'l'.repeat(1_100_000)), 'get too-large\r\n', 'get large\r\n',
];

// What it does not speak closes the connection, whatever is behind it.
const UNSPOKEN = ['mg key1 v\r\n', 'mn\r\n', 'gat 10 key1\r\n', 'stats\r\n', 'flush_all\r\n', 'nonsense\r\n',
  'delete key1 0\r\n', `get ${'k'.repeat(251)}\r\n`];

async function playThroughProxy(proxy, requests) {
  const replies = [];
  await withClient(proxy, async (client) => {
    let cas = '';
    for (const request of requests) {
      replies.push(await ask(client, request.replaceAll('{cas}', cas)));
      cas = /^VALUE \S+ \d+ \d+ (\d+)\r\n/.exec(replies.at(-1))?.[1] ?? cas;
    }
  });
  return replies;
}

/** Asks for keys over and over until told to stop: every reply that was not the value. */
async function keepAsking(proxy, keys, watch) {
  await withClient(proxy, async (client) => {
    for (let n = 0; !watch.stop; ++n) {
      const key = keys[n % keys.length];
      const reply = await ask(client, `get ${key}\r\n`);
      ++watch.asked;
      if (reply !== found(key, valueOf(key))) watch.wrong.push(`${key}: ${reply}`);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
}

/** The reply once twemproxy has found out that a node is dead, or still is: until then, and now and then, an error. */
const settled = (client, request) => until(`a reply to ${request}`, async () => {
  const reply = await ask(client, request);
  if (!reply.startsWith('SERVER_ERROR ')) return reply;
  assert.match(reply, /^SERVER_ERROR (Connection (refused|reset by peer)|Broken pipe|unknown)\r\n$/);
  return null;
});

async function settledAll(client, keys, requestOf) {
  const replies = [];
  for (const key of keys) replies.push(await settled(client, requestOf(key)));
  return replies;
}

/** One get of several keys: null if it was answered, or what came instead, with what became of the connection. */
const multigetFailure = (proxy, keys) => withClient(proxy, async (client) => {
  const reply = await ask(client, `get ${keys.join(' ')}\r\n`);
  if (reply.endsWith(MISS)) return null;
  await client.readToEnd();
  return `${reply.split(' ')[0]}, closed`;
});

/** A node dies, and comes back, and dies: what a client is told. */
async function dieAndReturn(proxy, cluster) {
  const told = {};
  const client = await RawClient.connect(proxy.address);
  const watch = { asked: 0, wrong: [], stop: false };
  let watching = null;
  try {
    for (const key of KEYS) assert.equal(await ask(client, set(key, valueOf(key))), 'STORED\r\n');
    told.holdings = await cluster.holdings(KEYS);
    const [probe, ...lost] = told.holdings[DEAD];
    watching = keepAsking(proxy, KEYS.filter((key) => key !== probe && !lost.includes(key)), watch);
    await until('the others are served', () => watch.asked > 20);

    await cluster.kill(DEAD);
    const get = (key) => `get ${key}\r\n`;
    told.multiget = await multigetFailure(proxy, KEYS);
    told.missing = await settledAll(client, lost, get);
    told.stored = await settledAll(client, lost, (key) => set(key, 'meanwhile'));
    told.elsewhere = await settledAll(client, lost, get);

    await cluster.restart(DEAD);
    await until('the node is used again', async () => {
      assert.equal(await settled(client, set(probe, 'probe')), 'STORED\r\n');
      return (await cluster.held(DEAD, [probe])).length > 0;
    });
    told.afterReturn = await settledAll(client, lost, get);
    for (const key of lost) assert.equal(await ask(client, set(key, 'later')), 'STORED\r\n');
    told.heldAgain = await cluster.held(DEAD, KEYS);

    await cluster.kill(DEAD);
    told.stale = await settledAll(client, lost, get);
    await until('ejections are counted', async () => (await proxy.stats()).cache.server_ejects >= 2);
  } finally {
    watch.stop = true;
    await watching;
    client.close();
  }
  told.wrong = watch.wrong;
  return told;
}

describe('behind twemproxy', { skip: needIsocached || needNutcracker, concurrency: 1 }, () => {
  test('the replies are those with memcached behind it, and every key is on the same node', { ...limit, skip: needMemcached },
    async () => {
      const [ours, theirs] = await onBoth((kind) => behindTwemproxy(kind, async (proxy, cluster) => {
        const replies = await playThroughProxy(proxy, SPOKEN);
        for (const request of UNSPOKEN) {
          await withClient(proxy, async (client) => {
            client.send(request);
            replies.push(await client.readToEnd());
          });
        }
        return { replies, holdings: await cluster.holdings(KEYS) };
      }));
      assertSameReplies([...SPOKEN, ...UNSPOKEN], [ours.replies, theirs.replies]);
      assert.ok(!ours.replies.some((reply) => reply.startsWith('SERVER_ERROR') && !reply.includes('too large')));
      assert.deepEqual(ours.replies.slice(-UNSPOKEN.length), UNSPOKEN.map(() => ''));
      assert.deepEqual(ours.holdings, theirs.holdings);
      for (const held of ours.holdings) assert.ok(held.length > KEYS.length / NODES / 2, `a node holds ${held.length} keys`);
    });

  test('many clients at once, pipelined, with values of all sizes', limit, () => behindTwemproxy('isocached', async (proxy) => {
    const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(proxy.address)));
    try {
      await Promise.all(clients.map(async (client, index) => {
        const random = new Random(seed + index);
        const mine = Array.from({ length: 30 }, (_, n) => `client${index}:${n}`);
        const values = mine.map((key) => `${key},`.repeat(random.pick([1, 10, 1000, random.between(1, 40_000)])));
        client.send(mine.map((key, n) => set(key, values[n]) + 'incr all 1\r\n'.repeat(10)).join(''));
        for (let n = 0; n < 11 * mine.length; ++n) assert.match(await readReply(client), /^(STORED|NOT_FOUND|\d+)\r\n$/);
        client.send(mine.map((key) => `get ${key}\r\n`).join(''));
        for (const [n, key] of mine.entries()) assert.ok(await readReply(client) === found(key, values[n]), `wrong bytes for ${key}`);
        const all = mine.map((key, n) => found(key, values[n]).slice(0, -MISS.length)).join('') + MISS;
        assert.ok(await ask(client, `get ${mine.join(' ')}\r\n`) === all, `wrong bytes for all of client ${index}`);
      }));
      assert.equal(await ask(clients[0], 'add all 0 0 1\r\n0\r\n'), 'STORED\r\n');
      for (const client of clients) client.send('incr all 1\r\n'.repeat(500));
      await Promise.all(clients.map(async (client) => {
        for (let n = 0, last = 0; n < 500; ++n) {
          const next = Number(await readReply(client));
          assert.ok(next > last, `${last}, then ${next}`);
          last = next;
        }
      }));
      assert.equal(await ask(clients[0], 'incr all 0\r\n'), `${500 * clients.length}\r\n`);
    } finally {
      for (const client of clients) client.close();
    }
  }));

  test('a node dies: the others keep serving; it returns and is used again', { ...limit, skip: needMemcached }, async () => {
    const [ours, theirs] = await onBoth((kind) => behindTwemproxy(kind, dieAndReturn));
    assert.deepEqual(ours, theirs);
    assert.deepEqual(ours.wrong, []);
    assert.equal(ours.multiget, 'SERVER_ERROR, closed');
    const lost = ours.holdings[DEAD].slice(1);
    assert.deepEqual(ours.missing, lost.map(() => MISS));
    assert.deepEqual(ours.stored, lost.map(() => 'STORED\r\n'));
    assert.deepEqual(ours.elsewhere, lost.map((key) => found(key, 'meanwhile')));
    assert.deepEqual(ours.afterReturn, lost.map(() => MISS));
    assert.deepEqual(ours.heldAgain, ours.holdings[DEAD]);
    // What was written while the node was away is still where it went, and turns up when the node goes again.
    assert.deepEqual(ours.stale, lost.map((key) => found(key, 'meanwhile')));
  });
});

const libmemcached = (configuration) =>
  `${readFileSync(LIBMEMCACHED_CACHE, 'utf8')}\ncache = Cache(${JSON.stringify(configuration)})\n`;

const VALUES = Object.fromEntries(KEYS.map((key) => [key, valueOf(key)]));

/** Starts the client, calls, ends it. */
async function withPython(program, use) {
  const cache = new PythonCache(program);
  try {
    return await use(cache);
  } finally {
    await cache.stop();
  }
}

/** Stores everything; which node holds what. `more`: what set_many() takes besides the values. */
const holdingsBy = (kind, ports, program, more) => withCluster(kind, ports, (cluster) =>
  withPython(program, async (cache) => {
    assert.deepEqual(await cache.call('set_many', VALUES, ...more), []);
    assert.deepEqual(await cache.call('get_many', KEYS), VALUES);
    return cluster.holdings(KEYS);
  }));

/** The same keys on the same nodes, whether they are isocached or memcached; on each node some. */
async function assertSameHoldings(ports, program, more = []) {
  const ours = await holdingsBy('isocached', ports, program, more);
  if (!needMemcached) assert.deepEqual(ours, await holdingsBy('memcached', ports, program, more));
  assert.equal(ours.flat().length, KEYS.length);
  for (const held of ours) assert.ok(held.length > KEYS.length / NODES / 2, `a node holds ${held.length} keys`);
}

async function assertServed(cache, keys) {
  const values = await cache.call('get_many', keys);
  assert.deepEqual(values, Object.fromEntries(keys.map((key) => [key, VALUES[key]])));
}

/**
 * A node dies and returns, and the keys of the others are served at every moment. `isOver(cache, lost)`: the client
 * knows of the death, and does with the node's keys what it does then.
 */
const assertSurvives = (ports, program, more, isOver) => withCluster('isocached', ports, (cluster) =>
  withPython(program, async (cache) => {
    assert.deepEqual(await cache.call('set_many', VALUES, ...more), []);
    const lost = await cluster.held(DEAD, KEYS);
    const others = KEYS.filter((key) => !lost.includes(key));
    await cluster.kill(DEAD);
    await until('the client knows', async () => {
      await assertServed(cache, others);
      return isOver(cache, lost);
    });
    await assertServed(cache, others);
    await cluster.restart(DEAD);
    await until('the node is used again', async () => {
      await assertServed(cache, others);
      await cache.call('set_many', VALUES, ...more);
      return (await cluster.held(DEAD, lost)).length === lost.length;
    });
    await assertServed(cache, KEYS);
  }));

describe('clients that hash', { skip: needIsocached, concurrency: 1 }, () => {
  const pymemcache = { ...limit, skip: needPython(PYMEMCACHE, 'python3-pymemcache') };
  const withLibmemcached = { ...limit, skip: needPython(MEMCCP, 'libmemcached-tools') };
  const expireAndNoreply = [0, false];  // of pymemcache's set_many(): errors must be seen

  test('pymemcache: the same keys on the same nodes', pymemcache, async () => {
    const ports = await clusterPorts();
    await assertSameHoldings(ports, configurationOf(PAGE, 'python', ports), expireAndNoreply);
  });

  test('pymemcache: a node dies, its keys go to the others; it returns', pymemcache, async () => {
    const ports = await clusterPorts();
    await assertSurvives(ports, configurationOf(PAGE, 'python', ports), expireAndNoreply, async (cache, lost) => {
      const elsewhere = Object.fromEntries(lost.map((key) => [key, 'elsewhere']));
      if ((await cache.call('set_many', elsewhere, ...expireAndNoreply)).length > 0) return false;
      assert.deepEqual(await cache.call('get_many', lost), elsewhere);
      return true;
    });
  });

  test('libmemcached: the same keys on the same nodes', withLibmemcached, async () => {
    const ports = await clusterPorts();
    await assertSameHoldings(ports, libmemcached(configurationOf(PAGE, 'text', ports)));
  });

  test('libmemcached: a node dies, its keys miss; it returns', withLibmemcached, async () => {
    const ports = await clusterPorts();
    await assertSurvives(ports, libmemcached(configurationOf(PAGE, 'text', ports)), [], async (cache, lost) => {
      assert.deepEqual(await cache.call('set_many', Object.fromEntries(lost.map((key) => [key, 'x']))), lost);
      assert.deepEqual(await cache.call('get_many', lost), {});
      return true;
    });
  });

  test('libmemcached: the shares of keys that move when a node is added are those of the page', withLibmemcached, async () => {
    const keys = Array.from({ length: 10_000 }, (_, n) => `key${n}`);
    const nodesOf = (count, distribution) => {
      const servers = Array.from({ length: count }, (_, n) => `--SERVER=10.0.0.${n + 1}:11211`).join(' ');
      return withPython(libmemcached(`${servers} --DISTRIBUTION=${distribution}`), (cache) => cache.call('nodes', keys));
    };
    const page = readFileSync(PAGE, 'utf8');
    for (const distribution of ['modula', 'consistent']) {
      const [before, after] = [await nodesOf(3, distribution), await nodesOf(4, distribution)];
      const moved = keys.filter((_, n) => before[n] !== after[n]).length / keys.length;
      assert.match(page, new RegExp(`\\b${Math.round(100 * moved)} %`), distribution);
    }
  });

  test("libmemcached's tools: the same keys on the same nodes", withLibmemcached, async () => {
    const ports = await clusterPorts();
    const servers = `--servers=${ports.map((port) => `127.0.0.1:${port}`).join(',')}`;
    const keys = KEYS.slice(0, 30);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-memccp-'));
    try {
      for (const key of keys) writeFileSync(path.join(folder, key), valueOf(key));
      const holdings = (kind) => withCluster(kind, ports, async (cluster) => {
        const stored = await runProgram(MEMCCP, [servers, ...keys.map((key) => path.join(folder, key))]);
        assert.equal(stored.code, 0, stored.stderr);
        const read = await runProgram(MEMCCAT, [servers, ...keys]);
        assert.equal(read.stdout, keys.map((key) => `${valueOf(key)}\n`).join(''));
        return cluster.holdings(keys);
      });
      const ours = await holdings('isocached');
      if (!needMemcached) assert.deepEqual(ours, await holdings('memcached'));
      for (const held of ours) assert.ok(held.length > 0);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

// memcached's own proxy checks each backend with `version`, passes requests on as they came (a get of several keys as
// one get a key), and wants an answer to each: it spoils `noreply` and blanks the flag q. A route that takes a prefix
// off a key leaves blanks. `delete KEY noreplY` is an error to memcached 1.6.18 as well.
const FROM_MEMCACHED_PROXY = [
  'version\r\n', 'mn\r\n', 'mg k v\r\n', 'mg k v k O12345\r\n', 'mg miss v k Oabcd\r\n', 'mg k s t f k O1\r\n',
  'mg k v   O1\r\n', 'mg k   v k \r\n', 'mg       k v\r\n', 'ms k 2   O9 k\r\nab\r\n', 'ms k 2 T100 F5 \r\nab\r\n',
  'ms        k 2\r\nab\r\n', 'md k   O3 k\r\n', 'md miss   O3\r\n', 'ma k   v O4 k\r\n', 'mg k v N30 k O5\r\n',
  'mg Zm9v b v k O6\r\n', 'ms Zm9v 1 b I k\r\nx\r\n', 'get k\r\n', 'gets miss\r\n', 'get         k\r\n', 'get k    \r\n',
  'gat 100 k\r\n', 'set k 0 0 1 noreplY\r\nx\r\n', 'add n 0 0 1 noreplY\r\nx\r\n', 'cas k 0 0 1 1 noreplY\r\nx\r\n',
  'append k 0 0 1 noreplY\r\nx\r\n', 'incr k 1 noreplY\r\n', 'decr k 1 noreplY\r\n', 'touch k 100 noreplY\r\n',
  'delete k noreplY\r\n', 'set        k 0 0 1\r\n7\r\n', 'incr        k 1\r\n',
];

// mcrouter sends one request a key and no noreply; asks a node that it took out for its `version`; sends flags of 64
// bits, and leases and metaget only where a client asks for them: memcached has neither.
const FROM_MCROUTER = [
  'version\r\n', 'get k\r\n', 'get miss\r\n', 'gets k\r\n', 'get k|#|suffix\r\n', 'gat 100 k\r\n', 'gats 100 k\r\n',
  'set k 0 0 1\r\nx\r\n', 'set k 4294967295 0 1\r\nx\r\n', 'set k 1 -1 1\r\nx\r\n', 'set k 1 100 0\r\n\r\n', 'add k 0 0 1\r\nx\r\n',
  'replace k 0 0 1\r\nx\r\n', 'append k 0 0 1\r\nx\r\n', 'prepend k 0 0 1\r\nx\r\n', 'cas k 0 0 1 1\r\nx\r\n',
  'set k 0 0 1\r\n7\r\n', 'incr k 1\r\n', 'decr k 100\r\n', 'incr k 18446744073709551615\r\n', 'incr miss 1\r\n',
  'touch k 100\r\n', 'touch miss 100\r\n', 'delete k\r\n', 'delete miss\r\n', 'delete k 0\r\n', 'delete k 60\r\n',
  'flush_all\r\n', 'flush_all 0\r\n', 'flush_all 100\r\n', 'lease-get k\r\n', 'metaget k\r\n',
];

/** Each to a cache that holds `k` alone, then all of them in one stream. */
const answersTo = (requests) => (start) => withServer(start, [], (server) => withClient(server, async (client) => {
  const answers = [];
  const fresh = 'flush_all\r\nset k 5 0 1\r\n7\r\n';
  for (const request of requests) {
    assert.equal(await client.ask(fresh), 'OK\r\nSTORED\r\n');
    answers.push(await client.ask(request));
  }
  answers.push(await client.ask(fresh + requests.join('')));
  return answers;
}));

describe('what proxies send', { skip: needIsocached || needMemcached, concurrency: 1 }, () => {
  for (const [name, requests] of [["memcached's proxy", FROM_MEMCACHED_PROXY], ['mcrouter', FROM_MCROUTER]]) {
    test(`${name}: the answers are memcached's`, limit, async () => {
      const answers = await Promise.all([startIsocached, startMemcached].map(answersTo(requests)));
      assertSameReplies([...requests, 'all of them'], answers);
    });
  }

  test("mcrouter's lease-set, which memcached does not know either, leaves the connection in step", limit,
    () => withServer(startIsocached, [], (server) => withClient(server, async (client) => {
      assert.match(await client.ask('lease-set k 10 0 0 4\r\ndata\r\nget k\r\n'), /^ERROR\r\n(CLIENT_)?ERROR.*\r\nEND\r\n$/);
    })));

  test("this memcached has no proxy built in, as the page says of Debian's", limit, async (t) => {
    const user = process.getuid() === 0 ? ['-u', 'root'] : [];
    const { stderr } = await runProgram(memcachedPath, [...user, '-p', '0', '-o', 'proxy_config=/nonexistent']);
    if (!stderr.includes('Illegal suboption')) t.skip('another memcached');
  });
});
