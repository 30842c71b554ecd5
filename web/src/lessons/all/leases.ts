import { answered, HAS_VALUE, stores, succeeded } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'leases',
  title: 'Leases: N, W and Z',
  minutes: 5,
  text: [
    'A page is missing, and a thousand visitors want it. If each of them makes it, the database drowns. One should make it, and the others should know.',
    '`N30` says: if there is nothing, make an empty item that lives for 30 seconds, and let me fill it. Who comes first is answered `W`: won, it is yours to make. Everybody after that is answered `Z`: somebody is at it.',
    'That empty item is a lease. If the winner never comes back, it ends by itself, and the next one wins.',
  ],
  setup: '',
  tasks: [
    {
      say: 'Alice asks for `page`, which is missing, and wants the lease.',
      hint: '`mg page v N30`',
      solution: '@alice mg page v N30',
      key: 'page',
      who: 'alice',
      done: '`W`: Alice has won. What is there for now is an empty value; `v` shows it.',
      check: (look) => {
        const page = look.item('page');
        return page?.value === '' && page.won && answered(look, 'page', { flags: ['W'], client: 'alice' });
      },
    },
    {
      say: 'Bob asks the same. Choose Bob to speak, or begin the line with `@bob`.',
      hint: '`@bob mg page v N30`',
      solution: '@bob mg page v N30',
      key: 'page',
      who: 'bob',
      done: '`Z`: somebody else is at it. Bob waits a little, or goes without.',
      check: (look) => answered(look, 'page', { flags: ['Z'], without: ['W'], client: 'bob' }),
    },
    {
      say: 'Beware: read `page` with the old command `get`, which knows nothing of leases.',
      hint: '`get page`',
      solution: '@bob get page',
      key: 'page',
      done: 'An empty value, as if it were the page. Programs that mix the two ways must expect that.',
      check: (look) => answered(look, 'page', { code: 'VALUE', value: '' }),
    },
    {
      say: 'Alice has made the page: she stores it.',
      hint: '`ms page 5 T60`, then `hello`.',
      solution: String.raw`@alice ms page 5 T60\r\nhello`,
      key: 'page',
      who: 'alice',
      done: 'The lease has done its work.',
      check: (look) => {
        const page = look.item('page');
        const filled = page !== undefined && page.value !== '' && !page.won;
        return filled && succeeded(look, 'page', stores, 'alice');
      },
    },
    {
      say: 'Bob asks again, as before.',
      hint: '`@bob mg page v N30`',
      solution: '@bob mg page v N30',
      key: 'page',
      who: 'bob',
      done: 'The page, and neither `W` nor `Z`. It was made once.',
      check: (look) => {
        const value = look.item('page')?.value ?? '';
        const wanted = { code: HAS_VALUE, value, without: ['W', 'Z'], client: 'bob' };
        return value !== '' && answered(look, 'page', wanted);
      },
    },
  ],
};
