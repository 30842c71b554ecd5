// An inspector's connections, time and copies.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { IsocacheError, open } from 'isocache';
import { openInspector } from 'isocache/inspect';

import { everything, feed, newInspector, text } from './lib/inspectors.mjs';

const VALUE_BYTES = 4096;
const LARGE_BYTES = 200_000;

/** Items of several sizes, more than fit. */
function fill(session, count = 400) {
  for (let i = 0; i < count; ++i) {
    feed(session, `set user:${i} 0 0 ${VALUE_BYTES}\r\n${'x'.repeat(VALUE_BYTES)}\r\n`);
    feed(session, `ms small:${i} 2 T${60 + i}\r\nab\r\nmg small:${i >> 1} v t\r\n`);
  }
}

describe('connections', () => {
  test('several, each with its own state', async () => {
    const inspector = await newInspector();
    const [alice, bob] = [inspector.connect(), inspector.connect()];
    assert.notEqual(alice.id, bob.id);
    assert.equal(feed(alice, 'set a 0 0 3\r\n1'), '');
    assert.ok(alice.unfinished);
    assert.ok(!bob.unfinished);
    assert.equal(feed(bob, 'get a\r\n'), 'END\r\n');
    assert.equal(feed(alice, '23\r\n'), 'STORED\r\n');
    assert.equal(feed(bob, 'get a\r\n'), 'VALUE a 0 3\r\n123\r\nEND\r\n');
  });

  test('more input than one call takes, and more replies than one call gives', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    const value = 'y'.repeat(LARGE_BYTES);
    const asked = 30;
    const replies = feed(session, `set large 0 0 ${LARGE_BYTES}\r\n${value}\r\n${'get large\r\n'.repeat(asked)}`);
    assert.equal(replies, `STORED\r\n${`VALUE large 0 ${LARGE_BYTES}\r\n${value}\r\nEND\r\n`.repeat(asked)}`);
  });

  test('a reply that is too long ends the connection', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    feed(session, `set large 0 0 ${LARGE_BYTES}\r\n${'y'.repeat(LARGE_BYTES)}\r\n`);
    const most = 1000;
    assert.equal(session.feed(Buffer.from('mn\r\n'), 4).length, 4);
    assert.ok(!session.truncated);
    assert.equal(session.feed(Buffer.from('get large\r\n'.repeat(5000)), most).length, most);
    assert.ok(session.truncated && session.closing);
    assert.equal(feed(session, 'mn\r\n'), '');
    assert.equal(feed(inspector.connect(), 'mn\r\n'), 'MN\r\n');
  });

  test('quit, and an error that ends the connection', async () => {
    const inspector = await newInspector();
    for (const last of ['quit\r\n', 'x'.repeat(10_000)]) {
      const session = inspector.connect();
      assert.ok(!session.closing);
      feed(session, last);
      assert.ok(session.closing && !session.truncated);
      assert.equal(feed(session, 'mn\r\n'), '');
      session.close();
      assert.throws(() => inspector.session(session.id), { code: 'BAD_ARGUMENT', message: /\bid\b/ });
    }
  });
});

describe('time', () => {
  test('moves only when it is told to, and does the background work', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    assert.equal(inspector.now, Date.UTC(2026, 0, 1));
    feed(session, 'set a 0 60 1\r\nx\r\nset b 0 61 1\r\nx\r\n');
    inspector.now += 59_999;
    assert.equal(feed(session, 'mg a t\r\n'), 'HD t1\r\n');
    inspector.now += 1;
    assert.equal(inspector.itemCount, 1);
    assert.equal(feed(session, 'mg a t\r\nmg b t\r\n'), 'EN\r\nHD t1\r\n');
    inspector.now += 40 * 24 * 3600 * 1000;
    assert.equal(inspector.itemCount, 0);
  });

  test('a flush that is due is done without a request', async () => {
    const inspector = await newInspector();
    feed(inspector.connect(), 'set a 0 0 1\r\nx\r\nflush_all 10\r\n');
    inspector.now += 9000;
    assert.equal(inspector.itemCount, 1);
    inspector.now += 1000;
    assert.equal(inspector.itemCount, 0);
  });

  test('does not go back, or beyond what the engine can say', async () => {
    const inspector = await newInspector();
    const { now } = inspector;
    for (const wrong of [now - 1, NaN, Infinity, 0x1_0000_0000 * 1000, `${now}`, null, undefined]) {
      assert.throws(
        () => {
          inspector.now = wrong;
        },
        { name: 'IsocacheError', code: 'BAD_ARGUMENT', message: /\bnow\b/ },
      );
      assert.equal(inspector.now, now);
    }
  });
});

describe('copies', () => {
  test('the same requests give the same store, each time', async () => {
    const states = [];
    for (let i = 0; i < 2; ++i) {
      const inspector = await newInspector();
      fill(inspector.connect());
      inspector.now += 90_000;
      states.push(everything(inspector));
    }
    assert.deepEqual(states[0], states[1]);
    const other = await newInspector({ hashSeed: 1n });
    fill(other.connect());
    assert.equal(feed(other.connect(), 'mg user:399 s\r\n'), `HD s${VALUE_BYTES}\r\n`);
  });

  test('a fork is equal, and independent', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    fill(session);
    const fork = inspector.fork();
    const before = everything(inspector);
    assert.deepEqual(everything(fork), before);
    assert.deepEqual(fork.takeEvents(), []);
    const commands = 'set user:1 0 0 2\r\nzz\r\nmg user:1 v c t\r\nincr small:1 1\r\n';
    const replies = feed(fork.session(session.id), commands);
    fork.now += 120_000;
    fork.connect();
    assert.deepEqual(everything(inspector), before);
    const second = inspector.fork();
    assert.equal(feed(second.session(session.id), commands), replies);
    second.now += 120_000;
    assert.deepEqual(everything(second), everything(fork));
    feed(session, 'flush_all\r\n');
    assert.equal(feed(second.session(session.id), 'mg user:1 v\r\n'), 'VA 2\r\nzz\r\n');
  });

  for (const [what, length] of [
    ['buffered', 100],
    ['in item memory', LARGE_BYTES],
  ]) {
    test(`a value of which half has come (${what})`, async () => {
      const inspector = await newInspector();
      const alice = inspector.connect();
      const half = 'h'.repeat(length / 2);
      feed(alice, `set half 3 0 ${length}\r\n${half}`);
      const saved = inspector.save();
      const fork = inspector.fork();
      assert.ok(fork.session(alice.id).unfinished);
      assert.equal(feed(fork.session(alice.id), `${half.toUpperCase()}\r\n`), 'STORED\r\n');
      feed(alice, 'no'); // this one goes another way
      alice.close();
      inspector.restore(saved);
      const again = inspector.session(alice.id);
      assert.ok(again.unfinished && !again.closing);
      assert.equal(feed(again, `${half}\r\n`), 'STORED\r\n');
      assert.equal(feed(again, 'mg half v\r\n'), `VA ${length}\r\n${half}${half}\r\n`);
      assert.equal(feed(fork.session(alice.id), 'mg half v\r\n'), `VA ${length}\r\n${half}${half.toUpperCase()}\r\n`);
    });
  }

  test('a state can be put back again and again, also in another inspector', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    fill(session);
    inspector.now += 30_000;
    const saved = inspector.save();
    const before = everything(inspector);
    const other = await newInspector({ maxBytes: 4 << 20 });
    fill(other.connect(), 2000);
    for (const each of [inspector, other, inspector]) {
      each.restore(saved);
      assert.deepEqual(everything(each), before);
      assert.equal(each.maxBytes, 1 << 20);
      assert.equal(feed(each.session(session.id), 'mg user:399 s\r\n'), `HD s${VALUE_BYTES}\r\n`);
      fill(each.connect(), 100);
      each.now += 1_000_000;
    }
  });

  test('a state has what is in use, and no more', async () => {
    const inspector = await newInspector({ maxBytes: 64 << 20 });
    feed(inspector.connect(), 'set a 0 0 1\r\nx\r\n');
    const small = inspector.save().bytes;
    assert.ok(small < 200 << 10, `${small}`);
    fill(inspector.connect(), 2000);
    const { used } = inspector.memory();
    const large = inspector.save().bytes;
    assert.ok(large < used + (100 << 10), `${large} of ${used}`);
    assert.ok(large > inspector.memory().live);
  });

  test('another one in the same module is empty, and as large as it is told to be', async () => {
    const inspector = await newInspector({ hashSeed: 5n });
    fill(inspector.connect());
    const other = inspector.another({ maxBytes: 4 << 20, now: 5_000 });
    assert.equal(other.maxBytes, 4 << 20);
    assert.equal(other.now, 5_000);
    assert.equal(other.itemCount, 0);
    assert.deepEqual(everything(inspector.another()), everything(await newInspector()));
    assert.throws(() => inspector.another({ wasm: 1 }), { code: 'BAD_ARGUMENT', message: /\bwasm\b/ });
    assert.throws(() => inspector.another({ maxBytes: 5 }), { code: 'BAD_ARGUMENT', message: /\bmaxBytes\b/ });
  });

  test('an instance that was given back serves the next fork', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    fill(session);
    const before = everything(inspector);
    for (let i = 0; i < 100; ++i) {
      const fork = inspector.fork();
      feed(fork.session(session.id), `set user:${i} 0 0 3\r\nabc\r\nflush_all\r\n`);
      fork.release();
      fork.release();
      assert.throws(() => fork.itemCount, { name: 'IsocacheError', code: 'CLOSED' });
      assert.throws(() => fork.session(session.id), { code: 'CLOSED' });
      assert.throws(() => feed(session, 'mn\r\n') && fork.fork(), { code: 'CLOSED' });
    }
    const fork = inspector.fork();
    assert.deepEqual(everything(fork), before);
  });

  test('a fork of a full store of 1 MiB takes microseconds', async (t) => {
    const inspector = await newInspector();
    fill(inspector.connect());
    const forks = 200;
    const times = [];
    for (let i = 0; i < forks; ++i) {
      const begin = performance.now();
      inspector.fork().release();
      times.push((performance.now() - begin) * 1000);
    }
    const median = times.sort((a, b) => a - b)[forks / 2];
    t.diagnostic(`${median.toFixed(0)} us`);
    assert.ok(median < 2000, `${median} us`);
  });
});

describe('opening', () => {
  test('wrong options', async () => {
    for (const [options, name] of [
      [{ maxBytes: 1000 }, 'maxBytes'],
      [{ maxBytes: 2 ** 31 }, 'maxBytes'],
      [{ maxBytes: '1m' }, 'maxBytes'],
      [{ maxItemSize: 10 }, 'maxItemSize'],
      [{ maxItemSize: 1 << 20 }, 'maxItemSize'],
      [{ hashSeed: 5 }, 'hashSeed'],
      [{ now: -1 }, 'now'],
      [{ now: () => 1 }, 'now'],
      [{ maxbytes: 1 << 20 }, 'maxBytes'],
      [null, 'options'],
      [5, 'options'],
    ]) {
      await assert.rejects(openInspector(options), {
        name: 'IsocacheError',
        code: 'BAD_ARGUMENT',
        message: new RegExp(`\\b${name}\\b`),
      });
    }
  });

  test('with a module from elsewhere', async () => {
    const file = new URL('../dist/isocache-inspect.wasm', import.meta.url);
    const bytes = readFileSync(file);
    const module = await WebAssembly.compile(bytes);
    for (const wasm of [file, bytes, module]) {
      const inspector = await openInspector({ wasm });
      assert.equal(feed(inspector.connect(), 'mn\r\n'), 'MN\r\n');
    }
    const [one, other] = [await openInspector({ wasm: bytes }), await openInspector({ wasm: module })];
    assert.throws(() => one.restore(other.save()), { code: 'BAD_ARGUMENT', message: /\bsaved\b/ });
    assert.throws(() => one.restore({ bytes: 1 }), { code: 'BAD_ARGUMENT', message: /\bsaved\b/ });
  });

  test('wrong arguments of a connection', async () => {
    const session = (await newInspector()).connect();
    for (const wrong of ['mn\r\n', undefined, null, 5, [1], new Uint16Array(1)]) {
      assert.throws(() => session.feed(wrong), { code: 'BAD_ARGUMENT', message: /\bbytes\b/ });
    }
    assert.throws(() => session.feed(Buffer.from('mn\r\n'), -1), { code: 'BAD_ARGUMENT', message: /maxReplyBytes/ });
    assert.equal(feed(session, 'mn\r\n'), 'MN\r\n');
  });

  test('no memory is an error, and nothing is lost by it', async (t) => {
    const inspector = await newInspector({ maxBytes: 8 << 20 });
    const session = inspector.connect();
    fill(session, 1000);
    const before = everything(inspector);
    t.mock.method(WebAssembly.Memory.prototype, 'grow', () => {
      throw new RangeError('no more');
    });
    assert.throws(() => inspector.fork(), { name: 'IsocacheError', code: 'NO_MEMORY' });
    t.mock.method(WebAssembly, 'Instance', function none() {
      throw new RangeError('no more');
    });
    await assert.rejects(newInspector(), { name: 'IsocacheError', code: 'NO_MEMORY' });
    t.mock.restoreAll();
    assert.deepEqual(everything(inspector), before);
    assert.deepEqual(everything(inspector.fork()), before);
  });
});

test('after a call that failed midway, a saved state is good again', async (t) => {
  const inspector = await newInspector();
  const session = inspector.connect();
  fill(session, 100);
  const saved = inspector.save();
  const before = everything(inspector);
  // As when memory ends: what the engine calls throws.
  t.mock.method(Uint8Array.prototype, 'slice', () => {
    throw new IsocacheError('NO_MEMORY', 'out of memory');
  });
  assert.throws(() => inspector.stepEviction(), { code: 'NO_MEMORY' });
  t.mock.restoreAll();
  for (const call of [() => feed(session, 'mn\r\n'), () => inspector.fork(), () => inspector.save()]) {
    assert.throws(call, { name: 'IsocacheError', code: 'CLOSED', message: /restore/ });
  }
  inspector.restore(saved);
  assert.deepEqual(everything(inspector), before);
  assert.equal(feed(session, 'mn\r\n'), 'MN\r\n');
});

test('it answers as the package that everybody uses', async () => {
  let now = Date.UTC(2026, 0, 1);
  const store = await open({ maxBytes: 1 << 20, now: () => now, hashSeed: 0x69736f6361636865n });
  const inspector = await newInspector();
  const [connection, session] = [store.connect(), inspector.connect()];
  for (let i = 0; i < 3000; ++i) {
    const length = (i * 37) % 9000;
    const request = `ms k${i % 700} ${length} T${i % 50} c\r\n${'v'.repeat(length)}\r\nmg k${(i * 7) % 700} s t c h l W\r\n`;
    assert.equal(feed(session, request), text(connection.feed(request)));
    now += i % 3 === 0 ? 1000 : 0;
    inspector.now = now;
  }
});
