// Races of one's own against the player: it plays each order as a tape, and whole items are compared.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Player } from '../../../build/web/unit/player/player.js';
import { explore, orderAt, raceOfTape, stepsOf } from '../../../build/web/unit/races/index.js';
import { latin1, plainly, tapeOf } from './lib/play.mjs';

const r = String.raw;

/** Everything of a store that an order can change, but for cas numbers. */
const itemsOf = (store) =>
  store
    .items()
    .filter(({ gone }) => !gone)
    .map(({ key, expires, stale, won, clientFlags }) =>
      JSON.stringify([latin1(key), latin1(store.value(key)), expires, stale, won, clientFlags]),
    )
    .sort()
    .join();

const repliesOf = (player) => player.results.map(({ reply }) => latin1(reply));

/** Explores what is behind the first `from` steps, and compares each order with the player. */
async function judged(lines, from = 0) {
  const tape = tapeOf(lines);
  const { race, error } = await raceOfTape(tape, from);
  assert.equal(error, undefined);
  const result = await explore(race);
  const player = await Player.open();
  player.load(tape);
  const usual = itemsOf(player.store);
  const ends = new Map();
  for (let n = 0; n < result.total; ++n) {
    const left = race.lanes.map(({ client }) => tape.steps.slice(from).filter((step) => step.client === client));
    const order = orderAt(race, n);
    player.load({ ...tape, steps: [...tape.steps.slice(0, from), ...order.map((lane) => left[lane].shift())] });
    const [end, replies] = [itemsOf(player.store), repliesOf(player)];
    assert.equal(result.verdicts[n] === 1, end !== usual, `order ${order}: ${end}`);
    const { text } = result.outcomes[result.outcomeOf[n]];
    assert.equal(ends.get(text) ?? end, end, `two ends are called "${text}"`);
    ends.set(text, end);
    player.load({ ...tape, steps: await stepsOf(race, order) });
    assert.deepEqual(repliesOf(player), replies);
  }
  player.close();
  assert.equal(new Set(ends.values()).size, result.outcomes.length, 'one outcome for each end');
  return { ...result, texts: result.outcomes.map(({ text }) => plainly(text)) };
}

describe('an order is bad if whole items are not what they are after the tape', () => {
  const long = 'a'.repeat(59);
  const RACES = {
    'the time to live': [
      [r`@alice ms x 1\r\nv`, '@alice touch x 10', '@bob touch x 1000'],
      1,
      ['x: v (10 s left)', 'x: v (16 min 40 s left)'],
    ],
    'the stale mark': [
      [r`@alice ms x 1\r\nv`, '@alice md x I', r`@bob ms x 1\r\nv`],
      1,
      ['x: v (marked stale)', 'x: v'],
    ],
    'client flags': [
      [r`@alice ms x 1 F1\r\nv`, r`@bob ms x 1 F2\r\nv`],
      0,
      ['x: v (client flags 1)', 'x: v (client flags 2)'],
    ],
    'a lease that is given': [
      [r`@alice ms x 1\r\nv`, '@alice md x', '@bob mg x N0'],
      1,
      ['x: an empty value (won by somebody)', 'x: nothing'],
    ],
    'the end of a long value': [
      [r`@alice ms x 60\r\n${long}1`, r`@bob ms x 60\r\n${long}2`],
      0,
      [`x: …${long.slice(-39)}1`, `x: ${'a'.repeat(20)}…${'a'.repeat(19)}2`],
    ],
    'a space at the end': [[r`@alice ms x 2\r\n1 `, r`@bob ms x 1\r\n1`], 0, ['x: "1 "', 'x: 1']],
    'a key that is no text': [[r`@alice ms /w== 1 b\r\n1`, r`@bob ms /w== 1 b\r\n2`], 0, [r`\xff: 1`, r`\xff: 2`]],
    'a key that no command of the race names': [
      ['@alice ms x 1', r`@alice 1`, r`@bob flush_all`],
      1,
      ['as on the tape', 'x: 1'],
    ],
  };
  for (const [what, [lines, from, texts]] of Object.entries(RACES)) {
    test(what, async () => {
      const result = await judged(lines, from);
      assert.ok(result.bad > 0 && result.bad < result.total);
      assert.deepEqual(result.texts.toSorted(), texts.toSorted());
    });
  }
});

test('a connection that ends is followed by a new one, as on a tape', async () => {
  const { total, bad } = await judged(['@alice quit', r`@alice ms x 1\r\n1`, r`@bob ms x 1\r\n2`]);
  assert.deepEqual([total, bad], [3, 2]);
});

test('what a client has begun goes on with its next step', async () => {
  await judged([r`@alice ms x 5`, r`@alice he\ `.trim(), '@alice llo', r`@bob ms x 1\r\nb`, '@bob mg x v']);
});

test('ends that look alike in a few words are told apart by a number', async () => {
  const [a, b, c] = ['1', '2', '3'].map((end) => `${'a'.repeat(60)}${end.repeat(60)}`);
  const value = (text) => r`ms x 120 T10\r\n${text}`;
  const { outcomes } = await judged([`@alice ${value(a)}`, `@bob ${value(b)}`, `@carol ${value(c)}`]);
  assert.equal(new Set(outcomes.map(({ text }) => text)).size, 3);
  const two = (text) => r`ms x 240\r\n${text}${'b'.repeat(60)}${text}`;
  const same = [`@alice ${two('c'.repeat(90))}`];
  const other = 'c'.repeat(90);
  same.push(r`@bob ms x 240\r\n${'d'.repeat(90)}${'b'.repeat(60)}${other}`);
  same.push(r`@carol ms x 240\r\n${'d'.repeat(90)}${'b'.repeat(60)}${other.slice(1)}e`);
  same.push(r`@alice ms x 240\r\n${other}${'b'.repeat(60)}${other}`);
  const { texts } = await judged(same);
  assert.ok(
    texts.some((text) => /\[2\]$/.test(text)),
    texts.join('\n'),
  );
});

test('so many keys that nobody reads them all: those that are otherwise are named', async () => {
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`);
  const stores = keys.map((key) => r`ms ${key} 1\r\n0`).join(r`\r\n`);
  const { texts } = await judged(
    [
      `@dave ${stores}`,
      `@bob get ${keys.join(' ')}`,
      `@alice mg ${'k'.repeat(300)}`,
      '@alice md k19',
      r`@bob ms k19 1\r\n1`,
    ],
    1,
  );
  assert.deepEqual(texts.map((text) => /k19: \w+/.exec(text)?.[0] ?? '').toSorted(), ['', 'k19: nothing']);
});

test('in a store of many items the keys of the race are compared, and all are counted', async () => {
  const tape = tapeOf(['fill u: 300 10', r`@alice ms u:7 1\r\n1`, r`@bob ms u:7 1\r\n2`, '@bob md u:299']);
  const { race } = await raceOfTape(tape, 1);
  const { bad, outcomes } = await explore(race);
  assert.equal(bad, 2);
  assert.deepEqual(
    outcomes.map(({ text }) => text),
    ['u:7: 1, u:299: nothing', 'u:7: 2, u:299: nothing'],
  );
});
