// Replaying: the state is a function of the tape and the position, however one got there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { Player } from '../../../build/web/unit/player/player.js';
import { MAX_STEPS } from '../../../build/web/unit/tape/limits.js';
import { readLink, writeHash } from '../../../build/web/unit/share/links.js';
import { latin1, plainly, plainResults, played, storeState, tapeOf } from './lib/play.mjs';
import { anyStep, anyTape, Random } from './lib/tapes.mjs';
import { cpuClock } from './lib/time.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);
const STORY = ['@alice mg page v N30', '@bob mg page v N30', '@alice ms page 5\\r\\nhello', '@bob mg page v'];

test('the first thirty seconds', async (context) => {
  const player = await played(context, STORY);
  assert.deepEqual(
    player.results.map(({ reply }) => latin1(reply)),
    ['VA 0 W\r\n\r\n', 'VA 0 Z\r\n\r\n', 'HD\r\n', 'VA 5\r\nhello\r\n'],
  );
  assert.equal(player.position, 4);
  assert.equal(player.store.itemCount, 1);
  player.seek(0);
  assert.equal(player.store.itemCount, 0);
  player.seek(2);
  assert.equal(player.store.item(Buffer.from('page')).won, true);
  player.seek(99);
  assert.equal(player.position, 4);
  player.seek(Number.NaN);
  assert.equal(player.position, 0);
});

test('a changed step: it and all behind it are played again, the ones before it are not', async (context) => {
  const player = await played(context, STORY);
  const before = player.results;
  player.load(tapeOf([...STORY.slice(0, 2), '@alice ms page 2\\r\\nhi', STORY[3]]));
  assert.equal(latin1(player.results[3].reply), 'VA 2\r\nhi\r\n');
  assert.equal(player.results[1], before[1]);
  assert.notEqual(player.results, before, 'a new array, so that a signal notices');
  player.load(tapeOf(STORY.slice(0, 1)));
  assert.equal(player.results.length, 1);
  assert.equal(player.position, 1);
  player.load(tapeOf([]));
  assert.equal(player.store.itemCount, 0);
});

test('any tape: edits and jumps end in the state that a fresh player has', async (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const random = new Random(seed);
  for (let run = 0; run < 15; ++run) {
    const player = await Player.open();
    let tape = anyTape(random, 60);
    for (let edit = 0; edit < 6; ++edit) {
      player.load(tape);
      for (let jump = 0; jump < 3; ++jump) player.seek(random.below(tape.steps.length + 1));
      const fresh = await Player.open();
      fresh.load(tape);
      assert.deepEqual(plainResults(player.results), plainResults(fresh.results));
      fresh.seek(player.position);
      assert.deepEqual(storeState(player.store), storeState(fresh.store));
      fresh.close();
      const steps = [...tape.steps];
      steps.splice(random.below(steps.length + 1), random.below(2), anyStep(random, ['alice', 'bob', 'carol', 'dave']));
      tape = { ...tape, steps };
    }
    player.close();
  }
});

test('any tape through a link replays to the same replies and effects', async () => {
  const random = new Random(seed);
  for (let run = 0; run < 40; ++run) {
    const tape = anyTape(random, 25);
    const { tape: back, error } = await readLink(`https://example.org/${await writeHash(tape)}`);
    assert.equal(error, undefined);
    const [a, b] = [await Player.open(), await Player.open()];
    a.load(tape);
    b.load(back);
    assert.deepEqual(plainResults(a.results), plainResults(b.results));
    a.close();
    b.close();
  }
});

test('each client has its own connection; a closed one is replaced, and the effect says so', async (context) => {
  const player = await played(context, [
    '@alice set a 0 0 5\\',
    '@bob mn',
    '@alice \\r\\nhel\\',
    '@alice lo',
    '@alice quit',
    '@alice mn',
    '@bob mn',
  ]);
  const texts = player.results.map(({ effect }) => plainly(effect.text));
  assert.deepEqual(
    player.results.map(({ reply }) => latin1(reply)),
    ['', 'MN\r\n', '', 'STORED\r\n', '', 'MN\r\n', 'MN\r\n'],
  );
  assert.match(texts[0], /^Nothing yet: the line has no end$/);
  assert.match(texts[2], /^Nothing yet: 4 bytes are missing/);
  assert.match(texts[3], /^`a`: created, 5 bytes/);
  assert.equal(player.results[4].closed, true);
  assert.match(texts[4], /the server has closed Alice's connection/);
  assert.match(texts[5], /^Alice has a new connection/);
  assert.equal(texts[6], 'Nothing changed');
  const long = await played(context, [`@alice ${'x'.repeat(3000)}`, '@alice mn']);
  assert.equal(long.results[0].closed, true);
  assert.match(long.results[1].effect.text, /^Alice has a new connection/);
});

describe('a draft', () => {
  test('tells the real reply and effect, and changes nothing', async (context) => {
    const player = await played(context, STORY);
    const before = storeState(player.store);
    const draft = player.draft('bob', Buffer.from('ms page 2 c\r\nhi\r\n'));
    assert.match(latin1(draft.reply), /^HD c\d+\r\n$/);
    assert.match(plainly(draft.effect.text), /^`page`: replaced, 2 bytes \(before: 5 bytes\)/);
    assert.equal(draft.incomplete, false);
    assert.deepEqual(storeState(player.store), before);
    player.seek(0);
    assert.equal(latin1(player.draft('bob', Buffer.from('mg page v\r\n')).reply), 'EN\r\n');
    assert.equal(latin1(player.draft('zoe', Buffer.from('mg page x\r\n')).reply), 'EN\r\n');
  });

  test('says how many bytes are missing', async (context) => {
    const player = await played(context, ['@alice ms b 3']);
    const need = (client, text) => {
      const { incomplete, needBytes } = player.draft(client, Buffer.from(text));
      return { incomplete, needBytes };
    };
    assert.deepEqual(need('bob', 'ms a 5\r\n'), { incomplete: true, needBytes: 7 });
    assert.deepEqual(need('bob', 'ms a 5\r\nhello'), { incomplete: true, needBytes: 2 });
    assert.deepEqual(need('bob', 'ms a 5\r\nhello\r\n'), { incomplete: false, needBytes: undefined });
    assert.deepEqual(need('bob', 'mn\r\nset a 0 0 1\r\n'), { incomplete: true, needBytes: 3 });
    assert.deepEqual(need('bob', 'mg a'), { incomplete: true, needBytes: undefined });
    assert.deepEqual(need('bob', ''), { incomplete: false, needBytes: undefined });
    assert.deepEqual(need('alice', 'xy'), { incomplete: true, needBytes: 3 }, 'alice is in the middle of a value');
    assert.deepEqual(need('alice', 'xyz\r\n'), { incomplete: false, needBytes: undefined });
  });

  test('is quick', async (context) => {
    const player = await played(context, ['memory 8m', 'fill user: 20000 100']);
    const clock = cpuClock();
    for (let n = 0; n < 20; ++n) player.draft('bob', Buffer.from(`mg user:${n} v t f\r\n`));
    assert.ok(clock() / 20 < 16, `${clock() / 20} ms`);
  });
});

const many = (count, line) => Array.from({ length: count }, (_, n) => (typeof line === 'function' ? line(n) : line));

describe('never throws, and takes bounded time and memory', () => {
  const hostile = {
    'huge fills': many(20, 'fill a: 5000 500000'),
    'many small items, then long waits': ['memory 32m', 'fill a: 100000 1', ...many(360, '+10d')],
    'replies of gigabytes': [
      `@alice ms k 300000\\r\\n${'x'.repeat(100)}`,
      `@alice ${'y'.repeat(100)}`,
      'fill k 1 400000',
      `@bob get ${'k0 '.repeat(20_000)}`,
      ...many(200, `@bob get ${'k0 '.repeat(300)}`),
    ],
    'dumps of everything': ['memory 32m', 'fill a: 100000 1', ...many(1000, '@bob lru_crawler metadump all')],
    'as many steps as fit': many(MAX_STEPS, (n) => `@alice ms k${n % 50} 2 T9\\r\\nhi`),
    'waits that expire': many(MAX_STEPS / 2, (n) => `@alice ms k${n} 2 T9\\r\\nhi\n+9s`).flatMap((text) =>
      text.split('\n'),
    ),
    evictions: ['fill a: 2000 400', ...many(MAX_STEPS - 1, 'evict')],
    'a line without an end': many(60, `@bob ${'get '.repeat(1000)}\\`),
    'a key of every length': many(300, (n) => `@bob ms ${'k'.repeat(n)} 0\\r\\n`),
    'nothing but line ends': many(100, `@bob ${'\\r\\n'.repeat(600)}`),
    'commands of an admin': [
      '@bob cache_memlimit 1000',
      '@bob flush_all',
      '@bob shutdown',
      '@bob mn',
      '@bob watch',
      '@bob stats reset',
      '@bob lru mode flat',
    ],
  };
  for (const [name, lines] of Object.entries(hostile)) {
    test(name, async (context) => {
      const player = await Player.open();
      context.after(() => player.close());
      const clock = cpuClock();
      player.load(tapeOf(lines));
      const load = clock();
      assert.equal(player.results.length, lines.filter((line) => !line.startsWith('memory')).length);
      for (const { effect } of player.results) assert.ok(effect.text.length > 0 && effect.text.length < 4000);
      const replies = player.results.reduce((sum, { reply }) => sum + reply.length, 0);
      assert.ok(replies <= 64 << 20, `${replies} bytes of replies`);
      const again = cpuClock();
      player.seek(Math.floor(lines.length / 2));
      const seek = again();
      context.diagnostic(
        `${load.toFixed(0)} ms to load, ${seek.toFixed(0)} ms to seek; ${player.results.filter(({ error }) => error).length} steps did not run`,
      );
      assert.ok(load < 6000 && seek < 1500, `${load} ms to load, ${seek} ms to seek`);
    });
  }

  test('a step beyond the budget has an error that says so, and those before it ran', async (context) => {
    const player = await played(context, ['@alice ms a 1\\r\\nx', ...many(20, 'fill a: 5000 500000'), '@alice mg a v']);
    assert.equal(player.results[0].error, undefined);
    assert.match(player.results[20].error, /more work than a page does/);
    assert.equal(player.results[20].reply.length, 0);
  });

  test('steps that no parser lets through', async (context) => {
    const player = await Player.open();
    context.after(() => player.close());
    const steps = [
      { kind: 'wait', seconds: -1 },
      { kind: 'wait', seconds: Number.NaN },
      { kind: 'wait', seconds: 1e300 },
      { kind: 'fill', prefix: '', count: 1, valueBytes: 1 },
      { kind: 'fill', prefix: 'a b', count: 1, valueBytes: 1 },
      { kind: 'fill', prefix: 'a', count: 1e9, valueBytes: 1 },
      { kind: 'fill', prefix: 'a', count: 1.5, valueBytes: -1 },
    ];
    player.load({ memoryBytes: 1 << 20, steps });
    for (const { error } of player.results) assert.equal(typeof error, 'string');
    for (const memoryBytes of [0, -1, Number.NaN, 1e300]) {
      player.load({ memoryBytes, steps: tapeOf(STORY).steps });
      assert.equal(player.store.itemCount, 1);
    }
  });
});

describe('when the engine gives up in a step', () => {
  /** Steps of eviction fail, as for want of memory, after they have changed something. */
  function fail(context, player) {
    const { constructor: Inspector } = player.store;
    context.mock.method(Inspector.prototype, 'stepEviction', function () {
      this.connect().feed(Buffer.from('flush_all\r\n'));
      throw new Error('no memory');
    });
  }

  test('the step has an error, and the others go on from before it', async (context) => {
    const player = await Player.open();
    fail(context, player);
    player.load(tapeOf(['@alice ms a 1\\r\\nx', 'evict', '@alice mg a v']));
    assert.match(player.results[1].error, /did not run/);
    assert.equal(latin1(player.results[2].reply), 'VA 1\r\nx\r\n');
    player.seek(0);
    player.seek(3);
    assert.equal(player.store.itemCount, 1);
    player.close();
  });

  test('after a few failures it is not asked again', async (context) => {
    const player = await Player.open();
    fail(context, player);
    player.load(tapeOf([...many(100, 'evict'), '@alice mn']));
    assert.equal(player.results.filter(({ error }) => error).length, 101);
    const calls = player.store.stepEviction.mock.callCount();
    player.load(tapeOf([...many(101, 'evict'), '@alice mn']));
    assert.equal(player.store.stepEviction.mock.callCount(), calls, 'nor after an edit');
    player.load(tapeOf(['@alice mn']));
    assert.equal(latin1(player.results[0].reply), 'MN\r\n');
    player.close();
  });
});

test('seek and replay are quick: a tape of 2,000 steps', async (context) => {
  const lines = Array.from(
    { length: MAX_STEPS },
    (_, n) => `@${['alice', 'bob'][n % 2]} ms k${n % 300} 100\\r\\n${'v'.repeat(100)}`,
  );
  const player = await played(context, lines);
  const clock = cpuClock();
  let seeks = 0;
  for (let n = 0; n < MAX_STEPS; n += 37, ++seeks) player.seek((n * 7919) % MAX_STEPS);
  context.diagnostic(`a seek: ${(clock() / seeks).toFixed(2)} ms`);
  assert.ok(clock() / seeks < 16, `${clock() / seeks} ms`);
});
