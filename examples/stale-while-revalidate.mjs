// What a slow source deserves: one load at a time, however many ask; old values at once while a new one is made; and
// old values still when the source fails. Run it: npm install FILE.tgz && node stale-while-revalidate.mjs

import { open } from 'isocache';
import { setTimeout as sleep } from 'node:timers/promises';

// The cache's clock, which this example moves on instead of waiting.
let skippedMs = 0;
const cache = await open({ now: () => Date.now() + skippedMs });
const skip = (seconds) => {
  skippedMs += seconds * 1000;
};

// Stands for a database or another service.
let loads = 0;
let broken = false;
async function loadWeather() {
  ++loads;
  await sleep(50);
  if (broken) throw new Error('the weather service is down');
  return `sunny (load ${loads})`;
}

const weather = () =>
  cache.getOrSet('weather', loadWeather, {
    ttl: 60_000, // fresh for a minute,
    refreshBelow: 10_000, // but loaded anew by one reader when less than 10 s of it are left;
    staleIfError: 3_600_000, // kept for an hour more, in case the source fails.
    waitUntil: () => {}, // That one reader does not wait either. (In a worker: `(load) => ctx.waitUntil(load)`.)
  });

// A stampede: 100 readers, one load. All wait for it, since there is no old value yet.
const first = await Promise.all(Array.from({ length: 100 }, weather));
console.log(new Set(first), 'loads:', loads);

// Its minute is nearly over: everybody still gets the old value at once, and one load goes on behind it.
skip(55);
console.log(new Set(await Promise.all(Array.from({ length: 100 }, weather))), 'loads:', loads);
await sleep(100);
console.log(await weather(), 'loads:', loads);

// The source breaks, and the value's time is up: it is better than nothing.
broken = true;
skip(600);
console.log(await weather(), 'loads:', loads);
await sleep(100);

// The source is back. Who finds out gets the old value, all others the new one.
broken = false;
console.log(await weather(), 'loads:', loads);
await sleep(100);
console.log(await weather(), 'loads:', loads);

cache.close();
