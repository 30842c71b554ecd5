// What a connection waits for (`stats conns`), and what connections may hold together: -o read_buf_mem_limit,
// resp_obj_mem_limit.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';

import { RawClient, readStats, statsOf, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const MEGABYTE = 1024 * 1024;

const statesOf = async (client) =>
  (await readStats(client, 'conns')).filter(([name]) => name.endsWith(':state')).map(([, state]) => state);
const count = async (client, state) => (await statesOf(client)).filter((each) => each === state).length;

const onServer = (args, use) =>
  withServer(startIsocached, args, (server) => withClient(server, (client) => use(client, server)));

describe('stats conns', { skip: needIsocached, concurrency: 1 }, () => {
  test('a value that is arriving: conn_nread, short, long, refused or in a frame', limit, () =>
    onServer([], async (client, server) => {
      const frame = Buffer.alloc(24);
      frame.set([0x80, 0x01, 0, 1, 8]);
      frame.writeUInt32BE(100, 8);
      for (const beginning of [
        'set k 0 0 6\r\n',
        'set k 0 0 6\r\nabc',
        'ms k 6\r\n',
        `set k 0 0 500000\r\n${'x'.repeat(1000)}`,
        'set k 0 0 9000000\r\nxyz', // too large: skipped
        frame,
      ]) {
        await withClient(server, async (sender) => {
          await sender.send(beginning);
          await eventually(async () => (await count(client, 'conn_nread')) === 1, String(beginning));
        });
      }
      await eventually(async () => (await count(client, 'conn_nread')) === 0);
    }),
  );

  test('a command that is arriving, or none: conn_read', limit, () =>
    onServer([], async (client, server) => {
      await withClient(server, async (sender) => {
        for (const [bytes, reply] of [
          ['set k 0 0 6\r\nabcdef\r\n', 'STORED\r\n'],
          ['get', ''],
          [' k\r\n', 'VALUE k 0 6\r\nabcdef\r\nEND\r\n'],
        ]) {
          await sender.send(bytes);
          assert.equal(await sender.read(reply.length), reply);
          assert.deepEqual(
            (await statesOf(client)).filter((state) => state === 'conn_nread'),
            [],
          );
        }
      });
    }),
  );

  test('over a WebSocket as well', { ...limit, skip: needWs }, () =>
    onServer(['--http', '127.0.0.1:0'], async (client, server) => {
      const sender = await FrameClient.connect(webSocketUrl(server));
      await sender.send('set k 0 0 6\r\nabc');
      await eventually(async () => (await count(client, 'conn_nread')) === 1);
      await sender.send('def\r\n');
      await eventually(async () => (await count(client, 'conn_nread')) === 0);
      await sender.close();
    }),
  );
});

describe('memory for all connections together', { skip: needIsocached, concurrency: 1 }, () => {
  const oom = async (client, name) => Number((await statsOf(client))[name]);

  /** Opens clients that hold memory until one is closed. Returns how many there were room for. */
  async function openUntilClosed(connect, most) {
    const clients = [];
    while (clients.length < most && !clients.some(({ ended }) => ended)) {
      clients.push(await connect());
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return clients;
  }

  test('requests that have come in part: read_buf_mem_limit', limit, () =>
    onServer(['-t', '1', '-o', 'read_buf_mem_limit=1'], async (client, server) => {
      assert.equal((await statsOf(client, 'settings')).read_buf_mem_limit, String(MEGABYTE));
      assert.equal(await oom(client, 'read_buf_oom'), 0);
      const HELD = 14_000;
      const clients = await openUntilClosed(async () => {
        const sender = await RawClient.connect(server.address);
        await sender.send(`set k 0 0 15000\r\n${'x'.repeat(HELD)}`);
        return sender;
      }, 200);
      const room = Math.floor(MEGABYTE / (HELD + 17));
      await eventually(async () => (await oom(client, 'read_buf_oom')) > 0);
      const closed = clients.filter(({ ended }) => ended).length;
      assert.ok(Math.abs(clients.length - closed - room) <= 2, `${clients.length - closed} had room, not ${room}`);
      // Requests that are complete hold nothing: others are served, and so are those that were there before.
      assert.equal(await client.ask('set a 0 0 1\r\nx\r\nget a\r\n'), 'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n');
      assert.equal(await clients[0].ask(`${'x'.repeat(1000)}\r\n`), 'STORED\r\n');
      for (const each of clients) each.socket.destroy();
      await eventually(async () => (await oom(client, 'curr_connections')) === 1);
      const before = await oom(client, 'read_buf_oom');
      await withClient(server, async (sender) => {
        await sender.send(`set k 0 0 15000\r\n${'x'.repeat(HELD)}`);
        assert.equal(await sender.ask(`${'x'.repeat(1000)}\r\n`), 'STORED\r\n');
      });
      assert.equal(await oom(client, 'read_buf_oom'), before);
    }),
  );

  test('replies that nobody reads: resp_obj_mem_limit', limit, async (context) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'isocache-conns-'));
    context.after(() => rmSync(folder, { recursive: true }));
    const socket = path.join(folder, 'socket'); // its buffers are small
    await onServer(
      ['-s', socket, '-l', '127.0.0.1', '-t', '1', '-o', 'resp_obj_mem_limit=1'],
      async (client, server) => {
        assert.equal(await oom(client, 'response_obj_oom'), 0);
        await client.ask(`set k 0 0 3000\r\n${'v'.repeat(3000)}\r\n`);
        const clients = [];
        for (let i = 0; i < 100 && (await oom(client, 'response_obj_oom')) === 0; ++i) {
          const greedy = await RawClient.connect({ path: socket });
          greedy.socket.pause();
          greedy.socket.write('get k\r\n'.repeat(1000));
          clients.push(greedy);
          // One after the other: each has what it can get, or is closed, before the next one comes.
          await eventually(
            async () =>
              (await count(client, 'conn_mwrite')) === clients.length || (await oom(client, 'response_obj_oom')) > 0,
            `client ${i} is neither stuck nor closed`,
          );
        }
        assert.ok(clients.length >= 20 && clients.length < 100, `${clients.length} clients`);
        const closed = await oom(client, 'response_obj_oom'); // another's replies may have grown at the same time
        assert.ok(closed <= 3, `${closed} clients were closed`);
        await withClient(server, async (other) =>
          assert.equal(await other.ask('get k\r\n'), `VALUE k 0 3000\r\n${'v'.repeat(3000)}\r\nEND\r\n`),
        );
        for (const each of clients) each.socket.destroy();
        await eventually(async () => (await oom(client, 'curr_connections')) === 1);
      },
    );
  });
});
