// The configurations in native/docs/beyond-one-machine.md for proxies that Debian does not have. They are checked as
// far as that is possible without the proxies, and run where the proxies are installed.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { RawClient, withClient } from '../lib/client.mjs';
import { DEAD, KEYS, NODES, ask, clusterPorts, until, valueOf, withCluster } from '../lib/cluster.mjs';
import { BEYOND_ONE_MACHINE, configurationOf } from '../lib/page.mjs';
import { freePort, needIsocached, runProgram, spawnBound, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 90_000 };
const LUA = '/usr/bin/lua5.4';
const PROXY_FOR_LUA = fileURLToPath(new URL('../lib/mcp.lua', import.meta.url));
// A memcached that was built with --enable-proxy.
const memcachedProxy = process.env.MEMCACHED_PROXY;
const mcrouter = (process.env.PATH ?? '')
  .split(':')
  .map((folder) => path.join(folder, 'mcrouter'))
  .find(existsSync);

const lua = (ports) => configurationOf(BEYOND_ONE_MACHINE, 'lua', ports);
const json = (ports) => configurationOf(BEYOND_ONE_MACHINE, 'json', ports);

const set = (key, value) => `set ${key} 7 0 ${value.length}\r\n${value}\r\n`;
const found = (key, value) => `VALUE ${key} 7 ${value.length}\r\n${value}\r\nEND\r\n`;

describe('proxies that Debian does not have', { concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-proxies-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const file = (name, text) => {
    const at = path.join(folder, name);
    writeFileSync(at, text);
    return at;
  };

  test("memcached's proxy: the Lua routes every key to one of the nodes", {
    ...limit,
    skip: existsSync(LUA) ? false : 'no lua5.4 here',
  }, async () => {
    const ports = [1, 2, 3];
    const { code, stdout, stderr } = await runProgram(LUA, [PROXY_FOR_LUA, file('proxy.lua', lua(ports)), ...KEYS]);
    assert.deepEqual([code, stderr], [0, '']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' '));
    const backends = lines.splice(0, NODES);
    assert.deepEqual(
      backends.map(([, , host, port]) => `${host}:${port}`),
      ports.map((port) => `127.0.0.1:${port}`),
    );
    assert.equal(new Set(backends.map(([, label]) => label)).size, NODES, 'a label for each');
    assert.deepEqual(
      lines.map(([key]) => key),
      KEYS,
    );
    assert.deepEqual(
      [...new Set(lines.map(([, node]) => node))].sort(),
      ports.map((port) => `127.0.0.1:${port}`),
    );
  });

  test('mcrouter: the JSON has the pools that its route names', limit, () => {
    const { pools, route, ...more } = JSON.parse(json([1, 2, 3, 4]));
    assert.deepEqual(more, {});
    const named = [route.normal, route.failover].map((text) => /^PoolRoute\|(\w+)$/.exec(text)[1]);
    assert.deepEqual(named, Object.keys(pools));
    assert.deepEqual(
      named.map((name) => pools[name].servers),
      [['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'], ['127.0.0.1:4']],
    );
    assert.deepEqual(Object.keys(route).sort(), ['failover', 'failover_exptime', 'normal', 'type']);
    assert.equal(route.type, 'FailoverWithExptimeRoute');
    assert.ok(Number.isInteger(route.failover_exptime) && route.failover_exptime > 0);
  });

  /** Runs a proxy on a free port: use({address}). */
  async function behind(program, argsFor, use) {
    const port = await freePort();
    const child = spawnBound(program, argsFor(String(port)), { stdio: 'ignore' });
    const proxy = { address: { host: '127.0.0.1', port } };
    try {
      await until('the proxy listens', () => withClient(proxy, () => true).catch(() => false));
      return await use(proxy);
    } finally {
      child.kill('SIGKILL');
    }
  }

  /** All keys go through the proxy to the nodes, a share to each. */
  async function assertSpread(client, cluster) {
    for (const key of KEYS) assert.equal(await ask(client, set(key, valueOf(key))), 'STORED\r\n');
    for (const key of KEYS) assert.equal(await ask(client, `get ${key}\r\n`), found(key, valueOf(key)));
    const holdings = await cluster.holdings(KEYS);
    assert.equal(holdings.flat().length, KEYS.length);
    for (const held of holdings) assert.ok(held.length > KEYS.length / NODES / 2, `a node holds ${held.length} keys`);
    return holdings;
  }

  test("memcached's proxy, if it is here", {
    ...limit,
    skip: needIsocached || (memcachedProxy ? false : 'MEMCACHED_PROXY is not set'),
  }, async () => {
    const ports = await clusterPorts();
    const user = process.getuid() === 0 ? ['-u', 'root'] : [];
    const argsFor = (port) => [
      ...user,
      '-l',
      '127.0.0.1',
      '-p',
      port,
      '-o',
      `proxy_config=${file('real.lua', lua(ports))}`,
    ];
    await withCluster('isocached', ports, (cluster) =>
      behind(memcachedProxy, argsFor, (proxy) =>
        withClient(proxy, async (client) => {
          const holdings = await assertSpread(client, cluster);
          assert.equal(await ask(client, `mg ${KEYS[0]} f\r\n`), 'HD f7\r\n');
          await cluster.kill(DEAD);
          assert.match(await ask(client, `get ${holdings[DEAD][0]}\r\n`), /^SERVER_ERROR /);
          const others = holdings.filter((_, node) => node !== DEAD).flat();
          for (const key of others) assert.equal(await ask(client, `get ${key}\r\n`), found(key, valueOf(key)));
        }),
      ),
    );
  });

  test('mcrouter, if it is here', {
    ...limit,
    skip: needIsocached || (mcrouter ? false : 'no mcrouter here'),
  }, async () => {
    const ports = await clusterPorts();
    await withServer(startIsocached, [], (spare) =>
      withCluster('isocached', ports, (cluster) => {
        const config = file('mcrouter.json', json([...ports, spare.port]));
        const argsFor = (port) => [
          '--config',
          `file:${config}`,
          '-p',
          port,
          '--listen-addresses',
          '127.0.0.1',
          '--async-dir',
          folder,
          '--stats-root',
          folder,
        ];
        return behind(mcrouter, argsFor, (proxy) =>
          withClient(proxy, async (client) => {
            const [key] = (await assertSpread(client, cluster))[DEAD];
            await cluster.kill(DEAD);
            await until(
              'the key goes to the spare node',
              async () => (await ask(client, `get ${key}\r\n`)) === 'END\r\n',
            );
            assert.equal(await ask(client, set(key, 'meanwhile')), 'STORED\r\n');
            assert.equal(await ask(client, `get ${key}\r\n`), found(key, 'meanwhile'));
            const direct = await RawClient.connect(spare.address);
            const [, seconds] = /^HD t(\d+)\r\n$/.exec(await direct.ask(`mg ${key} t\r\n`));
            direct.close();
            assert.ok(Number(seconds) <= JSON.parse(json([1, 2, 3, 4])).route.failover_exptime);
          }),
        );
      }),
    );
  });
});
