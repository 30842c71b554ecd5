// Long work gives way often enough, by a clock that the test moves.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { randomNumbers } from '../../../build/web/unit/base/random.js';
import { inSlices } from '../../../build/web/unit/base/slices.js';

/** Work of so many pieces, each of which takes a while on the clock. */
function workOf(pieces, ms) {
  const time = { now: 0 };
  function* work() {
    for (let i = 0; i < pieces; ++i) {
      time.now += ms;
      yield;
    }
    return 'done';
  }
  return { work: work(), clock: () => time.now, time };
}

test('no slice takes more than its time and one piece', async () => {
  const { work, clock, time } = workOf(100, 3);
  const turns = [0];
  assert.equal(await inSlices(work, { clock, onSlice: () => turns.push(time.now) }), 'done');
  for (let i = 1; i < turns.length; ++i) assert.ok(turns[i] - turns[i - 1] <= 12, `${turns}`);
  assert.equal(turns.length - 1, 25);
});

test('between slices others get their turn', async () => {
  const { work, clock } = workOf(30, 10);
  let timers = 0;
  const timer = setInterval(() => ++timers, 0);
  await inSlices(work, { clock });
  clearInterval(timer);
  assert.ok(timers > 3);
});

test('a signal ends the work at the next slice, or before it begins', async () => {
  const { work, clock, time } = workOf(100, 10);
  const controller = new AbortController();
  await assert.rejects(
    inSlices(work, { clock, signal: controller.signal, onSlice: () => time.now >= 50 && controller.abort() }),
    { name: 'AbortError' },
  );
  assert.equal(time.now, 50);
  await assert.rejects(inSlices(workOf(1, 1).work, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('an error in the work is the caller’s', async () => {
  function* broken() {
    yield;
    throw new Error('broken');
  }
  await assert.rejects(inSlices(broken()), /broken/);
});

test('random numbers are the same for a seed, and spread', () => {
  const some = (seed) => Array.from({ length: 1000 }, randomNumbers(seed));
  assert.deepEqual(some(7), some(7));
  assert.notDeepEqual(some(7), some(8));
  const numbers = some(1);
  assert.ok(numbers.every((number) => number >= 0 && number < 1));
  const tenths = numbers.reduce(
    (counts, number) => counts.with(Math.floor(number * 10), counts[Math.floor(number * 10)] + 1),
    Array(10).fill(0),
  );
  assert.ok(
    tenths.every((count) => count > 60 && count < 140),
    `${tenths}`,
  );
});
