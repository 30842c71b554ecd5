// Memory of inspectors that come and go. An instance's memory never shrinks, so instances are used again.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { openInspector } from 'isocache/inspect';

import { everything, feed } from './lib/inspectors.mjs';

const LARGE = { maxBytes: 32 << 20 };
const MOST_KEPT_BYTES = 64 << 20;
const VALUE = 'x'.repeat(500_000);

/** In a module of its own, hence with a pool of its own. */
async function freshModule() {
  const url = new URL('../dist/isocache-inspect.wasm', import.meta.url);
  return WebAssembly.compile(readFileSync(url));
}

/** Lists the memory of all instances that are made from now on. */
function watchInstances(context) {
  const memories = [];
  const { Instance } = WebAssembly;
  context.after(() => {
    WebAssembly.Instance = Instance;
  });
  WebAssembly.Instance = class extends Instance {
    constructor(...args) {
      super(...args);
      memories.push(this.exports.memory);
    }
  };
  return { memories, bytes: () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0) };
}

function fill(inspector) {
  const session = inspector.connect();
  for (let i = 0; i < 60; ++i) feed(session, `ms large:${i} ${VALUE.length}\r\n${VALUE}\r\n`);
}

test('a new inspector takes the memory of one that was given back, and is as new', async (context) => {
  const watch = watchInstances(context);
  const maker = await openInspector({ wasm: await freshModule() });
  const expected = everything(maker.another(LARGE));
  const made = watch.memories.length;
  for (let i = 0; i < 10; ++i) {
    const inspector = maker.another(LARGE);
    assert.deepEqual(everything(inspector), expected);
    fill(inspector);
    inspector.release();
  }
  assert.equal(watch.memories.length, made + 1);
  // A small one behaves in it as in memory of its own.
  const [used, own] = [maker.another(), await openInspector({ wasm: await freshModule() })];
  assert.equal(watch.memories.length, made + 2);
  for (const inspector of [used, own]) {
    const session = inspector.connect();
    for (let i = 0; i < 3000; ++i)
      feed(session, `ms user:${i} ${i % 900}\r\n${VALUE.slice(0, i % 900)}\r\nmg user:7\r\n`);
    inspector.now += 5000;
  }
  assert.deepEqual(everything(used), everything(own));
});

test('what is kept for later has a bound in bytes', async (context) => {
  const watch = watchInstances(context);
  const maker = await openInspector({ wasm: await freshModule() });
  const large = Array.from({ length: 6 }, () => maker.another(LARGE));
  for (const inspector of large) fill(inspector);
  assert.ok(watch.bytes() > 2.5 * MOST_KEPT_BYTES);
  const before = watch.memories.length;
  for (const inspector of large) inspector.release();
  for (let i = 0; i < large.length; ++i) maker.another();
  const kept = large.length - (watch.memories.length - before);
  assert.ok(kept >= 1 && kept < large.length / 2, `${kept} are kept`);
});
