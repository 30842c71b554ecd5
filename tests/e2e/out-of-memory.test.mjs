// The system refuses the server more memory. A connection that needs some is closed, and the others are served. Over
// HTTP and WebSocket this does not hold yet.
// Runs alone: it takes memory until none is left.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { limit, many, MB } from '../lib/abuse.mjs';
import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const CROWD = 1000;
const ARGS = ['-m', '64', '-t', '1', '-c', '4000'];
// Otherwise each thread has reserved addresses for itself: 64 MB, which the crowd would have to fill first.
const ONE_HEAP = { MALLOC_ARENA_MAX: '1' };
const ROOM = 2 * MB;
const BEGUN = `set crowd 0 0 16383\r\n${'x'.repeat(16_000)}`; // kept until the rest comes: 16 KB each

const addressSpace = (pid) =>
  Number(/^VmSize:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

describe('isocached', { skip: needIsocached }, () => {
  test('a crowd that needs more memory than the system gives', limit, () =>
    withServer(
      () => startIsocached(ARGS, ONE_HEAP),
      [],
      async (server) => {
        await withClient(server, async (client) => {
          assert.equal(await client.ask('set k 0 0 1\r\nv\r\n'), 'STORED\r\n');
          execFileSync('prlimit', ['--pid', String(server.pid), `--as=${addressSpace(server.pid) + ROOM}`]);
          const crowd = await many(CROWD, async () => {
            const member = await RawClient.connect(server.address);
            member.send(BEGUN).catch(() => {}); // it may be closed by then
            return member;
          });
          assert.equal(await client.ask('get k\r\n'), 'VALUE k 0 1\r\nv\r\nEND\r\n');
          const { malloc_fails: fails } = await statsOf(client);
          assert.ok(Number(fails) > 0, 'nothing was refused');
          for (const member of crowd) member.close();
        });
        assert.equal(await withClient(server, (client) => client.ask('get k\r\n')), 'VALUE k 0 1\r\nv\r\nEND\r\n');
      },
    ),
  );
});
