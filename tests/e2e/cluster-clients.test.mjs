// Clients that choose the node of a key themselves, configured as native/docs/beyond-one-machine.md says. Only
// addresses are replaced.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';

import { DEAD, KEYS, NODES, clusterPorts, until, valueOf, withCluster } from '../lib/cluster.mjs';
import { BEYOND_ONE_MACHINE, configurationOf } from '../lib/page.mjs';
import { PythonCache, needPython } from '../lib/python-cache.mjs';
import { needIsocached, needMemcached, runProgram } from '../lib/server.mjs';

const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache/client/hash.py';
const LIBMEMCACHED_CACHE = new URL('../lib/libmemcached_cache.py', import.meta.url);
const MEMCCP = '/usr/bin/memccp'; // the tools bring the library with them
const MEMCCAT = '/usr/bin/memccat';
const limit = { timeout: 90_000 };

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
const holdingsBy = (kind, ports, program, more) =>
  withCluster(kind, ports, (cluster) =>
    withPython(program, async (cache) => {
      assert.deepEqual(await cache.call('set_many', VALUES, ...more), []);
      assert.deepEqual(await cache.call('get_many', KEYS), VALUES);
      return cluster.holdings(KEYS);
    }),
  );

/** The same keys on the same nodes, whether they are isocached or memcached; on each node some. */
async function assertSameHoldings(ports, program, more = []) {
  const ours = await holdingsBy('isocached', ports, program, more);
  if (!needMemcached) assert.deepEqual(ours, await holdingsBy('memcached', ports, program, more));
  assert.equal(ours.flat().length, KEYS.length);
  for (const held of ours) assert.ok(held.length > KEYS.length / NODES / 4, `a node holds ${held.length} keys`);
}

async function assertServed(cache, keys) {
  const values = await cache.call('get_many', keys);
  assert.deepEqual(values, Object.fromEntries(keys.map((key) => [key, VALUES[key]])));
}

/**
 * A node dies and returns, and the keys of the others are served at every moment. `isOver(cache, lost)`: the client
 * knows of the death, and does with the node's keys what it does then.
 */
const assertSurvives = (ports, program, more, isOver) =>
  withCluster('isocached', ports, (cluster) =>
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
    }),
  );

describe('clients that hash', { skip: needIsocached, concurrency: 1 }, () => {
  const pymemcache = { ...limit, skip: needPython(PYMEMCACHE, 'python3-pymemcache') };
  const withLibmemcached = { ...limit, skip: needPython(MEMCCP, 'libmemcached-tools') };
  const expireAndNoreply = [0, false]; // of pymemcache's set() and set_many()

  test('pymemcache: the same keys on the same nodes', pymemcache, async () => {
    const ports = await clusterPorts();
    await assertSameHoldings(ports, configurationOf(BEYOND_ONE_MACHINE, 'python', ports), expireAndNoreply);
  });

  test('pymemcache: a node dies, its keys go to the others; it returns', pymemcache, async () => {
    const ports = await clusterPorts();
    await assertSurvives(
      ports,
      configurationOf(BEYOND_ONE_MACHINE, 'python', ports),
      expireAndNoreply,
      async (cache, lost) => {
        // One by one: set_many() hides failures, and has the client forget that there were any.
        for (const key of lost) if (!(await cache.call('set', key, 'elsewhere', ...expireAndNoreply))) return false;
        const values = await cache.call('get_many', lost);
        return lost.every((key) => values[key] === 'elsewhere');
      },
    );
  });

  test('libmemcached: the same keys on the same nodes', withLibmemcached, async () => {
    const ports = await clusterPorts();
    await assertSameHoldings(ports, libmemcached(configurationOf(BEYOND_ONE_MACHINE, 'text', ports)));
  });

  test('libmemcached: a node dies, its keys miss; it returns', withLibmemcached, async () => {
    const ports = await clusterPorts();
    await assertSurvives(
      ports,
      libmemcached(configurationOf(BEYOND_ONE_MACHINE, 'text', ports)),
      [],
      async (cache, lost) => {
        assert.deepEqual(await cache.call('set_many', Object.fromEntries(lost.map((key) => [key, 'x']))), lost);
        assert.deepEqual(await cache.call('get_many', lost), {});
        return true;
      },
    );
  });

  test('libmemcached: as many keys move to a new node as the page says', withLibmemcached, async () => {
    const keys = Array.from({ length: 10_000 }, (_, n) => `key${n}`);
    const nodesOf = (count, distribution) => {
      const servers = Array.from({ length: count }, (_, n) => `--SERVER=10.0.0.${n + 1}:11211`).join(' ');
      return withPython(libmemcached(`${servers} --DISTRIBUTION=${distribution}`), (cache) =>
        cache.call('nodes', keys),
      );
    };
    const page = readFileSync(BEYOND_ONE_MACHINE, 'utf8');
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
      const holdings = (kind) =>
        withCluster(kind, ports, async (cluster) => {
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
