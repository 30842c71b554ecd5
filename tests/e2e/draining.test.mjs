// The server's orderly end (drain): its signals, --drain-delay, --drain-timeout and what /readyz says meanwhile.
// That no client loses a reply, on each transport: connection-end.test.mjs.
// Runs alone: it measures how long things take.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { RawClient, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { run, sleep, sluggard, until } from '../lib/operations.mjs';
import { exitOf, needIsocached, startIsocached } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
describe('draining', { skip: needIsocached, concurrency: 1 }, () => {
  test('SIGTERM under load, again and again', limit, async () => {
    for (let round = 0; round < 15; ++round) {
      const server = await startIsocached(['-t', '4']);
      let serving = true;
      const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.connect(server.address)));
      const load = clients.map(async (client) => {
        while (serving && !client.ended) {
          client.send('mn\r\n'.repeat(50));
          await client.read(50 * 4).catch(() => {});
        }
      });
      await sleep(30);
      const { code, signal } = await server.stop('SIGTERM');
      serving = false;
      await Promise.all(load);
      for (const client of clients) client.close();
      assert.deepEqual([code, signal], [0, null], `round ${round}: ${server.stderr}`);
    }
  });

  test('SIGTERM: a request that has begun is let in, done, and answered', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '20']);
    for (const length of [10, 100_000])
      await withClient(server, (client) => client.ask(`set old${length} 0 0 1\r\nx\r\n`));
    const clients = await Promise.all(
      [10, 100_000].map(async (length) => {
        const client = await RawClient.connect(server.address);
        await client.send(`set k 0 0 ${length}\r\n${'x'.repeat(length / 2)}`);
        return { client, length };
      }),
    );
    const idle = await RawClient.connect(server.address);
    await sleep(100);
    server.child.kill('SIGTERM');
    assert.equal(await idle.readToEnd(), '');
    await sleep(200);
    for (const { client, length } of clients) {
      await client.send(`${'x'.repeat(length / 2)}\r\n`);
      assert.equal(await client.readToEnd(), 'STORED\r\n');
      client.close();
    }
    assert.equal((await exitOf(server.child, 5000)).code, 0);
  });

  test('SIGTERM: a reply under way is finished, whole', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '20']);
    const client = await sluggard(server);
    server.child.kill('SIGTERM');
    await sleep(500);
    assert.ok(server.alive, 'it did not wait for the client');
    const isRefused = () =>
      RawClient.connect(server.address).then(
        (other) => other.close(),
        (error) => error.code === 'ECONNREFUSED',
      );
    await eventually(isRefused, 'it still listens');
    const began = Date.now();
    client.socket.resume();
    const reply = await client.readToEnd();
    const one = 'VALUE big 0 1000000\r\n'.length + 1_000_000 + '\r\nEND\r\n'.length;
    assert.ok(reply.length >= one, `${reply.length} bytes`);
    assert.equal((await exitOf(server.child, 10_000)).code, 0);
    assert.ok(Date.now() - began < 5000, 'it waited although nothing was under way');
  });

  test('--drain-timeout closes connections that are not done by then', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '1']);
    const client = await sluggard(server);
    const began = Date.now();
    assert.deepEqual(await server.stop(), { code: 0, signal: null });
    const took = Date.now() - began;
    assert.ok(took > 900 && took < 3000, `${took} ms`);
    client.close();
  });

  test('--drain-delay serves on; a second signal ends it at once', limit, async () => {
    const server = await startIsocached(['--drain-delay', '30', '-v']);
    server.child.kill('SIGTERM');
    await until(
      () => /draining in 30 s/.test(server.stderr),
      () => server.stderr,
    );
    await withClient(server, async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n'));
    const began = Date.now();
    assert.equal((await server.stop('SIGTERM')).code, 0);
    assert.ok(Date.now() - began < 1000);
    // Its time passes, and SIGUSR1 does not wait for it.
    for (const [args, signal, least] of [
      [['--drain-delay', '1'], 'SIGTERM', 900],
      [['--drain-delay', '30'], 'SIGUSR1', 0],
    ]) {
      const other = await startIsocached(args);
      const start = Date.now();
      assert.equal((await other.stop(signal)).code, 0);
      assert.ok(Date.now() - start >= least && Date.now() - start < 3000, `${signal}: ${Date.now() - start} ms`);
    }
  });

  test('while it drains, /readyz says 503 and /healthz 200; healthcheck agrees', limit, async () => {
    const server = await startIsocached(['--http', '0', '--drain-delay', '30']);
    const url = `http://127.0.0.1:${server.httpPort}`;
    const statuses = async () =>
      Promise.all(['readyz', 'healthz'].map(async (page) => (await fetch(`${url}/${page}`)).status));
    const healthcheck = async () => (await run(['healthcheck', url])).stdout;
    try {
      assert.deepEqual(await statuses(), [200, 200]);
      assert.equal(await healthcheck(), `healthy: ${url}\n`);
      server.child.kill('SIGTERM');
      await until(
        async () => (await statuses())[0] === 503,
        () => 'readyz',
      );
      assert.deepEqual(await statuses(), [503, 200]);
      assert.equal(await healthcheck(), `unhealthy: ${url}: draining\n`);
    } finally {
      const began = Date.now();
      assert.equal((await server.stop('SIGTERM')).code, 0);
      assert.ok(Date.now() - began < 2500);
    }
  });

  test('an idle keep-alive connection of HTTP does not hold up the end', limit, async () => {
    const server = await startIsocached(['--http', '0', '--drain-timeout', '20']);
    const idle = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
    await idle.send('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await idle.readUntil('\r\n\r\n');
    const began = Date.now();
    assert.equal((await server.stop('SIGTERM')).code, 0);
    assert.ok(Date.now() - began < 3000, `${Date.now() - began} ms`);
    idle.close();
  });

  test('a second signal while replies are under way', limit, async () => {
    const server = await startIsocached(['--drain-timeout', '30']);
    const client = await sluggard(server);
    server.child.kill('SIGTERM');
    await sleep(300);
    assert.ok(server.alive);
    const began = Date.now();
    assert.equal((await server.stop('SIGINT')).code, 0);
    assert.ok(Date.now() - began < 1000);
    client.close();
  });
});
