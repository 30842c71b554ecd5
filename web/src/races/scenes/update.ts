import type { Act, Lane } from '../race.js';
import { judgeVisits, lane, type Scene, send, stored } from './scene.js';

const both = (acts: readonly Act[]): Lane[] => ['alice', 'bob'].map((client) => lane(client, acts));
const NUMBER = '{read+1}';

const add: readonly Act[] = [
  send('get visits', 'reads the number'),
  send('set visits 0 0 {length}', 'stores one more', { value: NUMBER }),
];

/** Read, change, write: the second write wipes out the first. */
export const update: Scene = {
  id: 'update',
  title: 'Reading, changing, writing back',
  say: 'Alice and Bob both read a number and store one more than they read.',
  badName: 'lost updates',
  variants: [
    {
      name: 'get and set',
      say: 'Both may read the same number; then one of the two updates is lost, and nobody is told.',
      setup: [stored('visits', '0')],
      row: '',
      lanes: both([...add, ...add]),
      judge: judgeVisits,
    },
    {
      name: 'gets and cas',
      say: '`cas` stores only if the item has not changed; who is refused reads again and tries once more.',
      setup: [stored('visits', '0')],
      row: '',
      lanes: both([
        send('gets visits', 'reads number and cas'),
        send('cas visits 0 0 {length} {cas}', 'stores if unchanged', { value: NUMBER }),
        send('gets visits', 'reads again if refused', { when: 'refused' }),
        send('cas visits 0 0 {length} {cas}', 'tries again if refused', { value: NUMBER, when: 'refused' }),
      ]),
      judge: judgeVisits,
    },
  ],
};
