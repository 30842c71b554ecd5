// What is the same in the tab and on a server, and what needs a second thought before it is sent there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { openInspector } from '../../../wasm/dist/esm/entry/inspect.js';
import { Random, seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { CasNames, compareReplies, dangersOf } from '../../../build/web/unit/live/index.js';

const bytes = (line) => Buffer.from(line, 'latin1');
const text = (some) => Buffer.from(some).toString('latin1');
const compare = (request, tab, server, names = new CasNames()) =>
  compareReplies(bytes(`${request}\r\n`), bytes(tab), bytes(server), names);

describe('the same', () => {
  const SAME = [
    ['mg a v', 'VA 5\r\nhello\r\n', 'VA 5\r\nhello\r\n'],
    ['mg a c', 'HD c7\r\n', 'HD c123456\r\n'],
    ['gets a', 'VALUE a 0 1 7\r\nx\r\nEND\r\n', 'VALUE a 0 1 99\r\nx\r\nEND\r\n'],
    ['mg a t l', 'HD t60 l0\r\n', 'HD t59 l1\r\n'],
    ['mg a t', 'HD t-1\r\n', 'HD t-1\r\n'],
    ['me a', 'ME a exp=60 la=3 cas=5 fetch=no\r\n', 'ME a exp=61 la=2 cas=70 fetch=no\r\n'],
    ['stats', 'STAT pid 1\r\nEND\r\n', 'STAT pid 999\r\nSTAT uptime 5\r\nEND\r\n'],
    ['lru_crawler metadump all', 'OK\r\nEND\r\n', 'OK\r\nkey=a exp=-1\nEND\r\n'],
    ['quit', '', ''],
  ];
  for (const [request, tab, server] of SAME) {
    test(request, () => assert.equal(compare(request, tab, server).same, true));
  }

  test('figures say why they are not compared', () => {
    assert.match(compare('stats items', 'END\r\n', 'STAT items:1:number 5\r\nEND\r\n').notCompared, /server/);
    assert.equal(compare('mg a', 'EN\r\n', 'EN\r\n').notCompared, undefined);
  });
});

describe('different', () => {
  const DIFFERENT = [
    ['mg a v', 'VA 5\r\nhello\r\n', 'VA 5\r\nworld\r\n'],
    ['mg a', 'EN\r\n', 'HD\r\n'],
    ['mg a v', 'EN\r\n', 'VA 1\r\nx\r\n'],
    ['mg a t', 'HD t60\r\n', 'HD t58\r\n'],
    ['mg a t', 'HD t-1\r\n', 'HD t0\r\n'],
    ['mg a t l', 'HD t60 l0\r\n', 'HD l0 t60\r\n'],
    ['mg a Ot60', 'HD Ot60\r\n', 'HD Ot61\r\n'],
    ['mg t1 k', 'HD kt1\r\n', 'HD kt2\r\n'],
    ['ms a 1 c', 'NS c0\r\n', 'HD c7\r\n'],
    ['get a b', 'VALUE a 0 1\r\nx\r\nEND\r\n', 'END\r\n'],
    ['version', 'VERSION 1.6.45\r\n', 'VERSION 1.6.18\r\n'],
    ['shutdown', 'SERVER_ERROR: shutdown not enabled\r\n', ''],
  ];
  for (const [request, tab, server] of DIFFERENT) {
    test(request, () => {
      const { same, lines } = compare(request, tab, server);
      assert.equal(same, false);
      assert.ok(lines.some((line) => !line.same && line.tab !== line.server));
    });
  }

  test('values are shown with their line', () => {
    const { lines } = compare('mg a v', 'VA 1\r\nx\r\n', 'VA 1\r\ny\r\n');
    assert.deepEqual(lines, [{ tab: 'VA 1\nx', server: 'VA 1\ny', same: false }]);
  });
});

test('a flood of lines is not compared to its end', () => {
  const begun = performance.now();
  const flood = (line) => compare('mg a', 'HD\r\n', line.repeat(4_000_000 / line.length));
  for (const line of ['\n', 'HD\n', 'VA 0\r\n\r\n', ' \n', `${' '.repeat(65_000)}\n`]) {
    const { same, lines } = flood(line);
    assert.deepEqual([same, lines.length], [false, Math.min(5000, Math.floor(4_000_000 / line.length))]);
  }
  const alike = 'HD\r\n'.repeat(5001);
  const { same, notCompared } = compare('mg a', alike, `${alike}EN\r\n`);
  assert.equal(same, true);
  assert.match(notCompared, /first 5,000 lines are the same; what follows is not compared/);
  assert.equal(compare('mg a', alike, `EN\r\n${alike}`).same, false);
  const whole = 'HD\r\n'.repeat(5000);
  assert.equal(compare('mg a', whole, whole).notCompared, undefined);
  assert.ok(performance.now() - begun < 3000, 'the page would stand still');
});

describe('cas numbers', () => {
  test('the same item has the same pair of numbers, and a number belongs to one pair', () => {
    const names = new CasNames();
    assert.equal(compare('mg a c', 'HD c7\r\n', 'HD c70\r\n', names).same, true);
    assert.equal(compare('mg a c', 'HD c7\r\n', 'HD c70\r\n', names).same, true);
    assert.equal(compare('mg a c', 'HD c7\r\n', 'HD c71\r\n', names).same, false, 'changed on the server alone');
    assert.equal(compare('mg b c', 'HD c8\r\n', 'HD c70\r\n', names).same, false, 'changed in the tab alone');
  });

  test('a command with the server’s number gets the tab’s', () => {
    const names = new CasNames();
    compare('mg a c', 'HD c7\r\n', 'HD c70\r\n', names);
    const renamed = (line) => text(names.forTab(bytes(line)));
    assert.equal(renamed('ms a 3 C70 T60\r\nC70\r\n'), 'ms a 3 C7 T60\r\nC70\r\n');
    assert.equal(renamed('cas a 0 0 2 70\r\n70\r\nmd a C70 q\r\nmn\r\n'), 'cas a 0 0 2 7\r\n70\r\nmd a C7 q\r\nmn\r\n');
    for (const line of [
      'ms a 2 C71\r\nhi\r\n',
      'get C70\r\n',
      'mg C70 v\r\n',
      'ms a 1 E70\r\nx\r\n',
      'set 70 0 70 2\r\nhi\r\n',
    ]) {
      assert.equal(renamed(line), line);
    }
  });
});

describe('what needs a second thought', () => {
  const DANGEROUS = [
    ['flush_all\r\n', ['flush_all']],
    ['flush_all 10 noreply\r\n', ['flush_all 10 noreply']],
    ['flush_prefix user\r\n', ['flush_prefix user']],
    ['shutdown graceful\n', ['shutdown graceful']],
    ['cache_memlimit 8\r\n', ['cache_memlimit 8']],
    ['stats reset\r\n', ['stats reset']],
    ['stats  reset \r\n', ['stats  reset ']],
    ['mg a v\r\nflush_all\r\nset b 0 0 1\r\nx\r\nshutdown\r\n', ['flush_all', 'shutdown']],
    ['set a 0 0 x\r\nflush_all\r\n', ['flush_all']],
    ['set a 0 0 3\r\nabcd\nflush_all\r\n', ['flush_all']],
  ];
  for (const [sent, lines] of DANGEROUS) {
    test(JSON.stringify(sent), () => {
      const found = dangersOf(bytes(sent));
      assert.deepEqual(
        found.map(({ line }) => line),
        lines,
      );
      for (const { say } of found) assert.match(say, /^[a-z].*[^.]$/);
    });
  }

  for (const sent of [
    '',
    'get flush_all\r\n',
    'set a 0 0 9\r\nflush_all\r\n',
    'ms shutdown 24\r\nx\r\nflush_all\r\nshutdown\r\n\r\n',
    'set flush_all 0 0 1\r\nx\r\n',
    'stats resets\r\nstats settings\r\n',
    'FLUSH_ALL\r\nflush_allx\r\n',
  ]) {
    test(`not ${JSON.stringify(sent)}`, () => assert.deepEqual(dangersOf(bytes(sent)), []));
  }

  test('whatever the engine flushes was seen, and what was not seen flushes nothing', async () => {
    const random = new Random(seedFromEnvironment(Date.now() % 1_000_000));
    const store = await openInspector();
    const keeper = store.connect();
    keeper.feed(bytes('set canary 0 0 1\r\n1\r\n'));
    const saved = store.save();
    const PIECES = ['flush_all', 'flush_all 5', 'flush_all noreply', '\r\n', '\r\n', '\n', ' ', 'x', 'hello'];
    const LINES = [
      'set a 0 0 ',
      'ms a ',
      'ms a b c ',
      'cas a 0 0 ',
      'add a 0 0 9 ',
      'mg a v',
      'ms a 4 z',
      'touch a ',
      'ms ',
    ];
    let flushed = 0;
    for (let round = 0; round < 3000; ++round) {
      store.restore(saved);
      let sent = '';
      for (let i = random.below(9); i >= 0; --i) {
        sent += random.below(2) ? LINES[random.below(LINES.length)] + random.below(14) : '';
        sent += PIECES[random.below(PIECES.length)] + (random.below(2) ? '\r\n' : '');
      }
      store.connect().feed(bytes(sent));
      store.now += 3_600_000;
      const isGone = text(keeper.feed(bytes('get canary\r\n'))) === 'END\r\n';
      flushed += Number(isGone);
      if (isGone) assert.notDeepEqual(dangersOf(bytes(sent)), [], JSON.stringify(sent));
    }
    assert.ok(flushed > 300, `${flushed} of 3000 flushed`);
    store.release();
  });
});
