// The protocol in bytes through connect(): node protocol-child.mjs get|set ITEMS SECONDS. Prints a line of JSON.
// The same keys, values and depth as isocache_micro's session/get_batch32 and session/set_same_size_batch32.

import { openIsocache } from './caches.mjs';
import { rate } from './measure.mjs';
import { draws, keyOf, VALUE_BYTES } from './workload.mjs';

const DEPTH = 32;
const INPUTS_A_RUN = 320; // asking for the CPU time costs as much as a few
const MAX_KEYS = 1_000_000;

const [command, items, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];

const value = 'v'.repeat(VALUE_BYTES);
const setRequest = (key) => `set ${key} 0 0 ${VALUE_BYTES}\r\n${value}\r\n`;
const requests = {
  get: {
    text: (key) => `get ${key}\r\n`,
    replyBytes: (key) => `VALUE ${key} 0 ${VALUE_BYTES}\r\n${value}\r\nEND\r\n`.length,
  },
  set: { text: setRequest, replyBytes: () => 'STORED\r\n'.length },
};

const store = await openIsocache(items);
const connection = store.connect();
for (let i = 0; i < items; ++i) connection.feed(setRequest(keyOf(i)));

// Made beforehand and read in turn: making them is not measured, and reading them is what a socket's buffer costs.
const { text, replyBytes } = requests[command];
const draw = draws(items);
const inputs = [];
for (let made = 0; made + DEPTH <= Math.min(items, MAX_KEYS); made += DEPTH) {
  inputs.push(Buffer.from(Array.from({ length: DEPTH }, () => text(keyOf(draw()))).join('')));
}
const expected = DEPTH * replyBytes(keyOf(0));

let next = 0;
function run() {
  for (let i = 0; i < INPUTS_A_RUN; ++i) {
    const replies = connection.feed(inputs[next]);
    if (replies.length !== expected) throw new Error(`${replies.length} bytes of replies, not ${expected}`);
    next = next + 1 === inputs.length ? 0 : next + 1;
  }
  return DEPTH * INPUTS_A_RUN;
}
console.log(JSON.stringify({ rate: await rate(() => {}, run, seconds) }));
