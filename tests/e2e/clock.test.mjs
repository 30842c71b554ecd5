// A server whose wall clock is set while it runs, by hours in both directions.
// Runs alone: it measures how long things take.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { statsOf, withClient } from '../lib/client.mjs';
import { request } from '../lib/http.mjs';
import { getPage, scrape } from '../lib/metrics.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const SOURCE = fileURLToPath(new URL('../lib/stepped_clock.c', import.meta.url));
const limit = { timeout: 60_000 };
const HOUR_S = 3600;
const nowS = () => Math.floor(Date.now() / 1000);

const compiler = ['cc', 'gcc', 'g++', 'clang-16'].find((name) => spawnSync(name, ['--version']).status === 0);
const needCompiler = compiler === undefined && 'no C compiler';

describe('a wall clock that steps', { skip: needIsocached || needCompiler, concurrency: 1 }, () => {
  let folder;
  let shim;
  let ahead;

  /** What the server's wall clock shows beyond this machine's. In one piece: the server reads it at any time. */
  function setAhead(seconds) {
    writeFileSync(`${ahead}.new`, `${seconds}`);
    renameSync(`${ahead}.new`, ahead);
  }

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'isocache-clock-'));
    shim = path.join(folder, 'stepped_clock.so');
    ahead = path.join(folder, 'ahead');
    const language = compiler === 'g++' ? ['-x', 'c++'] : [];
    const { status, stderr } = spawnSync(compiler, ['-shared', '-fPIC', '-o', shim, ...language, SOURCE, '-ldl']);
    assert.equal(status, 0, String(stderr));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const start = (args) => startIsocached(args, { LD_PRELOAD: shim, STEPPED_CLOCK: ahead });
  const talk = (use) => {
    setAhead(0);
    return withServer(start, ['-t', '2', '--http', '127.0.0.1:0'], (server) =>
      withClient(server, (client) => use(client, server)),
    );
  };

  /** Seconds, up to 3 fewer or more: the clock is real. */
  function near(seconds, expected, what) {
    assert.ok(Math.abs(seconds - expected) <= 3, `${what}: ${seconds}, not ${expected}`);
  }
  async function ttlOf(client, key) {
    const reply = await client.ask(`mg ${key} t\r\n`);
    return reply === 'EN\r\n' ? 0 : Number(/^HD t(-?\d+)\r\n$/.exec(reply)[1]);
  }

  for (const hours of [1, -1, 14, -12, 24 * 400, -24 * 400]) {
    test(`by ${hours} hours`, limit, () =>
      talk(async (client, server) => {
        await client.ask(`set ttl 0 1000 1\r\nx\r\nset date 0 ${nowS() + 2000} 1\r\nx\r\nset never 0 0 1\r\nx\r\n`);
        setAhead(hours * HOUR_S);
        const wall = () => nowS() + hours * HOUR_S;

        near(Number((await statsOf(client)).time), wall(), 'STAT time');
        near(await ttlOf(client, 'ttl'), 1000, 'a TTL from before');
        near(await ttlOf(client, 'date'), 2000, 'a date from before');
        assert.equal(await ttlOf(client, 'never'), -1);
        await client.ask('set after 0 500 1\r\nx\r\n');
        near(await ttlOf(client, 'after'), 500, 'a TTL');

        const date = wall() + 3000;
        await client.ask(`set a 0 ${date} 1\r\nx\r\nset b 0 0 1\r\nx\r\ntouch b ${date}\r\nms c 1 T${date}\r\nx\r\n`);
        await client.ask(`set d 0 ${date} 100000\r\n${'x'.repeat(100_000)}\r\n`);
        for (const key of ['a', 'b', 'c', 'd']) near(await ttlOf(client, key), 3000, `the date of ${key}`);
        await client.ask(`set past 0 ${wall() - 5} 1\r\nx\r\n`);
        assert.equal(await ttlOf(client, 'past'), 0);

        const dump = await client.ask('lru_crawler metadump all\r\n');
        const [, exp, la] = /^key=a exp=(\d+) la=(\d+) /m.exec(dump);
        near(Number(exp), date, 'exp');
        near(Number(la), wall(), 'la');

        near((await scrape(server)).samples.get('memcached_time_seconds'), wall(), '/metrics');
        near(JSON.parse((await getPage(server, '/stats.json')).text).general.time, wall(), '/stats.json');
        near(Date.parse((await request(server, '/healthz')).headers.date) / 1000, wall(), 'Date');
      }),
    );
  }

  test('back and forth: an item with a TTL of 2 seconds lives for 2 seconds', limit, () =>
    talk(async (client) => {
      const began = Date.now();
      await client.ask('set k 0 2 1\r\nx\r\n');
      for (const hours of [5, -5, 300, 0]) {
        setAhead(hours * HOUR_S);
        const alive = (await client.ask('mg k\r\n')) === 'HD\r\n';
        if (Date.now() - began < 900) assert.ok(alive, `gone with the clock ${hours} hours ahead`);
      }
      await sleep(2200);
      for (const hours of [-5, 5]) {
        setAhead(hours * HOUR_S);
        assert.equal(await client.ask('mg k\r\n'), 'EN\r\n');
      }
    }),
  );
});
