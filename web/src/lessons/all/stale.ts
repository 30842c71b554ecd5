import { answered, HAS_VALUE, stores, succeeded } from '../checks.js';
import type { Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'stale',
  title: 'Old is better than nothing: I and X',
  minutes: 4,
  text: [
    'The data behind a page has changed. You could delete the page: then everybody misses and waits until it is made anew.',
    'Or you mark it. `md page I` keeps the item and marks it as stale. Readers get the old page with an `X`, so that nobody waits, and the first of them is told `W` as well: please make a new one.',
    'This is called stale-while-revalidate. `T30` gives the old page 30 more seconds: no longer than somebody needs to make the new one.',
  ],
  setup: String.raw`@alice ms page 5 T600\r\nhello`,
  tasks: [
    {
      say: 'Mark `page` as stale, and let it live for at most a minute from now.',
      hint: '`md page I T30`',
      solution: '@alice md page I T30',
      key: 'page',
      done: 'It is still there, with a mark and a new number.',
      check: (look) => {
        const page = look.item('page');
        return page?.stale === true && page.value === 'hello' && (page.ttl ?? 999) <= 60;
      },
    },
    {
      say: 'Alice reads it.',
      hint: '`mg page v`',
      solution: '@alice mg page v',
      key: 'page',
      who: 'alice',
      done: 'The old page, `X` for stale, and `W`: Alice is asked to make the new one.',
      check: (look) => answered(look, 'page', { code: HAS_VALUE, flags: ['X', 'W'], client: 'alice' }),
    },
    {
      say: 'Bob reads it, too.',
      hint: '`@bob mg page v`',
      solution: '@bob mg page v',
      key: 'page',
      who: 'bob',
      done: 'The old page at once, and `Z`: somebody is making a new one. Bob does not wait.',
      check: (look) => answered(look, 'page', { code: HAS_VALUE, flags: ['X', 'Z'], client: 'bob' }),
    },
    {
      say: 'Alice stores the new page.',
      hint: '`ms page 5 T600`, then `world`.',
      solution: String.raw`@alice ms page 5 T600\r\nworld`,
      key: 'page',
      who: 'alice',
      done: 'A store takes the mark away.',
      check: (look) => {
        const page = look.item('page');
        const isNew = page !== undefined && !page.stale && page.value !== '' && page.value !== 'hello';
        return isNew && succeeded(look, 'page', stores, 'alice');
      },
    },
    {
      say: 'Bob reads once more.',
      hint: '`@bob mg page v`',
      solution: '@bob mg page v',
      key: 'page',
      who: 'bob',
      done: 'The new page, without any mark. Nobody has waited, and it was made once.',
      check: (look) => {
        const value = look.item('page')?.value ?? '';
        return answered(look, 'page', { code: HAS_VALUE, value, without: ['X', 'W', 'Z'], client: 'bob' });
      },
    },
  ],
};
