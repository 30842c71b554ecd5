// One cache, one number of items, in a process of its own: node --expose-gc cache-child.mjs NAME ITEMS SECONDS.
// Prints a line of JSON.

import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import { caches } from './caches.mjs';
import { rate } from './measure.mjs';
import { draws, flatKeyOf, keyOf, valueOf, warmUpHeap } from './workload.mjs';

const BATCH = 1000; // operations between two looks at the clock
const MANY = 100;

const [name, items, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

const pausesMs = [];
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) pausesMs.push(duration);
}).observe({ entryTypes: ['gc'] });

async function settledRss() {
  for (let i = 0; i < 3; ++i) {
    globalThis.gc();
    await sleep(20);
  }
  return process.memoryUsage.rss();
}

async function fill(cache) {
  for (let i = 0; i < items; ++i) {
    if (cache.async) await cache.set(keyOf(i), valueOf(i));
    else cache.set(keyOf(i), valueOf(i));
  }
}

// Every key is there: a miss is cheap, and must not pass for a fast hit.
function checkFound(values) {
  for (const value of values) {
    if (typeof value !== 'string' || value.length !== 100) throw new Error(`${name} has lost an item`);
  }
}

const draw = draws(items);
const drawKeys = (count, make = keyOf) => Array.from({ length: count }, () => make(draw()));

function gets(cache, nextKeys) {
  const values = new Array(BATCH);
  const run = cache.async
    ? async (keys) => {
        for (let i = 0; i < BATCH; ++i) values[i] = await cache.get(keys[i]);
        return BATCH;
      }
    : (keys) => {
        for (let i = 0; i < BATCH; ++i) values[i] = cache.get(keys[i]);
        return BATCH;
      };
  return rate(
    () => {
      if (values[0] !== undefined) checkFound(values);
      return nextKeys();
    },
    run,
    seconds,
  );
}

function sets(cache) {
  const prepare = () => ({ keys: drawKeys(BATCH), values: Array.from({ length: BATCH }, () => valueOf(draw())) });
  const run = cache.async
    ? async ({ keys, values }) => {
        for (let i = 0; i < BATCH; ++i) await cache.set(keys[i], values[i]);
        return BATCH;
      }
    : ({ keys, values }) => {
        for (let i = 0; i < BATCH; ++i) cache.set(keys[i], values[i]);
        return BATCH;
      };
  return rate(prepare, run, seconds);
}

function getManys(cache) {
  let found = [];
  const prepare = () => {
    checkFound(found);
    return Array.from({ length: BATCH / MANY }, () => drawKeys(MANY));
  };
  const run = cache.async
    ? async (lists) => {
        for (const keys of lists) found = await cache.getMany(keys);
        return BATCH;
      }
    : (lists) => {
        for (const keys of lists) found = cache.getMany(keys);
        return BATCH;
      };
  return rate(prepare, run, seconds);
}

warmUpHeap(items);
const rssBefore = await settledRss();
pausesMs.length = 0;
const cache = await caches[name](items);
await fill(cache);
const bytesAnItem = ((await settledRss()) - rssBefore) / items;
const get = await gets(cache, () => drawKeys(BATCH));
const getFlat = await gets(cache, () => drawKeys(BATCH, flatKeyOf));
const hotKeys = drawKeys(BATCH);
const getHot = await gets(cache, () => hotKeys);
const set = await sets(cache);
const many = await getManys(cache);
await sleep(20); // the observer hears of the last ones
const pauseMs = pausesMs.reduce((longest, pause) => Math.max(longest, pause), 0);
checkFound([await cache.get(keyOf(0))]); // and so it was alive all the time
console.log(JSON.stringify({ get, getFlat, getHot, set, getMany: many, bytesAnItem, pauseMs }));
