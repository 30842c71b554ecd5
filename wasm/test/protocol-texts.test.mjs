// isocache/protocol: each command, flag, reply and error has a text that a person understands, and an example; the
// examples that need no special server are what an inspector answers.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import {
  COMMANDS,
  ERRORS,
  IGNORED_FLAGS,
  META_CODES,
  META_FLAGS,
  META_MARKS,
  MODES,
  REPLIES,
  REPLY_HEADS,
  RequestReader,
  ReplyReader,
  SUBCOMMANDS,
  textOfCommand,
  textOfError,
  textOfFlag,
  textOfMark,
  textOfMode,
  textOfReply,
  USED_FLAGS,
} from 'isocache/protocol';

import { feed, newInspector } from './lib/inspectors.mjs';

const FOREIGN = ['', 'GET', 'constructor', '__proto__', 'toString', 'mg ', 'HDX'];

function checkSentence(text, what) {
  assert.match(text, /^\S.{3,}\.$/s, what);
}

/** Requests as they are sent: the last line end is left out in the texts. */
const sent = (lines) => (lines === '' ? '' : `${lines.replaceAll('\n', '\r\n')}\r\n`);

/** A reply of which `...` stands for anything. */
function patternOf(reply) {
  const parts = sent(reply).split('...');
  return new RegExp(`^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^]*')}$`);
}

/** What is beyond an inspector: settings and threads of a server, and what stands for many bytes. */
const needsMore = ({ before, request }) =>
  /^\$|^# (?!\d+ seconds later)|<\d|watch|shutdown|flush_prefix|cache_memlimit|lru_crawler|stats conns/m.test(
    `${before}\n${request}`,
  );

async function checkExample(example, what) {
  assert.equal(typeof example.before, 'string', what);
  assert.notEqual(example.request, '', what);
  if (needsMore(example)) return;
  const inspector = await newInspector({ maxBytes: 64 << 20 });
  const session = inspector.connect();
  for (const part of example.before.split(/(^# \d+ seconds later$)/m)) {
    const [, seconds] = /^# (\d+) seconds/.exec(part) ?? [];
    if (seconds) inspector.now += seconds * 1000;
    else if (part.trim() !== '') feed(session, sent(part.replace(/^\n|\n$/g, '')));
  }
  assert.match(feed(session, sent(example.request)), patternOf(example.reply), `${what}: ${example.request}`);
}

test('commands', async () => {
  for (const name of [...Object.keys(COMMANDS), ...Object.keys(SUBCOMMANDS)]) {
    const text = textOfCommand(name);
    assert.ok(text.syntax.startsWith(name), name);
    checkSentence(text.meaning, name);
    checkSentence(text.change, name);
    await checkExample(text.example, name);
  }
  for (const name of FOREIGN) assert.equal(textOfCommand(name), undefined, name);
});

describe('flags', () => {
  for (const command of Object.keys(USED_FLAGS)) {
    test(command, async () => {
      for (const letter of Object.keys(META_FLAGS)) {
        const what = `${command} ${letter}`;
        const text = textOfFlag(command, letter);
        assert.ok(text.name.length > 3, what);
        for (const sentence of [text.meaning, text.change, text.reply]) checkSentence(sentence, what);
        assert.equal(text.ignored, IGNORED_FLAGS[command].includes(letter), what);
        assert.equal(text.ignored, !USED_FLAGS[command].includes(letter), what);
        assert.match(text.example.request, new RegExp(`(^|\n)${command} .*(?<= )${letter}`), what);
        await checkExample(text.example, what);
      }
    });
  }

  test('of others', () => {
    for (const name of FOREIGN) {
      assert.equal(textOfFlag('mg', name), undefined, name);
      assert.equal(textOfFlag(name, 'v'), undefined, name);
      assert.equal(textOfMode(name, 'S'), undefined, name);
    }
    assert.equal(textOfFlag('get', 'v'), undefined);
  });
});

test('modes', async () => {
  for (const [command, letters] of Object.entries(MODES)) {
    for (const letter of letters) {
      const text = textOfMode(command, letter);
      checkSentence(text.meaning, letter);
      await checkExample(text.example, `${command} M${letter}`);
    }
    assert.equal(textOfMode(command, 'X'), undefined);
    assert.equal(textOfMode(command, ''), undefined);
  }
});

test('replies, in general and to each command', async () => {
  for (const [command, heads] of Object.entries(REPLY_HEADS)) {
    for (const head of heads) {
      const word = head === '<number>' ? '42' : head === 'key=' ? 'key=<key>' : head;
      checkSentence(textOfReply(word).meaning, word);
      const text = textOfReply(word, command);
      assert.ok(text.uses.length > 0, `${word} to ${command}`);
      for (const use of text.uses) {
        checkSentence(use.meaning, `${word} to ${command}`);
        await checkExample(use.example, `${word} to ${command}`);
      }
    }
  }
  for (const word of [...Object.values(META_CODES), ...Object.values(REPLIES)]) {
    checkSentence(textOfReply(word).meaning, word);
  }
  assert.deepEqual(textOfReply('HD', 'get').uses, []);
  for (const letter of META_MARKS) {
    checkSentence(textOfMark(letter).meaning, letter);
    await checkExample(textOfMark(letter).example, letter);
  }
  for (const word of FOREIGN) assert.equal(textOfReply(word, 'mg') ?? textOfMark(word), undefined, word);
});

test('errors', async () => {
  for (const [name, line] of Object.entries(ERRORS)) {
    const text = textOfError(line, name === 'badRetrievalKey' ? 'get' : undefined);
    checkSentence(text.when, name);
    checkSentence(text.remedy, name);
    await checkExample(text.example, name);
  }
  assert.notEqual(textOfError(ERRORS.badFormat, 'get'), textOfError(ERRORS.badFormat, 'set'));
  for (const line of FOREIGN) assert.equal(textOfError(line), undefined, line);
});

test('readers of requests and replies come with them', () => {
  const requests = new RequestReader();
  requests.push(Buffer.from('mg lang v\r\n'));
  assert.equal(requests.next().command, 'mg');
  const replies = [];
  new ReplyReader((reply) => replies.push(reply.line)).feed(Buffer.from('VA 2\r\nen\r\n'));
  assert.deepEqual(replies, ['VA 2']);
});
