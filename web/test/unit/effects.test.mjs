// Effect lines: what a step did, in words. Each kind, on the real engine.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { Player } from '../../../build/web/unit/player/player.js';
import { writeStep } from '../../../build/web/unit/tape/write.js';
import { latin1, plainly, played } from './lib/play.mjs';
import { anyStep, Random } from './lib/tapes.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);

const PLACE = 'small queue, segment 2';
const FIRST = ' (first read: marked fetched)';

/** [line, the effect's text, or a pattern of it]; null: the text does not matter. */
const stories = {
  'created, read, replaced, deleted': [
    ['@alice ms page 5\\r\\nhello', `\`page\`: created, 5 bytes, ${PLACE}`],
    ['@alice mg page v', `Nothing changed: \`page\` was only read${FIRST}`],
    ['@alice mg page v', 'Nothing changed: `page` was only read'],
    ['@alice ms page 2 T60\\r\\nhi', `\`page\`: replaced, 2 bytes (before: 5 bytes), expires in 1 min`],
    ['@alice ms page 2\\r\\nho', `\`page\`: replaced, 2 bytes, never expires`],
    ['@alice ms page 2\\r\\nho', `\`page\`: stored again with the same value`],
    ['@alice ms page 0\\r\\n', `\`page\`: now empty`],
    ['@alice md page', '`page`: deleted'],
    ['@alice md page', 'Nothing changed: `page` is not there'],
    ['@alice add page 7 0 1\\r\\nx', `\`page\`: created, 1 byte, client flags 7, ${PLACE}`],
    ['@alice add page 7 0 1\\r\\ny', 'Nothing changed: refused, `page` is there already'],
  ],
  'a lease: handed out, seen by others, done': [
    ['@alice mg page v N30', `\`page\`: created empty, lease to Alice for 30 s, ${PLACE}`],
    ['@bob mg page v N30', 'Nothing changed: `page` was only read, Alice has the lease'],
    ['@alice ms page 2\\r\\nhi', `\`page\`: replaced, 2 bytes (before: empty), never expires, Alice's lease is done`],
    ['@alice mg x N0', `\`x\`: created empty, lease to Alice, ${PLACE}`],
  ],
  'a lease that is lost': [
    ['@alice mg a N30', null],
    ['@bob ms a 1\\r\\nx', /Alice's lease is lost: Bob stored first/],
    ['@alice mg b N30', null],
    ['@bob md b', "`b`: deleted, Alice's lease is lost"],
    ['@alice mg c N5', null],
    ['+5s', "5 s later; `c` has expired; Alice's lease on `c` is lost"],
    ['@alice mg d N30', null],
    ['@bob flush_all', /`d`: flushed, Alice's lease is lost/],
  ],
  'stale: marked, won, stored anew': [
    ['@alice ms page 2\\r\\nhi', null],
    [
      '@bob md page I T30',
      /^`page`: TTL now 30 s \(before: never expired\), stale mark set, cas from [\d,]+ to [\d,]+$/,
    ],
    ['@alice mg page v', '`page`: lease to Alice'],
    ['@bob mg page v', 'Nothing changed: `page` was only read, Alice has the lease'],
    [
      '@alice ms page 3\\r\\nnew',
      /replaced, 3 bytes \(before: 2 bytes\), never expires, stale mark removed, Alice's lease is done/,
    ],
    ['@bob ms page 3 C1 I\\r\\nold', /replaced, 3 bytes, stale mark set/],
  ],
  'recache: R': [
    ['@alice ms page 2 T60\\r\\nhi', null],
    ['@bob mg page v R100', '`page`: lease to Bob'],
  ],
  TTL: [
    ['@alice ms a 1 T60\\r\\nx', null],
    ['@alice touch a 5400', '`a`: TTL now 1 h 30 min (before: 1 min)'],
    ['@alice mg a T0', '`a`: never expires now (before: in 1 h 30 min)'],
    ['@alice gat 2592000 a', '`a`: TTL now 30 days (before: never expired)'],
    ['@alice touch a -1', '`a`: expired at once'],
    ['@alice set b 0 -1 1\\r\\nx', '`b`: created, and expired at once'],
    ['@alice set c 0 0 1\\r\\nx', null],
    ['@alice set c 0 -1 1\\r\\ny', '`c`: replaced by an item that expired at once'],
  ],
  'counters, appended bytes, client flags': [
    ['@alice ms n 1\\r\\n7', null],
    ['@alice incr n 1', `\`n\`: counter from 7 to 8`],
    ['@alice ma n D9999 v', `\`n\`: counter from 8 to 10,007`],
    ['@alice decr n 10000', `\`n\`: counter from 10,007 to 7`],
    ['@alice ma m N30 J5 v', `\`m\`: created, 1 byte, expires in 30 s, ${PLACE}`],
    ['@alice ms s 2\\r\\nab', null],
    ['@alice append s 0 0 1\\r\\nc', `\`s\`: 1 byte more at the end, 3 bytes now`],
    ['@alice ms s 2 MP\\r\\nxy', `\`s\`: 2 bytes more at the front, 5 bytes now`],
    ['@alice ms s 5 F9\\r\\nxyabc', `\`s\`: stored again with the same value, client flags from 0 to 9`],
    ['@alice md s x', /^`s`: now empty, client flags from 9 to 0/],
  ],
  'several keys at once': [
    ['@alice ms a 1\\r\\n1\\r\\nms b 1\\r\\n1', `\`a\` and \`b\`: created, 1 byte, ${PLACE}`],
    ['@alice get a b c', `Nothing changed: \`a\` and \`b\` were only read${FIRST}, \`c\` is not there`],
    ['@alice mg a\\r\\nms b 3\\r\\nxyz\\r\\nmd c', `\`b\`: replaced, 3 bytes (before: 1 byte); \`a\`: only read`],
    ['@alice get x y', 'Nothing changed: `x` and `y` are not there'],
    ['@alice ms c 1\\r\\nx\\r\\nms d 1\\r\\nx\\r\\nms e 1\\r\\nx', null],
    ['@alice flush_all', '`a`, `b`, `c` and 2 more: flushed'],
    ['@alice ms z 1\\r\\nx', null],
    ['@alice flush_all 10', 'Everything will be flushed in 10 s'],
    ['+10s', '10 s later; nothing has expired; `z`: flushed'],
  ],
  'flags without effect, errors, commands without a key': [
    ['@alice ms a 1 v f\\r\\nx', `\`a\`: created, 1 byte, ${PLACE}; flags v and f of ms have no effect`],
    ['@alice mg a x', `Nothing changed: \`a\` was only read${FIRST}; flag x of mg has no effect`],
    ['@alice mg a v v', 'Nothing changed: the reply is an error'],
    ['@alice GET a', 'Nothing changed: the reply is an error'],
    ['@alice mn', 'Nothing changed'],
    ['@alice stats', 'Nothing changed'],
  ],
  'unfinished commands, closed connections': [
    ['@alice ms a 5', 'Nothing yet: 7 bytes are missing, of the value and its line end'],
    ['@alice hel\\', 'Nothing yet: 4 bytes are missing, of the value and its line end'],
    ['@alice lo', `\`a\`: created, 5 bytes, ${PLACE}`],
    ['@alice mg\\', 'Nothing yet: the line has no end'],
    ['@bob quit', "Nothing changed; the server has closed Bob's connection"],
    ['@bob mg a', `Bob has a new connection; nothing changed: \`a\` was only read${FIRST}`],
    [`@bob ms k 1\\r\\nx\\r\\nquit`, `\`k\`: created, 1 byte, ${PLACE}; the server has closed Bob's connection`],
  ],
  waits: [
    ['@alice ms a 1 T30\\r\\nx\\r\\nms b 1 T30\\r\\nx\\r\\nms c 1 T90\\r\\nx', null],
    ['+29s', '29 s later; nothing has expired'],
    ['+1s', '1 s later; `a` and `b` have expired'],
    ['+1h', '1 h later; `c` has expired'],
    ['+1d', '1 day later; nothing has expired'],
  ],
  'keys that cannot be seen, and quotes in them': [
    ['@alice ms AP8g 1 b\\r\\nx', `\`\\0\\xff \`: created, 1 byte, ${PLACE}`],
    ['@alice ms a`b 1\\r\\nx', `\`a\\x60b\`: created, 1 byte, ${PLACE}`],
    [`@alice ms ${'k'.repeat(250)} 1\\r\\nx`, `\`${'k'.repeat(250)}\`: created, 1 byte, small queue, segment 3`],
  ],
  'fills and evictions': [
    ['fill user: 100 4096', /^100 items stored, `user:0` to `user:99`, 4,096 bytes each$/],
    ['fill one 1 10', '1 item stored, `one0`, 10 bytes'],
    [
      'fill user: 300 4096',
      /^300 items stored, `user:0` to `user:299`, 4,096 bytes each; evicted for room: \d+ items$/,
    ],
    [
      'evict',
      /^Segment \d+ of the (small|main) queue was emptied: it was the oldest; `user:\d+`, .* and \d+ more were dropped; [\d,]+ bytes are free again$/,
    ],
    ['fill huge 1 524288', /stored|the reply to `huge0` and those after it is "SERVER_ERROR/],
  ],
  'nothing to evict; notes': [
    ['evict', /^Nothing to evict|^Segment/],
    ['# A story', 'A note'],
  ],
};

for (const [name, story] of Object.entries(stories)) {
  test(name, async (context) => {
    const player = await played(
      context,
      story.map(([line]) => line),
    );
    for (const [index, [line, expected]] of story.entries()) {
      const { effect, error } = player.results[index];
      assert.equal(error, undefined, line);
      const text = plainly(effect.text);
      if (expected instanceof RegExp) assert.match(text, expected, line);
      else if (expected !== null) assert.equal(text, expected, line);
    }
  });
}

describe('what lights up', () => {
  test('keys and segments that were touched, and how many items had to go', async (context) => {
    const player = await played(context, [
      '@alice ms a 1\\r\\nx',
      '@bob get a b',
      '@bob mn',
      'fill user: 400 4096',
      '@bob mg user:399 v',
    ]);
    const [stored, read, nothing, filled, last] = player.results.map(({ effect }) => effect);
    assert.deepEqual(stored.keys.map(latin1), ['a']);
    assert.deepEqual(stored.segments, [2]);
    assert.equal(stored.changed, true);
    assert.deepEqual(read.keys.map(latin1), ['a']);
    assert.equal(read.changed, false);
    assert.deepEqual([nothing.keys, nothing.segments], [[], []]);
    assert.ok(filled.evicted > 100 && filled.segments.length > 5);
    assert.deepEqual(last.keys.map(latin1), ['user:399']);
  });

  test('of a set that needs room: what was evicted', async (context) => {
    const player = await played(context, ['fill user: 200 4096', `@alice ms big 200000\\r\\n${'x'.repeat(200_000)}`]);
    const { effect } = player.results[1];
    assert.match(plainly(effect.text), /^`big`: created, 200,000 bytes, .*; evicted for room: (\d+ items|`user:)/);
    assert.ok(effect.evicted > 0);
  });
});

test('in a large store all is told as in a small one', async (context) => {
  const player = await played(context, [
    'memory 8m',
    'fill user: 5000 100',
    '@alice mg page N30',
    '@bob md user:7',
    '@bob get user:8 nope',
    '@alice ms page 1 T9\\r\\nx',
    '+9s',
    '@bob flush_all',
  ]);
  const texts = player.results.slice(1).map(({ effect }) => plainly(effect.text));
  assert.match(texts[0], /^`page`: created empty, lease to Alice for 30 s/);
  assert.equal(texts[1], '`user:7`: deleted');
  assert.equal(texts[2], `Nothing changed: \`user:8\` was only read${FIRST}, \`nope\` is not there`);
  assert.match(texts[3], /Alice's lease is done/);
  assert.equal(texts[4], '9 s later; `page` has expired');
  assert.equal(texts[5], 'All items are gone');

  // More keys in one step than are looked at.
  const many = Array.from({ length: 400 }, (_, n) => `ms more${n} 1\\r\\nx`).join('\\r\\n');
  const { results } = await played(context, ['memory 8m', 'fill user: 5000 100', `@alice ${many}`]);
  assert.doesNotMatch(results[1].effect.text, /^Nothing changed/);
  assert.match(plainly(results[1].effect.text), /^`more0`, `more1`, `more2` and \d+ more: created, 1 byte/);
});

/** What of the items is not just about reading. */
function lasting(store) {
  const items = store.items().filter(({ gone }) => !gone);
  const facts = items.map(({ key, valueLength, cas, clientFlags, expires, stale, won }) =>
    [latin1(key), valueLength, cas, clientFlags, expires, stale, won].join(' '),
  );
  return facts.sort().join('\n');
}

for (const [name, first] of [
  ['a small store', []],
  ['a large store', [{ kind: 'fill', prefix: 'other', count: 500, valueBytes: 10 }]],
]) {
  test(`in ${name} "nothing changed" is said exactly when nothing did`, async (context) => {
    context.diagnostic(`ISOCACHE_SEED=${seed}`);
    const random = new Random(seed);
    const told = { same: 0, changed: 0 };
    for (let run = 0; run < 12; ++run) {
      const steps = Array.from({ length: 40 }, () => anyStep(random, ['alice', 'bob', 'carol']));
      const tape = {
        memoryBytes: 4 << 20,
        steps: [...first, ...steps.filter(({ kind }) => kind === 'send' || kind === 'wait')],
      };
      const player = await Player.open();
      player.load(tape);
      for (const [index, { step, effect, error }] of player.results.entries()) {
        if (step.kind === 'fill' || error) continue;
        player.seek(index);
        const before = lasting(player.store);
        player.seek(index + 1);
        const changed = before !== lasting(player.store);
        assert.equal(effect.changed, changed, `${writeStep(step)} -> ${effect.text}`);
        const says = !/nothing (changed|yet|has expired)|^Nothing/.test(effect.text.split(';').slice(0, 2).join(';'));
        if (step.kind === 'send') assert.equal(says, changed, `${writeStep(step)} -> ${effect.text}`);
        ++told[changed ? 'changed' : 'same'];
      }
      player.close();
    }
    assert.ok(told.same > 50 && told.changed > 50, JSON.stringify(told));
  });
}
