// A page is left open for hours: going to and fro in a tape must not take memory each time.

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
