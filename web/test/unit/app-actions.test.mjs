// What can be done with a tape on the page: each change replays, says what it did, and can be undone.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import * as actions from '../../../build/web/unit/app/actions.js';
import { failureOf } from '../../../build/web/unit/app/failures.js';
import { elapsed, ttl } from '../../../build/web/unit/app/format.js';
import { History } from '../../../build/web/unit/app/history.js';
import * as state from '../../../build/web/unit/app/state.js';
import { remember, remembered } from '../../../build/web/unit/app/storage.js';
import { jumpToExpiry, play } from '../../../build/web/unit/app/time.js';
import { Player } from '../../../build/web/unit/player/player.js';
import { writeTape } from '../../../build/web/unit/tape/write.js';

const STORY =
  'isocache tape 1\n@alice mg page v N30\n@bob mg page v N30\n@alice ms page 5\\r\\nhello\n@bob mg page v\n';
const MINUTE_MS = 60_000;

const replies = () => state.results.value.map(({ reply }) => new TextDecoder().decode(reply));
const lines = () => writeTape(state.tape.value).trim().split('\n').slice(2);

/** `state.player` is the page's only one, so the tests take turns. */
beforeEach(async () => {
  state.player.value = await Player.open();
  actions.openTape('isocache tape 1\n');
});

describe('sending', () => {
  test('adds a step at the end and plays it', () => {
    assert.equal(actions.send('ms page 5\nhello', 'alice'), undefined);
    actions.send('mg page v', 'bob');
    assert.deepEqual(replies(), ['HD\r\n', 'VA 5\r\nhello\r\n']);
    assert.equal(state.position.value, 2);
    assert.equal(state.current.value.step.client, 'bob');
  });

  test('in the middle it inserts, says so, and what follows replays', () => {
    actions.openTape(STORY, 1);
    actions.send('md page', 'carol');
    assert.deepEqual(lines()[1], '@carol md page');
    assert.equal(state.position.value, 2);
    assert.match(state.status.value, /Inserted as step 2; 3 later steps replayed/);
    assert.match(replies()[2], /W/);
  });

  test('a fifth client is refused, and the tape stays', () => {
    for (const name of ['alice', 'bob', 'carol', 'dave']) actions.send('mn', name);
    assert.match(actions.send('mn', 'eve'), /4 clients/);
    assert.equal(lines().length, 4);
  });

  test('lines of a tape are steps, too', () => {
    actions.send('+30s', 'alice');
    actions.send('fill k 3 9', 'alice');
    actions.send('@bob mg k0 v', 'alice');
    assert.deepEqual(lines(), ['+30s', 'fill k 3 9', '@bob mg k0 v']);
    assert.equal(state.store.value.inspector.itemCount, 3);
  });

  test('what means nothing is said, not sent', () => {
    assert.ok(actions.send('mg \\q', 'alice'));
    assert.equal(actions.send('', 'alice'), undefined);
    assert.deepEqual(lines(), []);
  });
});

describe('going back and changing', () => {
  test('seek shows the store as it was', () => {
    actions.openTape(STORY, 4);
    assert.equal(state.store.value.inspector.itemCount, 1);
    actions.seek(0);
    assert.equal(state.store.value.inspector.itemCount, 0);
    assert.equal(actions.playNext(), true);
    assert.equal(state.position.value, 1);
    actions.seek(99);
    assert.equal(state.position.value, 4);
    assert.equal(actions.playNext(), false);
  });

  test('an earlier step is edited, and everything after it replays', () => {
    actions.openTape(STORY, 4);
    actions.openEditor(2);
    assert.equal(state.edited.value, 'ms page 5\nhello');
    assert.equal(state.editedClient.value, 'alice');
    assert.equal(state.position.value, 2);
    assert.equal(actions.editStep(2, 'ms page 3\nbye', 'alice'), undefined);
    assert.equal(replies()[3], 'VA 3\r\nbye\r\n');
    assert.equal(state.position.value, 4);
    assert.equal(state.editing.value, undefined);
    assert.match(state.status.value, /Step 3 is changed, and 1 later step replayed, 1 of them with another reply/);
  });

  test('the editor tries its text where its step stands', () => {
    actions.openTape(STORY, 4);
    actions.openEditor(0);
    state.edited.value = 'mg page v';
    assert.equal(new TextDecoder().decode(state.editedGhost.value.reply), 'EN\r\n');
  });

  test('a deleted step comes back by undo, and goes by redo', () => {
    actions.openTape(STORY, 4);
    actions.removeStep(2);
    assert.equal(replies()[2], 'VA 0 Z\r\n\r\n');
    assert.equal(state.position.value, 3);
    actions.undo();
    assert.equal(lines().length, 4);
    assert.equal(state.position.value, 4);
    actions.redo();
    assert.equal(lines().length, 3);
    assert.equal(state.redoable.value, false);
  });
});

describe('time', () => {
  test('seconds that pass by themselves are one step and are undone at once', () => {
    actions.wait(1, true);
    actions.wait(60, true);
    assert.deepEqual(lines(), ['+61s']);
    actions.undo();
    assert.deepEqual(lines(), []);
  });

  test('seconds that a person lets pass are steps of their own', () => {
    actions.wait(1);
    actions.wait(1);
    assert.deepEqual(lines(), ['+1s', '+1s']);
  });

  test('jumps to the next expiry', async () => {
    actions.send('ms a 1 T90\nx', 'alice');
    actions.send('ms b 1 T30\nx', 'alice');
    actions.send('ms c 1\nx', 'alice');
    await jumpToExpiry();
    assert.equal(lines().at(-1), '+30s');
    actions.send('mg b v', 'alice');
    assert.equal(replies().at(-1), 'EN\r\n');
  });

  test('says so if nothing expires', async () => {
    await jumpToExpiry();
    assert.match(state.status.value, /Nothing in the store expires/);
  });

  test('is written for people', () => {
    assert.equal(ttl(0, 5), '∞');
    assert.equal(ttl(MINUTE_MS, 500), '1\u00a0min');
    assert.equal(ttl(90 * MINUTE_MS, 0), '1\u00a0h\u00a030\u00a0min');
    assert.equal(elapsed(61 * MINUTE_MS), '01:01:00');
    assert.equal(elapsed(49 * 60 * MINUTE_MS), '2\u00a0d\u00a001:00:00');
  });
});

test('history forgets what lies far back', () => {
  const history = new History();
  for (let position = 0; position < 600; ++position) history.record({ tape: undefined, position });
  let steps = 0;
  while (history.undo({ tape: undefined, position: -1 })) ++steps;
  assert.equal(steps, 500);
});

test('storage that throws is no storage', () => {
  const broken = { get: () => assert.fail('SecurityError'), configurable: true };
  Object.defineProperty(globalThis, 'sessionStorage', broken);
  Object.defineProperty(globalThis, 'localStorage', broken);
  try {
    assert.equal(remembered('session', 'tape'), undefined);
    assert.equal(remember('local', 'theme', 'dark'), false);
  } finally {
    delete globalThis.sessionStorage;
    delete globalThis.localStorage;
  }
});

describe('an engine that cannot be loaded', () => {
  const CASES = [
    [new Error('https://example.org/x.wasm: 404'), /could not be loaded/],
    [new TypeError('Failed to fetch'), /could not be loaded/],
    [new WebAssembly.CompileError('expected magic word 00 61 73 6d, found 3c 21 64 6f'), /not what it should be/],
    [new WebAssembly.CompileError("Refused to compile: 'unsafe-eval' is not allowed"), /policy/],
  ];
  for (const [error, title] of CASES) {
    test(error.message, () => {
      const failure = failureOf(error);
      assert.match(failure.title, title);
      assert.equal(failure.detail, error.message);
    });
  }

  test('no WebAssembly at all', () => {
    const { WebAssembly: saved } = globalThis;
    delete globalThis.WebAssembly;
    try {
      assert.match(failureOf(new ReferenceError('WebAssembly is not defined')).title, /no WebAssembly/);
    } finally {
      globalThis.WebAssembly = saved;
    }
  });
});

describe('a tape that could not be read back is not made', () => {
  const CASES = [
    ['items', ['fill a: 60000 1'], 'fill b: 60000 1', /100,000 items/],
    ['time', ['+3000d'], '+3000d', /3,650 days/],
    ['text', [], `ms a 300000\n${'x'.repeat(300_000)}`, /256 KB/],
    ['clients', ['@alice mn', '@bob mn', '@carol mn', '@dave mn'], '@erin mn', /4 clients/],
  ];
  for (const [title, before, line, fault] of CASES) {
    test(title, () => {
      for (const step of before) assert.equal(actions.send(step, 'alice'), undefined);
      assert.match(actions.send(line, 'alice'), fault);
      assert.equal(lines().length, before.length);
      actions.send('mn', 'alice');
      assert.match(actions.editStep(before.length, line, 'alice'), fault);
      assert.equal(lines().at(-1), '@alice mn');
    });
  }
});

describe('the clock', () => {
  afterEach(() => play(0));

  test('adds to the end of the tape', ({ mock: time }) => {
    time.timers.enable({ apis: ['setInterval'] });
    actions.openTape(STORY, 2);
    play(1);
    assert.equal(state.position.value, 4);
    time.timers.tick(2000);
    assert.equal(lines().at(-1), '+2s');
  });

  test('stops when somebody goes back, and never writes into the middle', ({ mock: time }) => {
    time.timers.enable({ apis: ['setInterval'] });
    actions.openTape(STORY, 4);
    play(1);
    actions.seek(2);
    time.timers.tick(3000);
    assert.equal(lines().length, 4);
    assert.equal(state.speed.value, 0);
  });

  test('waits under an open editor', ({ mock: time }) => {
    time.timers.enable({ apis: ['setInterval'] });
    actions.openTape('isocache tape 1\n@alice mn\n', 1);
    play(1);
    actions.openEditor(0);
    time.timers.tick(3000);
    assert.deepEqual(lines(), ['@alice mn']);
  });
});
