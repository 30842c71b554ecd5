// Time by itself: while it plays, each second of the wall clock adds seconds to the tape, which can be undone at once.

import { seek, say, wait } from './actions.js';
import { editing, live, player, position, speed, store, tape } from './state.js';

const TICK_MS = 1000;
/** Items looked at before the browser gets its turn. */
const ITEMS_AT_ONCE = 500;

let timer: ReturnType<typeof setInterval> | undefined;

/** 0 stops it. Time plays at the end of the tape: that is where new steps go. */
export function play(next: 0 | 1 | 60): void {
  clearInterval(timer);
  timer = undefined;
  speed.value = next;
  if (next === 0 || !player.value) return;
  if (position.value < tape.value.steps.length) seek(tape.value.steps.length);
  timer = setInterval(() => tick(next), TICK_MS);
}

/** Time goes on at the tape's end only, and never under an open editor: somebody is looking at the past. */
function tick(seconds: number): void {
  const atEnd = position.value === tape.value.steps.length && editing.value === undefined;
  if (atEnd ? !wait(seconds, true) : live.value === undefined) play(0);
}

/** Seconds until the next item expires; undefined: none will. */
async function nextExpiry(): Promise<number | undefined> {
  const inspector = store.value?.inspector;
  if (!inspector) return undefined;
  const now = inspector.now;
  let earliest = Number.POSITIVE_INFINITY;
  for (let from = 0; from < inspector.itemCount; from += ITEMS_AT_ONCE) {
    for (const { expires } of inspector.items({ from, count: ITEMS_AT_ONCE })) {
      if (expires > now && expires < earliest) earliest = expires;
    }
    if (from % (10 * ITEMS_AT_ONCE) === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  return earliest === Number.POSITIVE_INFINITY ? undefined : Math.ceil((earliest - now) / TICK_MS);
}

/** Lets time pass until an item has expired. */
export async function jumpToExpiry(): Promise<void> {
  const before = position.value;
  const seconds = await nextExpiry();
  if (position.value !== before) return;
  if (seconds === undefined) say('Nothing in the store expires: give an item a TTL, for example with `ms page 5 T60`.');
  else wait(seconds);
}
