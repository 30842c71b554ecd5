import { answered, IS_HIT } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'cas',
  title: 'Change only what you have read: C and E',
  minutes: 4,
  text: [
    'Alice and Bob both read that 10 are in stock. Each sells one and stores 9. Two are sold, and the stock says 9: one update is lost.',
    'Each item has a number, its cas, that changes with each store. `c` reads it, and `C` with the number stores only if it is still the same. Who is refused reads again and tries once more.',
    '`E` gives the item a number of your own, for example the version that the row has in your database.',
  ],
  setup: String.raw`@alice ms stock 2\r\n10`,
  tasks: [
    {
      say: 'Alice reads `stock` with its number.',
      hint: '`mg stock v c`',
      solution: '@alice mg stock v c',
      done: 'The value, and behind `c` its number.',
      check: (look) => answered(look, 'stock', { code: IS_HIT, flags: ['c'], client: 'alice' }),
    },
    {
      say: 'Bob sells one: he stores 9.',
      hint: '`@bob ms stock 1`, then `9`.',
      solution: String.raw`@bob ms stock 1\r\n9`,
      done: 'The number has changed.',
      check: (look) => look.item('stock')?.value.trim() === '9',
    },
    {
      say: 'Alice stores 9 as well, but only if nothing has changed since she read.',
      hint: '`ms stock 1 C2`, then `9`. `C2`, if her reply said `c2`.',
      solution: String.raw`@alice ms stock 1 C2\r\n9`,
      done: '`EX`: it has changed. Her update is not lost, she knows that she has to try again.',
      check: (look) => answered(look, 'stock', { code: /^(EX|EXISTS)$/, client: 'alice' }),
    },
    {
      say: 'She reads again, and stores one less than there is, with the new number.',
      hint: '`mg stock v c`; then `ms stock 1 C3`, if the reply said `c3`, and `8`.',
      solution: String.raw`@alice mg stock v c
@alice ms stock 1 C3\r\n8`,
      done: '`HD`: two sold, and the stock says 8.',
      check: (look) => look.item('stock')?.value.trim() === '8',
    },
    {
      say: 'Give the item a number of your own: store any stock with 1000 as its number.',
      hint: '`ms stock 1 E1000`, then `8`.',
      solution: String.raw`@alice ms stock 1 E1000\r\n8`,
      done: 'Now caches in two places can have the same number for the same version.',
      check: (look) => look.item('stock')?.cas === 1000n,
    },
  ],
};
