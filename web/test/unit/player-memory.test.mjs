// A page is left open for hours: going to and fro in a tape takes no memory each time, and leaves nothing old behind.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { played, tapeOf } from './lib/play.mjs';

/** A store, and another one while a draft is tried. */
const MOST_INSTANCES = 4;

test('seeking, and other sizes of memory, go on in the instances that are there', async (context) => {
  const { Instance } = WebAssembly;
  context.after(() => {
    WebAssembly.Instance = Instance;
  });
  let made = 0;
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      ++made;
    }
  };
  const lines = ['fill a: 4000 4096', '@alice mg a'];
  const player = await played(context, ['memory 32m', ...lines]);
  for (let time = 0; time < 8; ++time) {
    player.seek(0);
    assert.equal(player.store.itemCount, 0);
    player.seek(2);
    assert.equal(player.store.itemCount, 4000);
    player.draft('alice', Buffer.from('md a:0\r\n'));
  }
  for (let time = 0; time < 4; ++time) {
    for (const size of ['1m', '32m']) player.load(tapeOf([`memory ${size}`, ...lines]));
  }
  assert.ok(made <= MOST_INSTANCES, `${made} instances`);
});

test('an edit anywhere leaves no state from before it', async (context) => {
  const lines = (changed) =>
    Array.from({ length: 70 }, (_, n) => `@alice ms a 2 E${n === changed ? 7000 : n + 1}\\r\\n${n + 10}`);
  const player = await played(context, lines(-1));
  for (let n = 0; n < 70; ++n) {
    player.load(tapeOf(lines(n)));
    for (const position of [0, n + 1]) player.seek(position);
    assert.equal(player.store.item(Buffer.from('a')).cas, 7000n, `step ${n + 1}`);
    player.load(tapeOf(lines(-1)));
  }
});

test('a connection that was closed takes no memory any more', async (context) => {
  const player = await played(context, ['@alice mn', '@alice quit', '@alice mn']);
  assert.throws(() => player.store.session(1), { code: 'BAD_ARGUMENT' });
  assert.equal(player.store.session(2).closing, false);
});

test('what a client has begun counts as work each time it is looked at', async (context) => {
  const part = `@alice ${'x'.repeat(200)}\\`;
  const player = await played(context, ['@alice ms a 400000', ...Array(1200).fill(part)]);
  assert.match(player.results.at(-1).error, /more work than a page does/);
});
