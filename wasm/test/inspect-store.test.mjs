// What an inspector shows of the store agrees with what the store answers, and adds up.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { Random, seedFromEnvironment } from '../../tests/lib/random.mjs';
import { bytes, everything, feed, newInspector, text } from './lib/inspectors.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);
const MAX_BYTES = 4 << 20; // there is a ghost from 2 MiB on
const SEGMENT_BYTES = 64 << 10;
const S = 1000;

const sum = (list, of) => list.reduce((total, each) => total + of(each), 0);

/** The rows of `stats`, as numbers. */
function statsOf(inspector) {
  const session = inspector.connect();
  const rows = feed(session, 'stats\r\n').matchAll(/^STAT (\w+) (\d+)\r$/gm);
  session.close();
  return Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)]));
}

/** Without values that are still arriving. */
function checkSums(inspector) {
  const memory = inspector.memory();
  const stats = statsOf(inspector);
  const { live, dead, free, index, ghost, other } = memory;
  assert.equal(memory.used, live + dead + free + index + ghost + other);
  assert.ok(memory.used <= memory.limit, `${memory.used} > ${memory.limit}`);
  assert.equal(live, stats.bytes);
  assert.equal(dead, stats.isocache_dead_bytes);
  assert.equal(index, stats.hash_bytes);
  assert.equal(ghost, stats.isocache_ghost_bytes);
  assert.equal(memory.limit, stats.limit_maxbytes);

  const segments = inspector.segments();
  assert.equal(
    live,
    sum(segments, (segment) => segment.liveBytes),
  );
  assert.equal(
    dead,
    sum(segments, (segment) => segment.deadBytes),
  );
  assert.equal(
    free,
    sum(segments, (segment) => segment.freeBytes),
  );
  const holding = (what) => segments.filter((segment) => segment.holds === what);
  assert.equal(index, SEGMENT_BYTES * holding('index').length);
  assert.equal(ghost, SEGMENT_BYTES * holding('ghost').length);
  for (const segment of holding('items')) {
    assert.equal(segment.liveBytes + segment.deadBytes + segment.freeBytes, SEGMENT_BYTES);
  }

  const items = inspector.items();
  assert.equal(inspector.itemCount, stats.curr_items);
  assert.equal(inspector.itemCount, items.length);
  assert.equal(
    live,
    sum(items, (item) => item.bytes),
  );
  for (const segment of holding('items')) {
    const inside = items.filter((item) => item.segment === segment.id);
    assert.equal(segment.items, inside.length);
    for (const item of inside) assert.equal(item.queue, segment.queue);
  }
}

/** Whether `me` and `mg` say of the item what it shows. Asks a fork, since a request may change the item. */
function checkItem(inspector, item) {
  const fork = inspector.fork();
  const session = fork.connect();
  const key = item.binaryKey ? `${Buffer.from(item.key).toString('base64')} b` : text(item.key);
  const left = item.expires === 0 ? -1 : (item.expires - inspector.now) / S;
  const idle = (inspector.now - item.lastAccess) / S;
  const seen = feed(session, `me ${key}\r\n`);
  if (item.gone) {
    assert.equal(seen, 'EN\r\n');
  } else {
    const fetch = item.fetched ? 'yes' : 'no';
    assert.match(seen, new RegExp(` exp=${left} la=${idle} cas=${item.cas} fetch=${fetch} `));
    // Of a stale item that nobody has won, this reader is the winner.
    const marks = (item.won ? ' Z' : '') + (item.stale ? ' X' : '') + (item.stale && !item.won ? ' W' : '');
    const hit = Number(item.fetched);
    assert.equal(
      feed(session, `mg ${key} s c f t l h\r\n`),
      `HD s${item.valueLength} c${item.cas} f${item.clientFlags} t${left} l${idle} h${hit}${marks}\r\n`,
    );
  }
  fork.release();
}

/** Sends random requests; some of the keys are seldom used. */
function play(inspector, random, steps) {
  const session = inspector.connect();
  const key = () =>
    random.below(9) === 0
      ? `${Buffer.from(`bin ${random.below(20)}`).toString('base64')} b`
      : `key:${random.below(random.below(3) === 0 ? 3000 : 50)}`;
  for (let i = 0; i < steps; ++i) {
    const length = random.below(50) === 0 ? random.below(150_000) : random.below(2000);
    const requests = [
      () => `ms ${key()} ${length} T${random.below(100)} F${random.below(9)}\r\n${'v'.repeat(length)}\r\n`,
      () => `ms ${key()} ${length}\r\n${'w'.repeat(length)}\r\n`,
      () => `mg ${key()} v t N30\r\n`,
      () => `mg ${key()} v R30\r\n`,
      () => `md ${key()} I T60\r\n`,
      () => `md ${key()}\r\n`,
      () => `ma ${key()} N0 J1\r\n`,
    ];
    feed(session, requests[random.below(requests.length)]());
    if (random.below(20) === 0) inspector.now += random.below(5) * S;
    if (random.below(400) === 0) feed(session, 'flush_all\r\n');
  }
  session.close();
}

describe('adds up', () => {
  test('in an empty store', async () => {
    const inspector = await newInspector();
    checkSums(inspector);
    assert.deepEqual(inspector.items(), []);
    assert.equal(inspector.item(bytes('a')), undefined);
    assert.deepEqual(inspector.ghost(), { entries: 0, capacity: 0 });
  });

  test('in any store', async (t) => {
    t.diagnostic(`ISOCACHE_SEED=${seed}`);
    const random = new Random(seed);
    for (const maxBytes of [1 << 20, MAX_BYTES]) {
      const inspector = await newInspector({ maxBytes });
      for (let part = 0; part < 12; ++part) {
        play(inspector, random, 300);
        checkSums(inspector);
        const items = inspector.items();
        for (let i = 0; i < 40 && items.length > 0; ++i) {
          const item = items[random.below(items.length)];
          assert.deepEqual(inspector.item(item.key), item);
          checkItem(inspector, item);
        }
      }
    }
  });
});

test('an item has what was stored, and the marks of what was done', async () => {
  const inspector = await newInspector();
  const session = inspector.connect();
  const start = inspector.now;
  feed(session, 'ms page 5 T60 F7\r\nhello\r\n');
  const stored = inspector.item(bytes('page'));
  assert.deepEqual(
    { ...stored, key: text(stored.key) },
    {
      key: 'page',
      binaryKey: false,
      valueLength: 5,
      bytes: 40,
      cas: 2n,
      clientFlags: 7,
      expires: start + 60 * S,
      lastAccess: start,
      fetched: false,
      stale: false,
      won: false,
      queue: 'small',
      segment: stored.segment,
      offset: 0,
      frequency: 0,
      gone: false,
    },
  );
  inspector.now += 10 * S;
  feed(session, 'mg page v\r\nmg page v\r\nmd page I T30\r\n');
  let item = inspector.item(bytes('page'));
  assert.deepEqual([item.fetched, item.frequency, item.stale, item.won], [true, 2, true, false]);
  assert.equal(item.lastAccess, start + 10 * S);
  assert.equal(item.expires, start + 40 * S);
  assert.match(feed(session, 'mg page v\r\n'), /X W/);
  item = inspector.item(bytes('page'));
  assert.ok(item.stale && item.won);
  feed(session, `ms ${Buffer.from('a b').toString('base64')} 1 b\r\nx\r\n`);
  assert.ok(inspector.item(bytes('a b')).binaryKey);
});

test('values, whole and in part, without a trace', async () => {
  const inspector = await newInspector();
  const session = inspector.connect();
  for (const length of [0, 5, 300_000]) {
    const value = 'ab'.repeat(length).slice(0, length);
    feed(session, `set v 0 0 ${length}\r\n${value}\r\n`);
    assert.equal(text(inspector.value(bytes('v'))), value);
    for (const most of [0, 1, 4, 65_536, 250_000, 1e9]) {
      assert.equal(text(inspector.value(bytes('v'), most)), value.slice(0, most), `${length}, ${most}`);
    }
    assert.ok(!inspector.item(bytes('v')).fetched);
  }
  assert.equal(inspector.value(bytes('none')), undefined);
  assert.throws(() => inspector.value(bytes('v'), -1), { code: 'BAD_ARGUMENT', message: /\bmost\b/ });
});

test('looking changes nothing', async () => {
  const inspector = await newInspector({ maxBytes: MAX_BYTES });
  play(inspector, new Random(seed), 3000);
  const before = everything(inspector);
  inspector.ghostKnows(bytes('key:1'));
  inspector.item(bytes('key:1'));
  assert.deepEqual(everything(inspector), before);
});

test('ranges of items', async () => {
  const inspector = await newInspector({ maxBytes: MAX_BYTES });
  const session = inspector.connect();
  for (let i = 0; i < 2500; ++i) feed(session, `set key:${i} 0 0 1\r\nx\r\n`);
  const all = inspector.items();
  assert.equal(all.length, 2500);
  for (const [from, count] of [
    [0, 0],
    [0, 1],
    [511, 2],
    [0, 512],
    [512, 1024],
    [2499, 10],
    [2500, 10],
    [9999, 1],
  ]) {
    assert.deepEqual(inspector.items({ from, count }), all.slice(from, from + count), `${from}, ${count}`);
  }
  assert.deepEqual(inspector.items({ from: 2000 }), all.slice(2000));
  for (const [range, name] of [
    [{ from: -1 }, 'from'],
    [{ from: 0.5 }, 'from'],
    [{ from: 2 ** 33 }, 'from'],
    [{ count: -1 }, 'count'],
    [{ count: '5' }, 'count'],
  ]) {
    assert.throws(() => inspector.items(range), { code: 'BAD_ARGUMENT', message: new RegExp(name) });
  }
});

test('keys that are none', async () => {
  const inspector = await newInspector();
  for (const key of ['text', undefined, null, [], new Uint8Array(0), new Uint8Array(251), new Uint16Array(1)]) {
    assert.throws(() => inspector.item(key), { name: 'IsocacheError', code: 'BAD_KEY' });
    assert.throws(() => inspector.value(key), { name: 'IsocacheError', code: 'BAD_KEY' });
    assert.throws(() => inspector.ghostKnows(key), { name: 'IsocacheError', code: 'BAD_KEY' });
  }
});

describe('eviction', () => {
  async function filled(count) {
    const inspector = await newInspector({ maxBytes: MAX_BYTES });
    const session = inspector.connect();
    const value = 'x'.repeat(1000);
    for (let i = 0; i < count; ++i) feed(session, `set key:${i} 0 0 1000\r\n${value}\r\n`);
    return { inspector, session };
  }

  test('a step tells what becomes of each item of the segment', async () => {
    const { inspector, session } = await filled(1000);
    feed(session, 'mg key:5 v\r\nmg key:7 v\r\n');
    const [first] = inspector.segments();
    const before = new Set(inspector.items().map((item) => text(item.key)));
    const inside = inspector.items().filter((item) => item.segment === first.id);
    const step = inspector.stepEviction();
    const after = new Set(inspector.items().map((item) => text(item.key)));
    assert.deepEqual([step.segment, step.queue, step.reason], [first.id, 'small', 'age']);
    assert.deepEqual(step.kept.map(({ key, to }) => [text(key), to]).sort(), [
      ['key:5', 'main'],
      ['key:7', 'main'],
    ]);
    const dropped = step.dropped.map(text);
    assert.deepEqual(
      dropped,
      [...before].filter((key) => !after.has(key)),
    );
    assert.equal(dropped.length + 2, inside.length);
    assert.deepEqual(step.reclaimed, []);
    const keptBytes = sum(
      inside.filter(({ frequency }) => frequency > 0),
      (item) => item.bytes,
    );
    assert.equal(step.freedBytes, SEGMENT_BYTES - keptBytes);
    assert.deepEqual(
      inspector.takeEvents(),
      step.dropped.map((key) => ({ kind: 'evicted', key })),
    );
    assert.deepEqual(inspector.takeEvents(), []);
    // The ghost tells ages roughly: a few that share a place with later ones seem too old to it.
    const known = dropped.filter((key) => inspector.ghostKnows(bytes(key)));
    assert.ok(known.length > 0.9 * dropped.length, `${known.length} of ${dropped.length}`);
    assert.ok(!inspector.ghostKnows(bytes('never')));
    assert.equal(inspector.ghost().entries, dropped.length);
    assert.equal(inspector.item(bytes('key:5')).queue, 'main');
    feed(session, `set ${known[0]} 0 0 1\r\nx\r\nset new 0 0 1\r\nx\r\n`);
    assert.equal(inspector.item(bytes(known[0])).queue, 'main');
    assert.equal(inspector.item(bytes('new')).queue, 'small');
    checkSums(inspector);
  });

  test('steps empty the store, and then there is none', async () => {
    const { inspector } = await filled(2000);
    const all = new Set(inspector.items().map((item) => text(item.key)));
    for (let steps = 0; inspector.itemCount > 0; ++steps) {
      assert.ok(steps < 100);
      for (const key of inspector.stepEviction().dropped) assert.ok(all.delete(text(key)), text(key));
      checkSums(inspector);
    }
    assert.equal(all.size, 0);
    assert.equal(inspector.stepEviction(), undefined);
    assert.equal((await newInspector()).stepEviction(), undefined);
  });

  test('what had expired is told apart', async () => {
    const inspector = await newInspector();
    const session = inspector.connect();
    feed(session, 'set a 0 0 1\r\nx\r\nset b 0 10 1\r\nx\r\n');
    inspector.now += 9 * S;
    const saved = inspector.save();
    feed(session, 'flush_all\r\n');
    assert.deepEqual(
      inspector.items().map((item) => item.gone),
      [true, true],
    );
    let step = inspector.stepEviction();
    assert.deepEqual([step.reason, step.reclaimed.map(text)], ['flushed', ['a', 'b']]);
    inspector.restore(saved);
    step = inspector.stepEviction();
    assert.deepEqual([step.reason, step.dropped.map(text)], ['age', ['a', 'b']]);
  });

  test('events of evictions that requests cause, the last ones if there are many', async () => {
    const { inspector, session } = await filled(1000);
    assert.deepEqual(inspector.takeEvents(), []);
    const counted = () => statsOf(inspector).evictions;
    for (let i = 0; i < 6000; ++i) feed(session, `set next:${i} 0 0 1000\r\n${'y'.repeat(1000)}\r\n`);
    const evicted = counted();
    const most = 4096;
    assert.ok(evicted < most, `${evicted}`);
    const keys = inspector.takeEvents().map((event) => text(event.key));
    assert.equal(keys.length, evicted);
    assert.equal(new Set(keys).size, evicted);
    for (const key of keys) assert.equal(inspector.item(bytes(key)), undefined);
    for (let i = 0; i < 12_000; ++i) feed(session, `set more:${i} 0 0 1000\r\n${'y'.repeat(1000)}\r\n`);
    assert.ok(counted() - evicted > 2 * most);
    assert.equal(inspector.takeEvents().length, most);
  });
});
