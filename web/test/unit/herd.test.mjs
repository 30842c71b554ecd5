// A herd on the real engine: who makes the page how often, and who waits.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HERD_LIMITS, playHerd, RETRY_MS } from '../../../build/web/unit/herd/index.js';

const figures = ({ rows }) =>
  rows.map(({ id, originCalls, waited, longestWaitMs, oldAnswers }) => [
    id,
    originCalls,
    waited,
    longestWaitMs,
    oldAnswers,
  ]);

test('200 clients, one key that has ended, three seconds to make it', async () => {
  const result = await playHerd();
  const [naive, lease, early, stale] = figures(result);
  assert.deepEqual(naive, ['naive', 200, 200, 3000, 0]);
  assert.deepEqual(lease.slice(0, 3), ['lease', 1, 200]);
  assert.ok(lease[3] >= 3000 && lease[3] < 3000 + RETRY_MS);
  assert.equal(lease[4], 0);
  assert.deepEqual(early, ['early', 1, 0, 0, 200]);
  assert.deepEqual(stale, ['stale', 1, 0, 0, 200]);
  assert.equal(result.headline, 'get and set: 200 origin calls. With a lease: 1.');
  assert.equal(result.rows[0].mostAtOnce, 200);
});

test('the series tell the same as the table, on one axis', async () => {
  const { rows, clients, durationMs } = await playHerd({ clients: 50, loadMs: 1000, spreadMs: 3000 });
  for (const { series, originCalls, oldAnswers, id } of rows) {
    const last = series.at(-1);
    assert.deepEqual(
      [series[0].t, last.t, last.calls, last.old, last.waiting, last.answered],
      [0, durationMs, originCalls, oldAnswers, 0, clients],
      id,
    );
    for (let i = 1; i < series.length; ++i) {
      assert.ok(series[i].t > series[i - 1].t && series[i].calls >= series[i - 1].calls, id);
      assert.ok(series[i].waiting >= 0 && series[i].answered >= series[i - 1].answered, id);
    }
  }
});

test('who comes when the page is there makes nothing and does not wait', async () => {
  const [naive, lease, early, stale] = (await playHerd({ clients: 100, loadMs: 500, spreadMs: 10_000 })).rows;
  assert.ok(naive.originCalls > 1 && naive.originCalls < 30, `${naive.originCalls}`);
  for (const row of [lease, early, stale]) assert.equal(row.originCalls, 1, row.id);
  assert.ok(lease.waited > 1 && lease.waited < 30);
  assert.ok(early.oldAnswers === stale.oldAnswers && early.oldAnswers === naive.originCalls);
});

test('the longest herd is over before a lease ends', async () => {
  const { rows } = await playHerd({ clients: 20, loadMs: 10_000, spreadMs: 10_000, seed: 3 });
  assert.deepEqual(
    rows.slice(1).map(({ originCalls }) => originCalls),
    [1, 1, 1],
  );
});

test('the same seed is the same herd, another one is another', async () => {
  const herd = { clients: 40, spreadMs: 5000, loadMs: 700 };
  assert.deepEqual(await playHerd({ ...herd, seed: 5 }), await playHerd({ ...herd, seed: 5 }));
  assert.notDeepEqual(await playHerd({ ...herd, seed: 5 }), await playHerd({ ...herd, seed: 6 }));
});

test('numbers beyond the limits become the nearest within', async () => {
  const small = await playHerd({ clients: -5, loadMs: 0, spreadMs: -1 });
  assert.deepEqual([small.clients, small.loadMs, small.spreadMs], [2, 100, 0]);
  assert.equal((await playHerd({ clients: Number.NaN })).clients, HERD_LIMITS.clients.usual);
  const { rows, ...large } = await playHerd({ clients: 1e9, loadMs: 1e9, spreadMs: 1e9 });
  assert.deepEqual([large.clients, large.loadMs, large.spreadMs], [1000, 10_000, 10_000]);
  assert.equal(rows[1].originCalls, 1);
});

test('200 clients take little of the tab’s time, and a signal ends them', async () => {
  await playHerd();
  const begun = process.cpuUsage();
  await playHerd();
  const { user, system } = process.cpuUsage(begun);
  const slowMachine = 3;
  assert.ok((user + system) / 1000 < 200 * slowMachine, `${(user + system) / 1000} ms`);
  await assert.rejects(playHerd({ signal: AbortSignal.abort() }), { name: 'AbortError' });
});
