import { about, stores, timeOf } from '../checks.js';
import type { Lesson } from '../lesson.js';

const DAY_S = 86_400;
/** When memcached was young: no span is so long, and no date of today is so small. */
const LONG_AGO_S = 1_000_000_000;

export const lesson: Lesson = {
  id: 'thirty-days',
  title: 'The trap at 30 days',
  minutes: 3,
  text: [
    'How long an item lives is a number of seconds: `T60` is a minute, `T604800` a week. `T0`, or no `T` at all, is for ever; a negative number has ended already.',
    'But a number above 2,592,000, which is 30 days, is not a span. It is a date: seconds since 1970. So 31 days, counted in seconds, are a day in January 1970. The item is stored and has ended at once; the reply is `HD` all the same.',
    'In this tab it is the first of January 2026, and that is 1767225600.',
  ],
  setup: '',
  tasks: [
    {
      say: 'Store something under `week` that lives for 7 days.',
      hint: '7 days are 604800 seconds: `ms week 2 T604800`, then `hi`.',
      solution: String.raw`@alice ms week 2 T604800\r\nhi`,
      key: 'week',
      done: 'A span: 7 days from now.',
      check: (look) => (look.item('week')?.ttl ?? 0) > 6.9 * DAY_S && look.item('week')!.ttl! <= 7 * DAY_S,
    },
    {
      say: 'Step into the trap: store something under `month` for 31 days, counted in seconds, and read it.',
      hint: '31 days are 2678400 seconds: `ms month 2 T2678400`, then `hi`; then `mg month v`.',
      solution: String.raw`@alice ms month 2 T2678400\r\nhi
@alice mg month v`,
      key: 'month',
      done: 'Stored, said the server, and the item had ended in 1970.',
      check: (look) => {
        const all = about(look, 'month');
        const trapped = all
          .flatMap(({ commands }) => commands)
          .filter(stores)
          .map((command) => timeOf(command) ?? 0);
        if (!trapped.some((seconds) => seconds > 30 * DAY_S && seconds < LONG_AGO_S)) return false;
        const codes = all.flatMap(({ replies }) => replies.map(({ code }) => code));
        const stored = codes.findIndex((code) => code === 'HD' || code === 'STORED');
        const missed = codes.slice(stored + 1).some((code) => code === 'EN' || code === 'END');
        return stored >= 0 && missed && look.item('month') === undefined;
      },
    },
    {
      say: 'Do it right: `month` lives for 31 days.',
      hint: 'Give the date: 1767225600 + 2678400 = 1769904000. So `ms month 2 T1769904000`, then `hi`.',
      solution: String.raw`@alice ms month 2 T1769904000\r\nhi`,
      key: 'month',
      done: 'A date works for any span. Many client libraries do this sum for you.',
      check: (look) => {
        const ttl = look.item('month')?.ttl ?? 0;
        return ttl > 30.9 * DAY_S && ttl < 31.1 * DAY_S;
      },
    },
    {
      say: 'Store something under `always` that never ends.',
      hint: '`ms always 2`, then `hi`: without `T`.',
      solution: String.raw`@alice ms always 2\r\nhi`,
      key: 'always',
      done: 'It never ends, but it may be evicted when memory is short. A cache promises nothing.',
      check: (look) => look.item('always') !== undefined && look.item('always')!.ttl === undefined,
    },
  ],
};
