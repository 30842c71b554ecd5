// Links: any tape goes through one, old ones open, and what cannot be opened says what to do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

import { seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { deflate, inflate, toBase64Url } from '../../../build/web/unit/share/deflate.js';
import { MAX_LINK_CHARACTERS, readLink, writeHash, writeLink } from '../../../build/web/unit/share/links.js';
import { MAX_TAPE_BYTES } from '../../../build/web/unit/tape/limits.js';
import { parseTape } from '../../../build/web/unit/tape/parse.js';
import { anyTape, plain, Random } from './lib/tapes.mjs';
import { cpuClock } from './lib/time.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);
const BASE = 'https://example.org/play/index.html';
const FIRST = 'isocache tape 1\n';
const fixtures = JSON.parse(readFileSync(new URL('./fixtures/links.json', import.meta.url), 'utf8'));

const tapeOf = (lines) => parseTape(FIRST + lines.join('\n')).tape;
const send = (text) => ({ kind: 'send', client: 'alice', bytes: Buffer.from(text) });

test('any tape goes through a link', async (context) => {
  context.diagnostic(`ISOCACHE_SEED=${seed}`);
  const random = new Random(seed);
  let packed = 0;
  for (let run = 0; run < 1000; ++run) {
    const tape = anyTape(random);
    const hash = await writeHash(tape);
    if (hash.startsWith('#1z')) ++packed;
    assert.match(hash, /^#1(z[A-Za-z0-9_-]+|;[A-Za-z0-9_.%@:+=,/;-]*)$/, 'only what chats leave alone');
    if (hash.length > 3) assert.match(hash, /[A-Za-z0-9_-]$/);
    const link = await readLink(BASE + hash);
    assert.equal(link.error, undefined, hash);
    assert.deepEqual(plain(link.tape), plain(tape), hash);
  }
  assert.ok(packed > 100 && packed < 900, `both kinds come up: ${packed} of 1000 are packed`);
});

test('short ones can be read', async () => {
  const cases = [
    [['@alice mg foo v'], '#1;mg%20foo%20v'],
    [['@alice ms a 2\\r\\nhi', '@bob mg a v', '+30s'], '#1;ms%20a%202%5Cr%5Cnhi;@bob%20mg%20a%20v;+30s'],
    [
      ['@alice @bob mg a', '@alice fill x', '@alice # no'],
      '#1;@alice%20@bob%20mg%20a;@alice%20fill%20x;@alice%20%23%20no',
    ],
    [['memory 2m', '@alice mn'], '#1;memory%202m;mn'],
    [['# (so it goes)!'], '#1;%23%20%28so%20it%20goes%29%21'],
    [[], '#1;'],
  ];
  for (const [lines, hash] of cases) {
    assert.equal(await writeHash(tapeOf(lines)), hash);
    assert.deepEqual(plain((await readLink(BASE + hash)).tape), plain(tapeOf(lines)));
  }
});

test('view and embed stand in the query', async () => {
  const tape = tapeOf(['@alice mn']);
  const { href } = await writeLink(`${BASE}?view=items#1;mg%20old`, tape, { view: 'races', embed: true });
  assert.equal(href, `${BASE}?embed&view=races#1;mn`);
  assert.deepEqual(plain((await readLink(href)).tape), plain(tape));
  const { tape: _, ...options } = await readLink(href);
  assert.deepEqual(options, { view: 'races', embed: true });
  assert.deepEqual(await readLink(`${BASE}?embed=0&view=<script>`), {});
  assert.deepEqual(await readLink(BASE), {});
  assert.deepEqual(await readLink(`${BASE}#`), {});
});

test('a link is at most 2,000 characters long, or none', async () => {
  const random = new Random(7);
  const noise = (length) => Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join('');
  const fits = await writeLink(BASE, { memoryBytes: 1 << 20, steps: [send(`set a 0 0 9\r\n${noise(2000)}\r\n`)] });
  assert.ok(fits.href.length <= MAX_LINK_CHARACTERS);
  const { error, href } = await writeLink(BASE, {
    memoryBytes: 1 << 20,
    steps: [send(`set a 0 0 9\r\n${noise(4000)}\r\n`)],
  });
  assert.equal(href, undefined);
  assert.match(error, /^Too long for a link: \d,\d\d\d characters.* Save it as a file\.$/);
});

describe('links of every version open as they did', () => {
  for (const { hash, tape } of fixtures) {
    test(hash.slice(0, 60), async () => {
      const link = await readLink(BASE + hash);
      assert.equal(link.error, undefined);
      assert.deepEqual(plain(link.tape), plain(parseTape(tape.join('\n')).tape));
    });
  }
});

describe('a link that cannot be opened says what to do', () => {
  const cases = [
    ['#foo', /is no tape.*Copy the link again/],
    ['#2;mn', /version 2.*reads version 1.*Open it with/],
    ['#1;mg%2', /damaged.*Copy it again/],
    ['#1;%ff', /damaged/],
    ['#1z!!!', /damaged/],
    ['#1zAAAA', /damaged/],
    ['#1;mn;+x', /^Step 2 of the link cannot be read\. Expected a wait.*`\+30s`/],
    ['#1;fill%20a', /Expected a prefix/],
    [`#1;${'mn;'.repeat(300_000)}`, /longer than any/],
  ];
  for (const [hash, message] of cases) {
    test(hash.slice(0, 30), async () => {
      const { error, tape } = await readLink(BASE + hash);
      assert.equal(tape, undefined);
      assert.match(error, message);
    });
  }

  test('one whose end was cut off', async () => {
    const whole = await writeHash(tapeOf(Array.from({ length: 30 }, (_, i) => `@bob mg key${i * 7919} v t f c`)));
    assert.match(whole, /^#1z/);
    for (let length = 3; length < whole.length - 2; length += 7) {
      const { error, tape } = await readLink(BASE + whole.slice(0, length));
      assert.equal(tape, undefined, `${length} of ${whole.length}`);
      assert.match(error, /damaged/);
    }
  });
});

test('a link that inflates to gigabytes is given up early', async () => {
  const bomb = await deflate(new Uint8Array(64 * 1024 * 1024));
  const hash = `#1z${toBase64Url(bomb)}`;
  assert.ok(hash.length < 100_000);
  const clock = cpuClock();
  assert.match((await readLink(BASE + hash)).error, /damaged/);
  assert.ok(clock() < 2000, `${clock()} ms`);
  assert.equal(await inflate(bomb, MAX_TAPE_BYTES), null);
});

test('no link is given out that no page can open', async () => {
  const send = (client, text) => ({ kind: 'send', client, bytes: Buffer.from(text) });
  const fill = (prefix) => ({ kind: 'fill', prefix, count: 60_000, valueBytes: 1 });
  const cases = [
    [[fill('a:'), fill('b:')], /100,000 items/],
    [Array(2).fill({ kind: 'wait', seconds: 3000 * 86_400 }), /3,650 days/],
    [['alice', 'bob', 'carol', 'dave', 'erin'].map((name) => send(name, 'mn\r\n')), /at most 4 clients/],
    [[send('alice', `ms a 300000\r\n${'x'.repeat(300_000)}\r\n`)], /longer than 256 KiB/],
  ];
  for (const [steps, message] of cases) {
    const tape = { memoryBytes: 1 << 20, steps };
    const { href, error } = await writeLink(BASE, tape);
    assert.equal(href, undefined);
    assert.match(error, message);
    assert.match((await readLink(BASE + (await writeHash(tape)))).error, message);
  }
});

test('the longest tape goes through a link, whatever its characters', async () => {
  const text = '\u65e5'.repeat(200_000);
  const bytes = Buffer.from(text);
  const send = (part) => ({ kind: 'send', client: 'alice', bytes: Buffer.from(part) });
  const tape = { memoryBytes: 1 << 20, steps: [send(`ms a ${bytes.length}\r\n`), send(`${text}\r\n`)] };
  const { href } = await writeLink(BASE, tape);
  assert.deepEqual(plain((await readLink(href)).tape), plain(tape));
});

test('no link ends in a character that chats take for their own', async () => {
  for (const end of ['.', ':', '!', ')', '?', ',', '-', '_']) {
    const hash = await writeHash(tapeOf([`@alice mg page${end}`]));
    assert.match(hash, /[A-Za-z0-9;]$/, end);
    assert.equal(plain((await readLink(BASE + hash)).tape).steps[0].bytes, `mg page${end}\r\n`);
  }
});

test('any text behind # is an answer, never an exception', async () => {
  const random = new Random(seed);
  for (let run = 0; run < 2000; ++run) {
    const text = random.pick(['#', '#1;', '#1z', '#1', '?#']) + random.bytes(random.below(40));
    const link = await readLink(BASE + text);
    assert.equal(typeof link, 'object');
  }
});
