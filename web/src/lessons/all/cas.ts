import { about, answered, casOf, IS_HIT, stores, storesWithOldCas, succeeded } from '../checks.js';
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
      key: 'stock',
      who: 'alice',
      done: 'Behind the `c` is its number; `v` asks for the value as well. Keep the number in mind.',
      check: (look) => answered(look, 'stock', { code: IS_HIT, flags: ['c'], client: 'alice' }),
    },
    {
      say: 'Bob sells one: he stores 9.',
      hint: '`@bob ms stock 1`, then `9`.',
      solution: String.raw`@bob ms stock 1\r\n9`,
      key: 'stock',
      who: 'bob',
      done: 'The number has changed.',
      check: (look) => look.item('stock')?.value.trim() === '9' && succeeded(look, 'stock', stores, 'bob'),
    },
    {
      say: 'Alice stores 9 as well, but only if nothing has changed since she read.',
      hint: '`ms stock 1 C2`, then `9`. `C2`, if her reply said `c2`.',
      solution: String.raw`@alice ms stock 1 C2\r\n9`,
      key: 'stock',
      who: 'alice',
      done: '`EX` (the old command `cas` says `EXISTS`): it has changed. Her update is not lost, she knows that she has to try again.',
      check: (look) => {
        const asked = storesWithOldCas(look, 'stock');
        return answered(look, 'stock', { code: /^(EX|EXISTS)$/, client: 'alice', asked });
      },
      why: (look) =>
        about(look, 'stock')
          .at(-1)
          ?.commands.some((command) => casOf(command) !== undefined)
          ? 'that is not the number that she read in the first task'
          : 'she stored without the number that she has read',
    },
    {
      say: 'She reads again, and stores one less than there is, with the new number.',
      hint: '`mg stock v c`; then `ms stock 1 C3`, if the reply said `c3`, and `8`.',
      solution: String.raw`@alice mg stock v c
@alice ms stock 1 C3\r\n8`,
      key: 'stock',
      who: 'alice',
      done: 'Taken: two sold, and the stock says 8.',
      check: (look) =>
        look.item('stock')?.value.trim() === '8' &&
        succeeded(look, 'stock', (command) => casOf(command) !== undefined, 'alice'),
      why: (look) =>
        succeeded(look, 'stock', (command) => stores(command) && casOf(command) === undefined)
          ? 'it was stored without a number, so nobody looked whether it had changed'
          : undefined,
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
