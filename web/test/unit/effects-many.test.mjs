// Effect lines of steps that touch many items, or do several things at once: what they say is true of all of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { latin1, plainly, played } from './lib/play.mjs';

const r = String.raw;
const commands = (count, command) => Array.from({ length: count }, (_, n) => command(n)).join(r`\r\n`);
const FEW_MORE = 'small queue, segment 2';

/** [line, the effect's text]; null: the text does not matter. */
const stories = {
  'the oldest items of many are gone, the others are there': [
    ['fill user: 300 10', null],
    [`@alice ${commands(8, (n) => `md user:${n}`)}`, '`user:0`, `user:1`, `user:2` and 5 more: deleted'],
  ],
  'the oldest items of many expire': [
    [`@alice ${commands(8, (n) => r`ms s${n} 1 T30\r\nx`)}`, null],
    ['fill user: 300 10', null],
    ['+31s', '31 s later; `s0`, `s1`, `s2` and 5 more have expired'],
    ['@alice mg s0', 'Nothing changed: `s0` is not there'],
    [`@alice ${commands(300, (n) => `md user:${n}`)}`, '`user:0`, `user:1`, `user:2` and 297 more: deleted'],
    [
      `@alice ${commands(90, (n) => r`ms t${n} 1 T30\r\nx`)}`,
      `\`t0\`, \`t1\`, \`t2\` and 87 more: created, 1 byte, expires in 30 s, ${FEW_MORE}`,
    ],
    ['+31s', '31 s later; `t0`, `t1`, `t2` and 87 more have expired; all items are gone'],
  ],
  'from many items to few: nothing is new': [
    ['fill u: 66 1', null],
    [`@alice ${commands(5, (n) => `md u:${n}`)}`, '`u:0`, `u:1`, `u:2` and 2 more: deleted'],
  ],
  'many keys at once': [
    [
      `@alice ${commands(400, (n) => r`ms more${n} 1\r\nx`)}`,
      `\`more0\`, \`more1\`, \`more2\` and 397 more: created, 1 byte, ${FEW_MORE}`,
    ],
  ],
  'more keys than are looked at': [
    [
      `@alice ${commands(600, (n) => r`ms k${n} 1 T9\r\nx`)}`,
      /^`k0`, `k1`, `k2` and 509 more: created, 1 byte, .*; only the first 512 keys and 2,000 commands are told$/,
    ],
    ['+9s', '9 s later; `k0`, `k1`, `k2` and 597 more have expired; all items are gone'],
  ],
  'more commands than are looked at': [
    ['fill u: 70 1', null],
    [
      `@alice ${commands(2001, () => 'mn')}${r`\r\nms a 1 T5\r\nx`}`,
      'The store has 71 items now (before: 70); only the first 512 keys and 2,000 commands are told',
    ],
    ['+10s', '10 s later; `a` has expired'],
  ],
  'many items are flushed, and something is stored': [
    ['fill u: 100 1', null],
    ['@alice mg page v N30', null],
    [
      r`@bob flush_all\r\nms a 1\r\nx\r\nmg page N9 v`,
      /^`u:0`, `u:1`, `u:2` and 97 more: flushed; `a`: created, .*; `page`: made anew, empty, .*, lease to Bob$/,
    ],
    ['fill b: 100 1', null],
    ['@bob flush_all', "All items are gone; `page`: flushed, Bob's lease is lost"],
    ['@bob flush_all', 'Nothing changed'],
  ],
  'a flush with a delay': [
    ['fill u: 100 1', null],
    ['@alice flush_all 10', 'Everything will be flushed in 10 s'],
    ['@alice flush_all 60', 'Everything will be flushed in 1 min'],
    ['+10s', '10 s later; nothing has expired'],
    [r`@bob ms a 1\r\nx`, `\`a\`: created, 1 byte, ${FEW_MORE}`],
    ['@bob flush_all -1', 'All items are gone; the flush that was to come is called off'],
    ['@bob flush_all 5 noreply', 'Everything will be flushed in 5 s'],
    ['@bob flush_all 1767225700', 'Everything will be flushed in 1 min 30 s'],
    ['@bob flush_all 2592001', 'The flush that was to come is called off'],
    ['@bob flush_all x', 'Nothing changed: the reply is an error'],
    ['fill u: 70 1', null],
    ['@alice flush_all 10', 'Everything will be flushed in 10 s'],
    ['+4s', '4 s later; nothing has expired'],
    ['+6s', '6 s later; nothing has expired; all items are gone'],
    ['+1h', '1 h later; nothing has expired'],
    [r`@alice quit\r\nflush_all 10`, "Nothing changed; the server has closed Alice's connection"],
  ],
  'a lease that changes hands within one send': [
    ['@alice mg page v N30', null],
    [
      r`@bob md page\r\nmg page v N20`,
      "`page`: made anew, empty, expires in 20 s, Alice's lease is lost, lease to Bob",
    ],
    ['@carol mg page v N30', 'Nothing changed: `page` was only read, Bob has the lease'],
    [r`@carol md page I\r\nmg page v`, "`page`: stale mark set, Bob's lease is lost, lease to Carol, cas from 3 to 4"],
    ['@bob mg page v', 'Nothing changed: `page` was only read, Carol has the lease'],
    [r`@bob ms page 1\r\ny\r\nmd page I\r\nmg page v`, /stale mark|lease to Bob/],
    ['@carol mg page v', 'Nothing changed: `page` was only read, Bob has the lease'],
  ],
  'a lease that stays where it is, though the cas changes': [
    [r`@alice ms n 1\r\n5`, null],
    ['@alice md n I T60', '`n`: TTL now 1 min (before: never expired), stale mark set, cas from 2 to 3'],
    ['@alice md n I T60', '`n`: stale mark set again, cas from 3 to 4'],
    ['@alice mg n v', '`n`: lease to Alice'],
    [r`@bob ma n\r\nmg n v\r\nmg x N30 v`, /^`n`: counter from 5 to 6; `x`: created empty, lease to Bob/],
    ['@carol mg n v', 'Nothing changed: `n` was only read, Alice has the lease'],
  ],
  'refused, and why': [
    [r`@alice ms stock 2\r\n10`, null],
    [r`@alice ms stock 1\r\n9`, '`stock`: value from `10` to `9`'],
    [r`@bob ms stock 1 C2\r\n8`, 'Nothing changed: refused, the cas of `stock` is 3, not 2'],
    [r`@bob cas stock 0 0 1 2\r\n8`, 'Nothing changed: refused, the cas of `stock` is 3, not 2'],
    ['@bob md stock C999', 'Nothing changed: refused, the cas of `stock` is 3, not 999'],
    [r`@bob ms stock 1 ME\r\n8`, 'Nothing changed: refused, `stock` is there already'],
    [r`@bob ms stock 1 E1000\r\n8`, '`stock`: value from `9` to `8`, cas 1,000'],
    [`@bob ms big 300 E7${r`\r\n`}${'a'.repeat(300)}`, '`big`: created, 300 bytes, cas 7, small queue, segment 3'],
    [`@bob ms big 300 E7${r`\r\n`}${'b'.repeat(300)}`, '`big`: replaced, 300 bytes, cas 7'],
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

test('whether anything changes: a flush that is to come does, a flush of nothing does not', async (context) => {
  const player = await played(context, ['fill u: 100 1', '@bob flush_all', '@bob flush_all', '@bob flush_all 9']);
  assert.deepEqual(
    player.results.map(({ effect }) => effect.changed),
    [true, true, false, true],
  );
  const { results } = await played(context, [
    'fill u: 70 1',
    `@alice ${commands(2001, () => 'mn')}${r`\r\nms a 1\r\nx`}`,
  ]);
  assert.equal(results[1].effect.changed, true);
  assert.ok(player.results[1].effect.keys.map(latin1).includes('u:0'));
  const { effect } = player.draft('alice', Buffer.from('flush_all 20\r\n'));
  assert.equal(plainly(effect.text), 'Everything will be flushed in 20 s');
});
