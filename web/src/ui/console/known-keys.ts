// The keys of the tape's commands, the last used first: what is suggested where a key is due.

import { computed } from '@preact/signals';
import { tape } from '../../app/state.js';

const MOST_STEPS = 50;
const KEY = /^(?:m[gsdae]|get|gets|set|add|replace|append|prepend|cas|incr|decr|touch|delete) ([!-~]{1,250})/;

export const knownKeys = computed<readonly string[]>(() => {
  const keys = new Set<string>();
  for (const step of tape.value.steps.slice(-MOST_STEPS).reverse()) {
    if (step.kind !== 'send') continue;
    const key = KEY.exec(String.fromCharCode(...step.bytes.subarray(0, 260)))?.[1];
    if (key) keys.add(key);
  }
  return [...keys];
});
