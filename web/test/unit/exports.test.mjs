// Exports of a tape are run, not looked at: a transcript is played to the package, a test is run by Node.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { open } from 'isocache';

import { RawClient } from '../../../tests/lib/client.mjs';
import { seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { parseTranscript, playStepwise } from '../../../tests/lib/transcript.mjs';
import { markdownOf } from '../../../build/web/unit/exports/markdown.js';
import { testOf } from '../../../build/web/unit/exports/testing.js';
import { transcriptOf } from '../../../build/web/unit/exports/transcript.js';
import { Player } from '../../../build/web/unit/player/player.js';
import { latin1, plainly, played } from './lib/play.mjs';
import { anyTape, Random } from './lib/tapes.mjs';

const web = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const seed = seedFromEnvironment(Date.now() % 1_000_000);

const STORY = [
  "title Alice's lease: {3*x} <closed> `tick` \\",
  "# It's here, 'quoted' */ and `ticked`.",
  '@alice mg page v N30 c',
  '@bob mg page v N30',
  '@alice ms page 7\\r\\nh\\0\\xff{2*x}'.replace('{2*x}', "{*}'"),
  '@bob mg page v k c O7',
  '@alice set a 0 0 5\\',
  '@bob ms b 1 c\\r\\nx',
  '@bob mg b c',
  '@alice \\r\\nhello',
  '+30s',
  '@carol get a b page',
  '@carol gets a',
  '@dave ma hits N0 J7 v',
  '@dave incr hits 5',
  '@dave stats',
  'fill user: 5 20',
  '@carol mg user:3 v s',
  'evict',
  '@bob quit',
  '@bob mg Zm9v b k v',
  '@bob ms Zm9v 2 b\\r\\nhi',
  '@bob mg foo k v',
  '@bob cas a 0 0 1 1',
  '@bob ms e 1 E77 c\\r\\nx',
  '@bob ms e 1 C77\\r\\ny',
  '@bob md page I T30',
  '@alice mg page v t',
  '@dave me page',
  '@dave set unfinished 0 0 5',
];

/** A connection in the shape of a socket. */
class Socket extends EventEmitter {
  #connection;
  constructor(connection) {
    super();
    this.#connection = connection;
  }
  get destroyed() {
    return this.#connection.closed;
  }
  write(bytes, done) {
    for (let input = bytes; input || this.#connection.pending; input = undefined) {
      const replies = this.#connection.feed(input);
      if (replies.length > 0) this.emit('data', Buffer.from(replies));
    }
    done();
    if (this.#connection.closed) this.emit('end');
  }
  destroy() {
    this.#connection.close();
  }
}

async function problemsOf(text) {
  const problems = [];
  for (const section of parseTranscript(text)) {
    let now = 1_800_000_000_000;
    // Other cas numbers than the tape's: those that matter must be variables.
    const store = await open({ now: () => now, hashSeed: 5n });
    for (let n = 0; n < 100; ++n) store.set('other', 'x');
    const server = {
      connect: () => new RawClient(new Socket(store.connect()), 10_000),
      advance: (seconds) => {
        now += seconds * 1000;
      },
    };
    problems.push(...(await playStepwise(server, section)));
  }
  return problems;
}

test('a transcript: the package answers as the tape did', async (context) => {
  const player = await played(context, STORY);
  const text = transcriptOf(player.tape, player.results);
  assert.deepEqual(await problemsOf(text), [], text);
  assert.match(text, /^# advance 30$/m);
  assert.match(text, /^> set a 0 0 5\\r\\nhello\\r\\n\n< STORED\\r\\n$/m, 'commands are whole');
  assert.match(text, /<closed>$/m);
  assert.match(text, /^# Left out: stats/m);
  assert.match(text, /^# Left out: what dave began and did not finish\.$/m);
});

test('a transcript: a cas that was received is sent as a variable', async (context) => {
  const first = await played(context, ['@alice ms a 1 c\\r\\nx']);
  const cas = /c(\d+)/.exec(latin1(first.results[0].reply))[1];
  const player = await played(context, [
    '@alice ms a 1 c\\r\\nx',
    `@alice ms a 1 C${cas}\\r\\ny`,
    `@bob cas a 0 0 1 ${cas}\\r\\nz`,
  ]);
  assert.equal(latin1(player.results[1].reply), 'HD\r\n');
  const text = transcriptOf(player.tape, player.results);
  assert.match(text, /^> ms a 1 C\{cas1\}\\r\\ny\\r\\n$/m);
  assert.match(text, /^> cas a 0 0 1 \{cas1\}\\r\\nz\\r\\n$/m);
  assert.deepEqual(await problemsOf(text), [], text);
});

test('a transcript with a wrong reply is noticed', async (context) => {
  const player = await played(context, STORY);
  const text = transcriptOf(player.tape, player.results).replace('hello', 'HELLO');
  assert.notDeepEqual(await problemsOf(text), []);
});

/** Runs files with Node's test runner where `isocache` can be imported. */
function runTests(files) {
  const folder = mkdtempSync(path.join(web, '..', 'build', 'web', 'exported-'));
  try {
    symlinkSync(path.join(web, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    for (const [index, text] of files.entries()) writeFileSync(path.join(folder, `exported${index}.test.mjs`), text);
    // The runner would take the result for a part of its own.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const run = spawnSync(process.execPath, ['--test', folder], { env, encoding: 'utf8', timeout: 60_000 });
    return { ok: run.status === 0, output: run.stdout + run.stderr };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a test with isocache/testing passes, and fails if a reply is another', async (context) => {
  const player = await played(context, STORY);
  const text = testOf(player.tape, player.results);
  const good = runTests([text]);
  assert.ok(good.ok, `${good.output}\n${text}`);
  assert.ok(!runTests([text.replace('STORED', 'NOT_STORED')]).ok);
});

test('nothing is checked behind an eviction that took items, and the test says so', async (context) => {
  const lines = ['@alice ms a 1\\r\\nx', 'fill a: 20 4096', 'evict', '@alice mg a:0 s', '@bob quit', '@bob mg a:1 s'];
  const player = await played(context, lines);
  const replies = player.results.map(({ reply }) => latin1(reply));
  assert.ok(replies.includes('EN\r\n'), 'the eviction took something');
  const text = testOf(player.tape, player.results);
  assert.match(text, /From here on nothing is checked/);
  assert.match(text, /assert\.equal\(ask\(alice_, 'ms a 1/);
  assert.doesNotMatch(text, /assert\.equal\(ask\(alice_, 'mg a:0/);
  const run = runTests([text]);
  assert.ok(run.ok, `${run.output}\n${text}`);
  const transcript = transcriptOf(player.tape, player.results);
  assert.deepEqual(await problemsOf(transcript), [], transcript);
  assert.match(transcript, /^# From here on nothing is checked.*\n# Left out: a step of eviction/m);
  assert.match(transcript, /^# > mg a:0 s/m);
});

test('an eviction that takes nothing changes nothing', async (context) => {
  const player = await played(context, ['evict', '@alice ms a 1\\r\\nx', '@alice mg a v']);
  assert.equal(player.results[0].effect.evicted, 0);
  assert.match(testOf(player.tape, player.results), /assert\.equal\(ask\(alice_, 'mg a v/);
  assert.match(transcriptOf(player.tape, player.results), /^> mg a v/m);
});

test('a transcript checks nothing behind what memory had no room for, or behind a fill that is left out', async (context) => {
  for (const lines of [
    ['fill a: 900 4096', '@alice mg a:0 s'],
    ['fill a: 1001 1', '@alice mg a:0 s'],
  ]) {
    const player = await played(context, lines);
    const transcript = transcriptOf(player.tape, player.results);
    assert.match(transcript, /^# > mg a:0 s/m, lines[0].slice(0, 40));
    assert.deepEqual(await problemsOf(transcript), []);
  }
});

test('a transcript says who speaks, if more than one does', async (context) => {
  const player = await played(context, ['@alice mg a', '@alice mg b', '@bob mg a', '@alice mg c']);
  const text = transcriptOf(player.tape, player.results);
  assert.match(text, /# Alice:\n> mg a.*\n< EN.*\n> mg b.*\n< EN.*\n# Bob:\n> mg a.*\n< EN.*\n# Alice:\n> mg c/);
  const alone = await played(context, ['@alice mg a']);
  assert.doesNotMatch(transcriptOf(alone.tape, alone.results), /Alice:/);
});

test('any tape exports to a transcript and a test that hold', async (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const random = new Random(seed);
  const files = [];
  for (let run = 0; run < 12; ++run) {
    const tape = anyTape(random, 20);
    // What was evicted in the tape is still there in a larger store.
    const steps = tape.steps.filter(({ kind }) => kind !== 'evict' && kind !== 'fill');
    const player = await Player.open();
    player.load({ ...tape, steps });
    const transcript = transcriptOf(player.tape, player.results);
    assert.deepEqual(await problemsOf(transcript), [], transcript);
    files.push(testOf(player.tape, player.results));
    assert.ok(markdownOf(player.tape, player.results).length > 0);
    player.close();
  }
  const { ok, output } = runTests(files);
  assert.ok(ok, output);
});

test('Markdown: who sends what, what comes back, and what it did', async (context) => {
  const player = await played(context, [
    'title A *lease*',
    '# Read `this` <now>',
    '@alice mg page v N30',
    '+30s',
    '@bob get ```',
    '@bob quit',
  ]);
  const text = plainly(markdownOf(player.tape, player.results, 'https://example.org/#1;mn'));
  assert.ok(
    text.startsWith(
      '# A \\*lease\\*\n\n[Play it](<https://example.org/#1;mn>)\n\nRead \\`this\\` \\<now\\>\n\n**Alice**\n\n',
    ),
    text,
  );
  assert.match(text, /```text\n> mg page v N30\n< VA 0 W\n<\n```\n\n`page`: created empty, lease to Alice for 30 s,/);
  assert.match(text, /\*30 s pass\.\* 30 s later; `page` has expired/);
  assert.match(text, /````text\n> get ```\n< END\n````/);
  assert.match(text, /\(the connection is closed\)/);
});
