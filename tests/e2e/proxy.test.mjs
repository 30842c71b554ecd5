// Three nodes behind twemproxy, configured as native/docs/beyond-one-machine.md says. Only addresses are replaced.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { RawClient, withClient } from '../lib/client.mjs';
import {
  DEAD,
  KEYS,
  NODES,
  ask,
  assertSameReplies,
  clusterPorts,
  readReply,
  until,
  valueOf,
  withCluster,
} from '../lib/cluster.mjs';
import { needNutcracker, startNutcracker } from '../lib/nutcracker.mjs';
import { BEYOND_ONE_MACHINE, configurationOf } from '../lib/page.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached, needMemcached } from '../lib/server.mjs';

const limit = { timeout: 90_000 };
const seed = seedFromEnvironment(1);

const set = (key, value) => `set ${key} 7 0 ${value.length}\r\n${value}\r\n`;
const found = (key, value) => `VALUE ${key} 7 ${value.length}\r\n${value}\r\nEND\r\n`;
const MISS = 'END\r\n';

/** Three nodes behind twemproxy, as the page configures it. */
async function behindTwemproxy(kind, use) {
  const ports = await clusterPorts();
  return withCluster(kind, ports, async (cluster) => {
    const proxy = await startNutcracker(configurationOf(BEYOND_ONE_MACHINE, 'yaml', ports));
    try {
      return await use(proxy, cluster);
    } finally {
      await proxy.stop();
    }
  });
}

/** The same for isocached and memcached, at the same time: their results, to be compared. */
const onBoth = (use) => Promise.all(['isocached', 'memcached'].map(use));

// Every command that twemproxy speaks, each with one reply. {cas}: the id of the reply before.
const SPOKEN = [
  ...KEYS.map((key) => set(key, valueOf(key))),
  ...KEYS.map((key) => `get ${key}\r\n`),
  `get ${KEYS.slice(0, 150).join(' miss ')}\r\n`,
  `gets ${KEYS.slice(100, 250).join(' ')}\r\n`,
  ...KEYS.slice(0, 20).flatMap((key) => [
    set(key, '5'),
    `incr ${key} 10\r\n`,
    `decr ${key} 20\r\n`,
    `incr ${key} 18446744073709551615\r\n`,
    `gets ${key}\r\n`,
    `cas ${key} 7 0 2 {cas}\r\nab\r\n`,
    `cas ${key} 7 0 2 {cas}\r\ncd\r\n`,
    `incr ${key} 1\r\n`,
    `append ${key} 0 0 2\r\n>>\r\n`,
    `prepend ${key} 0 0 2\r\n<<\r\n`,
    `get ${key}\r\n`,
    `add ${key} 0 0 1\r\nx\r\n`,
    `replace ${key} 1 0 1\r\ny\r\n`,
    `touch ${key} 100\r\n`,
    `get ${key}\r\n`,
    `delete ${key}\r\n`,
    `delete ${key}\r\n`,
    `get ${key}\r\n`,
    `touch ${key} 0\r\n`,
    `incr ${key} 1\r\n`,
    `append ${key} 0 0 1\r\nx\r\n`,
    `replace ${key} 0 0 1\r\nx\r\n`,
    `cas ${key} 0 0 1 1\r\nx\r\n`,
    `set ${key} 0 0 1 noreply\r\n1\r\nincr ${key} 1 noreply\r\ntouch ${key} 9 noreply\r\nget ${key}\r\n`,
    `delete ${key} noreply\r\nget ${key}\r\n`,
  ]),
  set('k'.repeat(250), 'longest key'),
  `get ${'k'.repeat(250)}\r\n`,
  set('empty', ''),
  'get empty\r\n',
  set('large', 'l'.repeat(1_000_000)),
  'get large\r\n',
  'get key1 large key2\r\n',
  set('too-large', 'l'.repeat(1_100_000)),
  'get too-large\r\n',
  'get large\r\n',
];

// What it does not speak closes the connection, whatever is behind it.
const UNSPOKEN = [
  'mg key1 v\r\n',
  'mn\r\n',
  'gat 10 key1\r\n',
  'stats\r\n',
  'flush_all\r\n',
  'nonsense\r\n',
  'delete key1 0\r\n',
  'incr key1 x\r\n',
  `get ${'k'.repeat(251)}\r\n`,
];

async function playThroughProxy(proxy, requests) {
  const replies = [];
  await withClient(proxy, async (client) => {
    let cas = '';
    for (const request of requests) {
      replies.push(await ask(client, request.replaceAll('{cas}', cas)));
      assert.notEqual(replies.at(-1), '', `closed: ${request.slice(0, 200)}`);
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
const settled = (client, request) =>
  until(`a reply to ${request}`, async () => {
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
const multigetFailure = (proxy, keys) =>
  withClient(proxy, async (client) => {
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
    watching = keepAsking(
      proxy,
      KEYS.filter((key) => key !== probe && !lost.includes(key)),
      watch,
    );
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
  test('the same replies as with memcached behind it, keys on the same nodes', {
    ...limit,
    skip: needMemcached,
  }, async () => {
    const [ours, theirs] = await onBoth((kind) =>
      behindTwemproxy(kind, async (proxy, cluster) => {
        const replies = await playThroughProxy(proxy, SPOKEN);
        for (const request of UNSPOKEN) {
          await withClient(proxy, async (client) => {
            client.send(request);
            replies.push(await client.readToEnd());
          });
        }
        return { replies, holdings: await cluster.holdings(KEYS) };
      }),
    );
    assertSameReplies([...SPOKEN, ...UNSPOKEN], [ours.replies, theirs.replies]);
    assert.equal(ours.replies.filter((reply) => reply.startsWith('SERVER_ERROR ')).length, 1); // too large
    assert.deepEqual(
      ours.replies.slice(-UNSPOKEN.length),
      UNSPOKEN.map(() => ''),
    );
    assert.deepEqual(ours.holdings, theirs.holdings);
    for (const held of ours.holdings)
      assert.ok(held.length > KEYS.length / NODES / 2, `a node holds ${held.length} keys`);
  });

  test('many clients at once, pipelined, with values of all sizes', limit, () =>
    behindTwemproxy('isocached', async (proxy) => {
      const clients = await Promise.all(Array.from({ length: 12 }, () => RawClient.connect(proxy.address)));
      try {
        await Promise.all(
          clients.map(async (client, index) => {
            const random = new Random(seed + index);
            const mine = Array.from({ length: 30 }, (_, n) => `client${index}:${n}`);
            const values = mine.map((key) => `${key},`.repeat(random.pick([1, 10, 1000, random.between(1, 40_000)])));
            client.send(mine.map((key, n) => set(key, values[n]) + 'incr all 1\r\n'.repeat(10)).join(''));
            for (let n = 0; n < 11 * mine.length; ++n)
              assert.match(await readReply(client), /^(STORED|NOT_FOUND|\d+)\r\n$/);
            client.send(mine.map((key) => `get ${key}\r\n`).join(''));
            for (const [n, key] of mine.entries()) {
              assert.ok((await readReply(client)) === found(key, values[n]), `wrong bytes for ${key}`);
            }
            const all = mine.map((key, n) => found(key, values[n]).slice(0, -MISS.length)).join('') + MISS;
            assert.ok(
              (await ask(client, `get ${mine.join(' ')}\r\n`)) === all,
              `wrong bytes for all of client ${index}`,
            );
          }),
        );
        assert.equal(await ask(clients[0], 'add all 0 0 1\r\n0\r\n'), 'STORED\r\n');
        for (const client of clients) client.send('incr all 1\r\n'.repeat(500));
        await Promise.all(
          clients.map(async (client) => {
            for (let n = 0, last = 0; n < 500; ++n) {
              const next = Number(await readReply(client));
              assert.ok(next > last, `${last}, then ${next}`);
              last = next;
            }
          }),
        );
        assert.equal(await ask(clients[0], 'incr all 0\r\n'), `${500 * clients.length}\r\n`);
      } finally {
        for (const client of clients) client.close();
      }
    }),
  );

  test('a node dies: the others keep serving; it returns and is used again', {
    ...limit,
    skip: needMemcached,
  }, async () => {
    const [ours, theirs] = await onBoth((kind) => behindTwemproxy(kind, dieAndReturn));
    assert.deepEqual(ours, theirs);
    assert.deepEqual(ours.wrong, []);
    assert.equal(ours.multiget, 'SERVER_ERROR, closed');
    const lost = ours.holdings[DEAD].slice(1);
    assert.deepEqual(
      ours.missing,
      lost.map(() => MISS),
    );
    assert.deepEqual(
      ours.stored,
      lost.map(() => 'STORED\r\n'),
    );
    assert.deepEqual(
      ours.elsewhere,
      lost.map((key) => found(key, 'meanwhile')),
    );
    assert.deepEqual(
      ours.afterReturn,
      lost.map(() => MISS),
    );
    assert.deepEqual(ours.heldAgain, ours.holdings[DEAD]);
    // What was written while the node was away is still where it went, and turns up when the node goes again.
    assert.deepEqual(
      ours.stale,
      lost.map((key) => found(key, 'meanwhile')),
    );
  });
});
