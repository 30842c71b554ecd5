import { about, answered, flagOf, HAS_VALUE } from '../checks.js';
import type { Asked, Lesson, Look } from '../lesson.js';

/** The arguments of such flags in replies about the page, if such a command was sent with them. */
function toldFlags(look: Look, letter: string, asked: (command: Asked) => boolean = () => true): string[] {
  const flags = about(look, 'page')
    .filter(({ commands }) => commands.some(asked))
    .flatMap(({ replies }) => replies.flatMap((reply) => reply.flags));
  return flags.filter((flag) => flag[0] === letter).map((flag) => flag.slice(1));
}

export const lesson: Lesson = {
  id: 'state-before',
  title: 'h, l and t tell the state before',
  minutes: 4,
  text: [
    'Letters behind the key are flags: each asks for something, or does something. The reply has what was asked for in the same order.',
    '`h` asks whether the item was read since it was stored, `l` how many seconds ago it was last used, `t` how many seconds it has left to live. They tell how things were before this very command: the read that asks does not count yet.',
  ],
  setup: String.raw`@alice ms page 5 T300\r\nhello
@alice ms news 5 T77\r\nextra`,
  tasks: [
    {
      say: 'Nobody has read `page` yet. Ask for `h`.',
      hint: '`mg page h`',
      solution: '@alice mg page h',
      key: 'page',
      done: '`h0`: nobody had read it before you.',
      check: (look) => answered(look, 'page', { flags: ['h0'] }),
    },
    {
      say: 'Ask the same again.',
      hint: 'The arrow key up brings the last command back.',
      solution: '@alice mg page h',
      key: 'page',
      done: '`h1`: somebody had read it, namely you, just now.',
      check: (look) => answered(look, 'page', { flags: ['h1'] }),
    },
    {
      say: 'Let at least 10 seconds pass, and ask when `page` was last used.',
      hint: 'Let time pass with the clock, or type `+10s`; then `mg page l`.',
      solution: `+10s
@alice mg page l`,
      key: 'page',
      done: 'The seconds since the last use. Ask once more and it is `l0`: asking was a use.',
      check: (look) => toldFlags(look, 'l').some((seconds) => Number(seconds) >= 10),
    },
    {
      say: 'Give `page` 1,000 seconds to live, with a reply that tells how many it had before.',
      hint: '`T1000` gives it the time, a `t` before that asks for the old one: `mg page t T1000`.',
      solution: '@alice mg page t T1000',
      key: 'page',
      done: 'Order matters: `t` before `T` tells the old time, `t` after it the new one.',
      check: (look) => {
        const told = toldFlags(look, 't', (command) => flagOf(command, 'T') === '1000').map(Number);
        return look.item('page')?.ttl === 1000 && told.some((seconds) => seconds > 0 && seconds <= 300);
      },
    },
    {
      say: 'Read the value of `news` so that nothing notices: `h` must go on saying `h0`.',
      hint: 'The flag `u` reads without leaving a trace: `mg news u v`.',
      solution: '@alice mg news u v',
      key: 'news',
      done: 'That is how a tool should look around: what it reads stays as unread as it was.',
      check: (look) => {
        const news = look.item('news');
        const asked = (command: Asked) => flagOf(command, 'u') !== undefined;
        return news?.fetched === false && answered(look, 'news', { code: HAS_VALUE, value: news.value, asked });
      },
      why: (look) => (look.item('news')?.fetched ? 'it is marked as read now; store it anew, or go back' : undefined),
    },
  ],
};
