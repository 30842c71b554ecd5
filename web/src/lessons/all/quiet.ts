import { about, flagOf, stores } from '../checks.js';
import type { Asked, Exchange, Lesson, Look } from '../lesson.js';

/** All three were asked for, no miss was answered, and mn came last. */
function askedQuietly(look: Look): boolean {
  const missed = look.exchanges.map(({ replies }) => replies.some(({ code }) => code === 'EN'));
  const quiet = look.exchanges.slice(missed.lastIndexOf(true) + 1);
  const keys = new Set(quiet.flatMap((exchange) => exchange.keys));
  const replies = quiet.flatMap((exchange) => exchange.replies);
  const values = replies.filter(({ code }) => code === 'VA').map(({ value }) => value);
  const all = ['a', 'b', 'c'].every((key) => keys.has(key));
  return all && values.includes('one') && values.includes('three') && replies.at(-1)?.code === 'MN';
}

export const lesson: Lesson = {
  id: 'quiet',
  title: 'Quiet commands, mn, and noreply',
  minutes: 4,
  text: [
    'A program that wants a hundred keys sends a hundred commands at once and reads the replies later. Most of them are dull: a miss when you read, a success when you store. The flag `q` leaves the dull ones out.',
    'But then silence may mean "not there" or "not yet". So the last command is `mn`: it answers `MN`, always, and says that everything before it is done.',
    'The old commands (`set`, `add`, `delete` and others) have the word `noreply` instead. It hides failures too, so that nobody is told of them.',
  ],
  setup: String.raw`@alice ms a 3\r\none
@alice ms c 5\r\nthree`,
  tasks: [
    {
      say: 'The keys `a` and `c` have values, `b` has none. Ask for `b` so that nothing is answered.',
      hint: '`mg b v q`',
      solution: '@alice mg b v q',
      key: 'b',
      done: 'Silence: a miss.',
      check: (look) => wasSilent(look, 'b', ({ name }) => name === 'mg') && look.item('b') === undefined,
      why: wasAnswered,
    },
    {
      say: 'Read `a`, `b` and `c` quietly, and then send `mn`.',
      hint: 'Four lines: `mg a v q`, `mg b v q`, `mg c v q`, `mn`. Send them one by one, or all at once: Shift+Enter begins a new line.',
      solution: String.raw`@alice mg a v q\r\nmg b v q\r\nmg c v q\r\nmn`,
      done: 'Two values and `MN`. Nothing came for `b`, and `MN` says that nothing will.',
      check: askedQuietly,
    },
    {
      say: 'Store something under `d` without an answer.',
      hint: '`ms d 4 q`, then `four`.',
      solution: String.raw`@alice ms d 4 q\r\nfour`,
      key: 'd',
      done: 'It is stored. With `q` you would have been told if it had failed.',
      check: (look) => !!look.item('d')?.value && wasSilent(look, 'd', stores),
      why: wasAnswered,
    },
    {
      say: 'Adding to `a` must fail, since it is there. Try it with the flag `q`: what is answered?',
      hint: 'The mode `ME` is "add, only if there is nothing": `ms a 3 ME q`, then `new`.',
      solution: String.raw`@alice ms a 3 ME q\r\nnew`,
      key: 'a',
      done: '`NS`, not stored: `q` never hides a failure.',
      check: (look) => look.item('a')?.value === 'one' && about(look, 'a').some(isRefused),
      why: (look) => (look.item('a')?.value === 'one' ? 'the flag `q` was not sent' : 'that has changed `a`'),
    },
    {
      say: 'Now the old way: add to `a` with `noreply`.',
      hint: '`add a 0 0 3 noreply`, then `new`. The two zeros are client flags and time to live.',
      solution: String.raw`@alice add a 0 0 3 noreply\r\nnew`,
      key: 'a',
      done: 'It has failed like before, and nobody was told.',
      check: (look) => look.item('a')?.value === 'one' && wasSilent(look, 'a', addsWithoutReply),
      why: wasAnswered,
    },
  ],
};

/** A whole command of this kind, and no answer. */
function wasSilent(look: Look, key: string, asked: (command: Asked) => boolean): boolean {
  return about(look, key).some(
    ({ commands, replies, unfinished }) => !unfinished && replies.length === 0 && commands.every(asked),
  );
}

function wasAnswered(look: Look): string | undefined {
  const line = look.exchanges.at(-1)?.replies[0]?.line;
  return line && `it was answered: \`${line.slice(0, 60)}\``;
}

function addsWithoutReply({ name, words }: Asked): boolean {
  return name === 'add' && words.at(-1) === 'noreply';
}

function isRefused({ commands, replies }: Exchange): boolean {
  const quiet = commands.every((command) => flagOf(command, 'q') !== undefined);
  return quiet && replies.length > 0 && replies.every(({ code }) => code === 'NS');
}
