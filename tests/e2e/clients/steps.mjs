// What every client does in its test: stated once, whatever the client's language and protocol. A step is played if the
// client has its verbs (README.md says what each verb is).

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { eventually } from '../../lib/eventually.mjs';

// An item of memcached has a header, a cas value, the client's flags if it has any, the key, and a line's end: together
// at most 1 MiB (-I). Some clients put a few letters of their own before the key.
const KEY = 'large';
const MOST_BYTES = 1_048_576 - 48 - 8 - (KEY.length + 1) - 2;
const FLAGS_AND_PREFIX_BYTES = 4 + 12;
const text = (length) => 'large text '.repeat(length / 10).slice(0, length);

const MANY = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`many-${n}`, `value ${n}`]));
const OBJECT = { list: [1, null, 'ü', [{ deep: 'text' }]], empty: '' };
const SHORT_S = 1;
const EXPIRED_MS = 5_000;

/** It is gone soon; not at once: some clients start a process to look. */
async function expires(call, key) {
  await sleep(SHORT_S * 1000);
  await eventually(async () => (await call('get', key)) === null, `${key} expires`, EXPIRED_MS);
}

/** [what it is about, the verbs that it needs, what happens]. */
const STEPS = [
  [
    'set and get',
    ['set', 'get', 'delete'],
    async (call) => {
      assert.equal(await call('get', 'none'), null);
      assert.equal(await call('set', 'a', 'first'), true);
      assert.equal(await call('set', 'a', 'text'), true);
      assert.equal(await call('get', 'a'), 'text');
      assert.equal(await call('set', 'empty', ''), true);
      assert.equal(await call('get', 'empty'), '');
      assert.equal(await call('delete', 'a'), true);
      assert.equal(await call('get', 'a'), null);
    },
  ],
  [
    'objects',
    ['set_object', 'get'],
    async (call) => {
      assert.equal(await call('set_object', 'object', OBJECT), true);
      assert.deepEqual(await call('get', 'object'), OBJECT);
    },
  ],
  [
    'compression',
    ['set_packed', 'get'],
    async (call) => {
      assert.equal(await call('set_packed', 'packed', text(50_000)), true);
      assert.equal(await call('get', 'packed'), text(50_000));
    },
  ],
  [
    'set of many',
    ['set_multi', 'get'],
    async (call) => {
      assert.equal(await call('set_multi', MANY), true);
      assert.equal(await call('get', 'many-199'), MANY['many-199']);
    },
  ],
  [
    'get of many',
    ['get_multi', 'set'],
    async (call) => {
      const some = Object.fromEntries(Object.entries(MANY).slice(0, 50));
      for (const [key, value] of Object.entries(some)) assert.equal(await call('set', key, value), true);
      assert.deepEqual(await call('get_multi', ['none', ...Object.keys(some), 'nor-this']), some);
    },
  ],
  [
    'delete of many',
    ['delete_multi', 'set', 'get'],
    async (call) => {
      for (const key of ['x', 'y']) assert.equal(await call('set', key, 'z'), true);
      assert.equal(await call('delete_multi', ['x', 'y']), true);
      assert.equal(await call('get', 'y'), null);
    },
  ],
  [
    'add and replace',
    ['add', 'replace', 'get'],
    async (call) => {
      assert.equal(await call('replace', 'new', 'never'), false);
      assert.equal(await call('add', 'new', 'first'), true);
      assert.equal(await call('add', 'new', 'never'), false);
      assert.equal(await call('replace', 'new', 'second'), true);
      assert.equal(await call('get', 'new'), 'second');
    },
  ],
  [
    'append',
    ['append', 'set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'longer', 'b'), true);
      assert.equal(await call('append', 'longer', 'c'), true);
      assert.equal(await call('get', 'longer'), 'bc');
    },
  ],
  [
    'prepend',
    ['prepend', 'set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'longer', 'b'), true);
      assert.equal(await call('prepend', 'longer', 'a'), true);
      assert.equal(await call('get', 'longer'), 'ab');
    },
  ],
  [
    'cas',
    ['gets', 'cas', 'set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'raced', 'old'), true);
      assert.equal(await call('gets', 'raced'), 'old');
      assert.equal(await call('cas', 'raced', 'won'), true);
      assert.equal(await call('gets', 'raced'), 'won');
      assert.equal(await call('set', 'raced', 'of another'), true);
      assert.equal(await call('cas', 'raced', 'lost'), false);
      assert.equal(await call('get', 'raced'), 'of another');
    },
  ],
  [
    'incr and decr',
    ['incr', 'decr', 'set'],
    async (call, lenient) => {
      assert.equal(await call('set', 'hits', '10'), true);
      assert.equal(await call('incr', 'hits', 5), 15);
      assert.equal(await call('decr', 'hits', 3), 12);
      assert.equal(await call('decr', 'hits', 100), 0);
      assert.equal(await lenient('incr', 'no-hits', 1), null);
    },
  ],
  [
    'incr from a first value',
    ['incr_from', 'decr'],
    async (call) => {
      assert.equal(await call('incr_from', 'visits', 5, 10), 10);
      assert.equal(await call('incr_from', 'visits', 5, 10), 15);
      assert.equal(await call('decr', 'visits', 3), 12);
    },
  ],
  [
    'touch',
    ['touch', 'set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'touched', 'x'), true);
      assert.equal(await call('touch', 'touched', SHORT_S), true);
      await expires(call, 'touched');
    },
  ],
  [
    'get and touch',
    ['gat', 'set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'touched', 'x'), true);
      assert.equal(await call('gat', 'touched', 100), 'x');
      assert.equal(await call('gat', 'none', 100), null);
    },
  ],
  [
    'expiry',
    ['set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'lasting', 'x', 100), true);
      const from = performance.now();
      assert.equal(await call('set', 'short', 'x', SHORT_S + 1), true);
      const early = await call('get', 'short');
      if (performance.now() - from < SHORT_S * 1000) assert.equal(early, 'x');
      await expires(call, 'short');
      assert.equal(await call('get', 'lasting'), 'x');
    },
  ],
  [
    'the largest value, and one byte more',
    ['set', 'get'],
    async (call, lenient) => {
      const most = text(MOST_BYTES - FLAGS_AND_PREFIX_BYTES);
      assert.equal(await call('set', KEY, most), true);
      assert.ok((await call('get', KEY)) === most, 'the largest value comes back');
      assert.equal((await lenient('set', KEY, text(MOST_BYTES + 1))) === true, false, 'a larger one is not stored');
      await eventually(async () => (await lenient('get', KEY)) === null, 'nor is the old one left');
      await eventually(async () => (await lenient('set', KEY, 'small')) === true, 'and life goes on');
      assert.equal(await call('get', KEY), 'small');
    },
  ],
  ['version', ['version'], async (call) => assert.match(await call('version'), /^1\.6\.\d+/)],
  ['stats', ['items', 'set'], async (call) => assert.ok(Number(await call('items')) > 0)],
  [
    'flush',
    ['flush', 'set', 'get'],
    async (call) => {
      assert.equal(await call('set', 'a', 'text'), true);
      assert.equal(await call('flush'), true);
      assert.equal(await call('get', 'a'), null);
    },
  ],
];

/** Plays the steps that the client has the verbs for; gives their names, and the names of the others. */
export async function playSteps(program, verbs) {
  const lenient = async (...request) => (await program.call(...request)).is ?? null;
  const played = [];
  const left = [];
  for (const [name, needs, play] of STEPS) {
    if (!needs.every((verb) => verbs.includes(verb))) {
      left.push(name);
      continue;
    }
    const call = async (...request) => {
      const { is, failed } = await program.call(...request);
      assert.equal(failed, undefined, `${name}: ${request.slice(0, 2)}`);
      return is;
    };
    await play(call, lenient);
    played.push(name);
  }
  return { played, left };
}

/** The server was started anew, empty: the client finds it. */
export async function playReconnect(program) {
  const attempt = async (...request) => (await program.call(...request)).is;
  await eventually(async () => (await attempt('set', 'a', 'later')) === true, 'the client connects again');
  assert.equal(await attempt('get', 'a'), 'later');
  assert.equal(await attempt('get', 'before'), null);
}
