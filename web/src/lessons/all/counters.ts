import { about, answered, flagOf, succeeded } from '../checks.js';
import type { Asked, Lesson, Look } from '../lesson.js';

/** The number has come around by counting: a number that was stored anew would not be padded. */
function hasWrapped(look: Look): boolean {
  const big = look.item('big');
  const shown = about(look, 'big').some(({ replies }) => replies.some(({ line, value }) => (value ?? line) === '0'));
  return big !== undefined && big.value.trim() === '0' && big.valueLength > 1 && shown;
}

const counts = ({ name }: Asked): boolean => /^(ma|incr|decr)$/.test(name);
const appends = (command: Asked): boolean => command.name === 'append' || /^[Aa]/.test(flagOf(command, 'M') ?? '');

function byHand(look: Look): string | undefined {
  const stored = succeeded(look, 'visits', ({ name }) => name === 'ms' || name === 'set');
  return stored ? 'the number was stored by hand: let the server count' : undefined;
}

export const lesson: Lesson = {
  id: 'counters',
  title: 'Modes and counters',
  minutes: 4,
  text: [
    '`M` and a letter say how `ms` stores: `ME` adds only if there is nothing, `MR` replaces only what is there, `MA` appends, `MP` puts before. Without `M` it just stores.',
    'A value of digits is a counter. `ma` (meta arithmetic) adds 1, or the number behind `D`; `MD` subtracts. It happens in the server, in one go, so nobody’s count is lost. `N0` makes the counter if there is none, and `J` says with what it begins.',
  ],
  setup: String.raw`@alice ms log 2\r\na,
@alice ms big 20\r\n18446744073709551615`,
  tasks: [
    {
      say: '`log` has the value `a,`. Append `b,` to it.',
      hint: '`ms log 2 MA`, then `b,`.',
      solution: String.raw`@alice ms log 2 MA\r\nb,`,
      key: 'log',
      done: 'Nothing was read: the server put the two together.',
      check: (look) => look.item('log')?.value === 'a,b,' && succeeded(look, 'log', appends),
    },
    {
      say: 'Count the first visit: make a counter `visits` with 1.',
      hint: '`ma visits N0 J1 v`',
      solution: '@alice ma visits N0 J1 v',
      key: 'visits',
      done: 'The counter is there. The next `ma visits N0 J1` would find it, and add.',
      check: (look) => look.item('visits')?.value.trim() === '1',
    },
    {
      say: 'Add 9 to `visits`.',
      hint: '`ma visits D9 v`',
      solution: '@alice ma visits D9 v',
      key: 'visits',
      done: '10: the number may grow longer.',
      check: (look) => look.item('visits')?.value.trim() === '10' && succeeded(look, 'visits', counts),
      why: byHand,
    },
    {
      say: 'Subtract 1, and look at the value with `get`.',
      hint: '`ma visits MD`; then `get visits`.',
      solution: `@alice ma visits MD
@alice get visits`,
      key: 'visits',
      done: 'A `9` and a space: a value never gets shorter by subtracting, it is padded. Cut the spaces before you compare.',
      check: (look) => {
        const shown = answered(look, 'visits', { code: 'VALUE', value: '9 ' });
        return look.item('visits')?.value === '9 ' && shown && succeeded(look, 'visits', counts);
      },
      why: byHand,
    },
    {
      say: '`big` is the largest number there is, 18446744073709551615. Add 1, and have the result shown.',
      hint: '`ma big v`',
      solution: '@alice ma big v',
      key: 'big',
      done: 'It comes around to 0. Subtracting, on the other hand, stops at 0.',
      check: hasWrapped,
    },
  ],
};
