import { answered, HAS_VALUE, lastFlag } from '../checks.js';
import type { Lesson } from '../lesson.js';

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
      done: '`h0`: nobody had read it before you.',
      check: (look) => answered(look, 'page', { flags: ['h0'] }),
    },
    {
      say: 'Ask the same again.',
      hint: 'The arrow key up brings the last command back.',
      solution: '@alice mg page h',
      done: '`h1`: somebody had read it, namely you, just now.',
      check: (look) => answered(look, 'page', { flags: ['h1'] }),
    },
    {
      say: 'Let at least 10 seconds pass, and ask when `page` was last used.',
      hint: 'Let time pass with the clock, or type `+10s`; then `mg page l`.',
      solution: `+10s
@alice mg page l`,
      done: 'The seconds since the last use. Ask once more and it is `l0`: asking was a use.',
      check: (look) => Number(lastFlag(look, 'page', 'l') ?? 0) >= 10,
    },
    {
      say: 'Give `page` 1,000 seconds to live, with a reply that tells how many it had before.',
      hint: '`T1000` gives it the time, a `t` before that asks for the old one: `mg page t T1000`.',
      solution: '@alice mg page t T1000',
      done: 'Order matters: `t` before `T` tells the old time, `t` after it the new one.',
      check: (look) => {
        const told = Number(lastFlag(look, 'page', 't') ?? 1000);
        return look.item('page')?.ttl === 1000 && told > 0 && told <= 300;
      },
    },
    {
      say: 'Read the value of `news` so that nothing notices: `h` must go on saying `h0`.',
      hint: 'The flag `u` reads without leaving a trace: `mg news u v`.',
      solution: '@alice mg news u v',
      done: 'That is how a tool should look around: what it reads stays as unread as it was.',
      check: (look) => {
        const news = look.item('news');
        return news?.fetched === false && answered(look, 'news', { code: HAS_VALUE, value: news.value });
      },
    },
  ],
};
