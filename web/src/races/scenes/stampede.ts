import type { Act, End, Lane, Verdict } from '../race.js';
import { lane, readRow, type Scene, send } from './scene.js';

const all = (acts: readonly Act[]): Lane[] => ['alice', 'bob', 'carol'].map((client) => lane(client, acts));

function judge({ loads }: End): Verdict {
  return { bad: loads > 1, text: loads === 1 ? 'the page was made once' : `the page was made ${loads} times` };
}

export const stampede: Scene = {
  id: 'stampede',
  title: 'Everybody makes the same page',
  say: 'A page is missing and three clients want it; making it is slow, and once would do.',
  badName: 'made more than once',
  variants: [
    {
      name: 'get and set',
      say: 'Everybody who asks before the page is there makes it.',
      setup: [],
      row: 'page',
      lanes: all([
        send('get page', 'asks the cache'),
        readRow('missed'),
        send('set page 0 0 {length}', 'stores the page', { value: '{row}', when: 'missed' }),
      ]),
      judge,
    },
    {
      name: 'a lease',
      say: '`N30` tells the first one to make it (`W`), and the others that somebody does (`Z`).',
      setup: [],
      row: 'page',
      lanes: all([
        send('mg page v N30', 'asks for the page or the lease'),
        readRow('won'),
        send('ms page {length}', 'stores the page', { value: '{row}', when: 'won' }),
      ]),
      judge,
    },
  ],
};
