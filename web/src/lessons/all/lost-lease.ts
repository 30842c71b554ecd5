import { answered, casOf, stores, storesWithOldCas, succeeded } from '../checks.js';
import type { Asked, Lesson } from '../lesson.js';

export const lesson: Lesson = {
  id: 'lost-lease',
  title: 'A lease that was lost',
  minutes: 5,
  text: [
    'While Alice makes the page, the world goes on: the data changes, somebody deletes the item or stores a newer page. Then Alice comes with what she made of the old data. She must not win now.',
    'Each item has a number that changes with each store, its cas. The flag `c` asks for it, and a lease has one, too. `C` with that number, when she stores, says: only if it is still this one.',
    'Two answers tell her that it is not. `NF`: the item is gone. `EX`: it is there, but another one.',
  ],
  setup: `@alice mg page v c N30
@carol md page`,
  tasks: [
    {
      say: 'Alice got a lease; the reply to her first command shows its number, `c2`. Then Carol deleted the item. Alice stores her page, if it is still hers to store.',
      hint: '`ms page 5 C2`, then `alice`.',
      solution: String.raw`@alice ms page 5 C2\r\nalice`,
      key: 'page',
      who: 'alice',
      done: '`NF` (the old command `cas` says `NOT_FOUND`): the item is gone, and with it her right. Nothing was stored.',
      check: (look) => {
        const asked = (command: Asked) => casOf(command) !== undefined;
        const refused = answered(look, 'page', { code: /^(NF|NOT_FOUND)$/, asked, client: 'alice' });
        return refused && look.item('page') === undefined;
      },
    },
    {
      say: 'She asks once more, for a new lease and its number.',
      hint: '`mg page v c N30`',
      solution: '@alice mg page v c N30',
      key: 'page',
      who: 'alice',
      done: '`W` again. Keep the number behind the `c` in mind.',
      check: (look) =>
        answered(look, 'page', { flags: ['W', 'c'], client: 'alice' }) && look.item('page')?.value === '',
    },
    {
      say: 'But Bob is faster: he stores a page of his own, without asking.',
      hint: 'Choose Bob, or begin with `@bob`: `@bob ms page 3`, then `bob`.',
      solution: String.raw`@bob ms page 3\r\nbob`,
      key: 'page',
      who: 'bob',
      done: 'Each store gives the item a new number.',
      check: (look) => !!look.item('page')?.value && succeeded(look, 'page', stores, 'bob'),
    },
    {
      say: 'Alice stores with the number of her lease, and is refused.',
      hint: '`ms page 5 C`, with the number from her last reply right behind the `C`; then `alice`.',
      solution: String.raw`@alice ms page 5 C3\r\nalice`,
      key: 'page',
      who: 'alice',
      done: '`EX` (or `EXISTS`, from the old `cas`): it exists, and it has changed. Bob’s page stays.',
      check: (look) => {
        const asked = storesWithOldCas(look, 'page');
        const refused = answered(look, 'page', { code: /^(EX|EXISTS)$/, asked, client: 'alice' });
        return refused && !look.item('page')?.stale;
      },
    },
    {
      say: 'Sometimes a late page is better than none. Store it with the old number all the same, marked as stale: add the flag `I`.',
      hint: 'The same command with `I` at its end: `ms page 5 C3 I`, then `alice`, if the number was 3.',
      solution: String.raw`@alice ms page 5 C3 I\r\nalice`,
      key: 'page',
      who: 'alice',
      done: 'Stored, but marked: who reads it next is told `X` (it is stale) and `W` (please make a new one).',
      check: (look) => look.item('page')?.stale === true && answered(look, 'page', { code: 'HD', client: 'alice' }),
    },
  ],
};
