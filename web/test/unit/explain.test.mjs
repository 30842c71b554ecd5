// What the parts of requests and replies mean.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';

import * as protocol from 'isocache/protocol';

import { seedFromEnvironment } from '../../../tests/lib/random.mjs';
import { bytesView, explainReply, explainRequest, loadTexts } from '../../../build/web/unit/explain/index.js';
import { findRequests, keysOf } from '../../../build/web/unit/base/requests.js';
import { anyBytes, anyCommand, Random } from './lib/tapes.mjs';
import { cpuClock } from './lib/time.mjs';

const seed = seedFromEnvironment(Date.now() % 1_000_000);
const bytes = (text) => Buffer.from(text, 'latin1');
const wire = (text) => bytes(text === '' ? '' : `${text.replaceAll('\n', '\r\n')}\r\n`);
const request = (text) => explainRequest(bytes(text));
const reply = (asked, text) => explainReply(bytes(asked), bytes(text));
const brief = (tokens) =>
  tokens.filter(({ kind }) => kind !== 'end').map(({ text, kind, partner }) => [text, kind, partner]);

/** Each byte belongs to one token, or is a space between two. */
function checkCover(all, tokens) {
  let at = 0;
  for (const { from, to, title } of tokens) {
    assert.ok(from >= at && to > from && to <= all.length);
    assert.match(Buffer.from(all.subarray(at, from)).toString('latin1'), /^ *$/, 'only spaces lie between');
    assert.notEqual(title, '');
    at = to;
  }
  assert.match(Buffer.from(all.subarray(at)).toString('latin1'), /^ *$/);
}

test('before the texts are there, the parts are known already', () => {
  assert.deepEqual(brief(request('mg page v N30\r\n')), [
    ['mg', 'command', undefined],
    ['page', 'key', 'key:page'],
    ['v', 'flag', 'item:value'],
    ['N30', 'flag', 'item:won'],
  ]);
});

describe('with the texts', () => {
  before(loadTexts);

  test('a flag says what it is, what it does here, and what it changes', () => {
    const [command, key, v, n] = request('mg page v N30\r\n');
    assert.equal(command.title, 'mg <key> <flag>*');
    assert.match(command.meaning, /Meta get/);
    assert.equal(key.title, 'key');
    assert.equal(v.title, 'flag v: return the value');
    assert.equal(v.change, undefined, '"Nothing." is left out');
    assert.match(n.title, /^flag N: on a miss create/);
    assert.match(n.meaning, /Here: it expires in 30\u00a0s\.$/);
    assert.match(n.change, /creates an item/);
    assert.deepEqual(Object.keys(n.example), ['request', 'reply']);
  });

  test('every command, and every flag of every meta command, has a meaning', () => {
    for (const name of Object.keys(protocol.COMMANDS)) {
      const [token] = request(`${name} a 1 2 3 4\r\n`);
      assert.equal(token.kind, 'command', name);
      assert.ok(token.meaning && token.example && token.change, name);
    }
    for (const name of Object.keys(protocol.SUBCOMMANDS)) {
      const [, token] = request(`${name}\r\n`);
      assert.equal(token.kind, 'command', name);
      assert.ok(token.meaning, name);
    }
    for (const command of ['mg', 'ms', 'md', 'ma', 'me']) {
      for (const letter of Object.keys(protocol.META_FLAGS)) {
        const line = `${command} a ${command === 'ms' ? '1 ' : ''}${letter}${letter === 'M' ? (command === 'ma' ? '-' : 'A') : '1'}\r\n`;
        const token = request(line).find(({ kind }) => kind === 'flag' || kind === 'mode');
        assert.ok(token, line);
        assert.notEqual(token.meaning, '', line);
        const ignored = protocol.IGNORED_FLAGS[command].includes(letter);
        assert.equal(/accepted and ignored/.test(token.title), ignored, line);
      }
    }
    assert.equal(request('mg a z\r\n')[2].title, 'not a flag');
    assert.equal(request('GET a\r\n')[0].title, 'not a command');
  });

  test('every example of the tables: request and reply are explained to the last word', () => {
    const examples = [];
    const collect = (value) => {
      if (value && typeof value === 'object') {
        if (typeof value.request === 'string' && typeof value.reply === 'string') examples.push(value);
        else Object.values(value).forEach(collect);
      }
    };
    collect(Object.fromEntries(Object.entries(protocol).filter(([name]) => /TEXTS|LINES/.test(name))));
    assert.ok(examples.length > 150, `${examples.length}`);
    for (const example of examples) {
      const asked = wire(example.request);
      const answer = wire(example.reply);
      checkCover(asked, explainRequest(asked));
      const tokens = explainReply(asked, answer);
      checkCover(answer, tokens);
      if (example.reply.includes('...') || example.reply.endsWith('\n')) continue;
      const empty = tokens.filter(
        ({ kind, meaning }) => ['code', 'mark', 'error', 'flag'].includes(kind) && meaning === '',
      );
      assert.deepEqual(empty, [], `${example.request} -> ${example.reply}`);
    }
  });

  test('all errors are explained', () => {
    for (const text of Object.values(protocol.ERRORS)) {
      const [token] = reply('mg a\r\n', `${text}\r\n`);
      assert.equal(token.kind, 'error', text);
      assert.ok(token.meaning, text);
    }
  });

  test('the cas of an old reply lights up with the item, as that of a meta reply does', () => {
    const partner = (tokens, text) => tokens.find((token) => token.text === text)?.partner;
    assert.equal(partner(reply('gets a\r\n', 'VALUE a 0 1 77\r\nx\r\nEND\r\n'), '77'), 'item:cas');
    assert.equal(partner(reply('mg a c\r\n', 'HD c77\r\n'), 'c77'), 'item:cas');
  });

  test('partners: request, reply and item speak of the same thing', () => {
    const asked = 'mg page t c k v R10\r\n';
    const answer = 'VA 2 t5 c7 kpage W\r\nhi\r\n';
    assert.deepEqual(brief(reply(asked, answer)), [
      ['VA', 'code', undefined],
      ['2', 'number', 'item:length'],
      ['t5', 'flag', 'item:ttl'],
      ['c7', 'flag', 'item:cas'],
      ['kpage', 'key', 'key:page'],
      ['W', 'mark', 'item:won'],
      ['hi', 'value', 'item:value'],
    ]);
    const partners = new Set(request(asked).map(({ partner }) => partner));
    for (const { partner } of reply(asked, answer)) {
      if (partner && partner !== 'item:length') assert.ok(partners.has(partner), partner);
    }
    assert.match(reply(asked, answer)[2].meaning, /Here: 5\u00a0s left\./);
  });

  test('text commands: numbers are told apart by their place', () => {
    const tokens = request('cas page 5 60 2 77 noreply\r\nhi\r\n');
    assert.deepEqual(
      tokens.map(({ title }) => title),
      [
        protocol.COMMAND_TEXTS.cas.syntax,
        'key',
        'client flags',
        'exptime',
        'length',
        'cas unique',
        'noreply',
        'line end',
        'value',
        'line end',
      ],
    );
    assert.match(tokens[3].meaning, /Here: it expires in 1\u00a0min\./);
    assert.match(request('touch a 2592001\r\n')[2].meaning, /is a date.*1970-01-31 00:00:01 UTC/);
    assert.match(request('gat -1 a b\r\n')[1].meaning, /at once/);
    assert.deepEqual(brief(request('gets a b\r\n')).slice(1), [
      ['a', 'key', 'key:a'],
      ['b', 'key', 'key:b'],
    ]);
    assert.equal(request('flush_all 10\r\n')[1].title, 'delay');
    assert.equal(request('incr n 5\r\n')[2].title, 'delta');
  });

  test('a value with line ends is one token; what is missing is counted', () => {
    const whole = request('ms a 4\r\n\r\n\r\n\r\n');
    assert.equal(whole[4].text, '\\r\\n\\r\\n');
    assert.equal(whole[4].kind, 'value');
    assert.match(request('ms a 9\r\nabc')[4].meaning, /8\u00a0bytes are missing/);
    assert.equal(request('ms a 1\r\nabc\r\n').find(({ kind }) => kind === 'error').title, 'no line end');
    assert.equal([...findRequests(bytes('set a 0 0 5\r\n'))][0].missing, 7);
    assert.equal([...findRequests(bytes('set a 0 0 5'))][0].missing, 0);
  });

  test('words of rare commands are called what the form of the command calls them', () => {
    const titles = (text) =>
      request(text)
        .map(({ title }) => title)
        .slice(1, -1);
    assert.deepEqual(titles('cache_memlimit 10 noreply\r\n'), ['MiB', 'noreply']);
    assert.deepEqual(titles('verbosity 1\r\n'), ['level']);
    assert.deepEqual(titles('lru tune 10 30\r\n').slice(1), ['hot %', 'warm %']);
    assert.deepEqual(titles('lru_crawler metadump all\r\n').slice(1), ['all|hash|<class>[,<class>...]']);
    assert.deepEqual(titles('version x y\r\n'), ['argument', 'argument']);
  });

  test('keys of a dump stand for bytes', () => {
    const tokens = reply('lru_crawler metadump all\r\n', 'OK\r\nkey=a%20%ff%2 exp=-1 \r\nEND\r\n');
    assert.equal(tokens.find(({ kind }) => kind === 'key').partner, 'key:a \\xff%2');
  });

  test('N of mg is about the lease, of ma about the TTL', () => {
    assert.equal(request('mg a N5\r\n')[2].partner, 'item:won');
    assert.equal(request('ma a N5\r\n')[2].partner, 'item:ttl');
  });

  test('base64 keys are shown as what they stand for', () => {
    const [, key] = request('mg Zm9v b k v\r\n');
    assert.equal(key.decoded, 'foo');
    assert.equal(key.partner, 'key:foo');
    const back = reply('mg Zm9v b k v\r\n', 'VA 2 kZm9v b\r\nhi\r\n').find(({ kind }) => kind === 'key');
    assert.equal(back.decoded, 'foo');
    assert.equal(back.partner, 'key:foo');
    assert.match(request('mg key b\r\n')[1].meaning, /none/);
    const asked = bytes('ms Zm9v 2 b\r\nhi\r\n');
    assert.equal(Buffer.from(keysOf(asked, [...findRequests(asked)][0])[0]).toString(), 'foo');
  });

  test('a reply is explained by the command that it answers, also behind quiet ones', () => {
    const tokens = reply('mg a q\r\nms b 1\r\nx\r\nmn\r\n', 'HD\r\nMN\r\n');
    assert.equal(
      tokens[0].meaning,
      'The item is there, and its value was not asked for, or C says that the client has it.',
    );
    const codes = reply('ms a 4\r\nma b\r\nmg a\r\n', 'HD\r\nHD\r\n').filter(({ kind }) => kind === 'code');
    assert.match(codes[1].meaning, /The item is there/, 'what looks like a command in a value is none');
    const [stored] = reply('add a 0 0 1\r\nx\r\n', 'STORED\r\n');
    assert.ok(stored.meaning);
    assert.deepEqual(
      reply('get a b\r\nincr n 1\r\n', 'VALUE a 0 1\r\nx\r\nEND\r\n8\r\n').map(({ kind }) => kind),
      ['code', 'key', 'number', 'number', 'end', 'value', 'end', 'code', 'end', 'number', 'end'],
    );
  });

  test('any bytes are covered, as request and as reply', (context) => {
    context.diagnostic(`ISOCACHE_SEED=${seed}`);
    const random = new Random(seed);
    for (let run = 0; run < 3000; ++run) {
      const some = Buffer.concat([anyCommand(random), anyBytes(random), anyCommand(random)]);
      checkCover(some, explainRequest(some));
      const answer = Buffer.concat([
        anyBytes(random),
        bytes(random.pick(['VA 3 t', 'VALUE a 0 9\r\n', 'HD W X', 'STAT '])),
      ]);
      checkCover(answer, explainReply(some, answer));
    }
  });

  test('a hostile request or reply takes no long time', () => {
    const texts = [
      `mg a ${'v '.repeat(50_000)}`,
      'a\n'.repeat(60_000),
      '\n'.repeat(100_000),
      `get ${'k '.repeat(50_000)}`,
      ' '.repeat(100_000),
      'VA 0\r\n'.repeat(20_000),
      'W'.repeat(100_000),
      `HD ${'t1 '.repeat(40_000)}`,
      `set ${'9'.repeat(100_000)} 0 0 ${'9'.repeat(1000)}\r\n`,
    ];
    const clock = cpuClock();
    for (const text of texts) {
      const hostile = bytes(text);
      assert.ok(explainRequest(hostile).length <= 501);
      assert.ok(explainReply(hostile, hostile).length <= 501);
    }
    assert.ok(clock() < 3000, `${clock()} ms`);
    assert.equal(request(`mg a ${'v '.repeat(50_000)}`).at(-1).title, 'the rest');
  });
});

test('bytes: hex, names of what cannot be seen, and what kind it is', () => {
  assert.deepEqual(
    bytesView(bytes('a \r\n\0\xff')).map(({ hex, shown, kind }) => [hex, shown, kind]),
    [
      ['61', 'a', 'text'],
      ['20', 'SP', 'space'],
      ['0d', 'CR', 'end'],
      ['0a', 'LF', 'end'],
      ['00', 'NUL', 'control'],
      ['ff', '.', 'high'],
    ],
  );
  assert.deepEqual(
    bytesView(bytes('abcdef'), 2, 2).map(({ offset }) => offset),
    [2, 3],
  );
});
