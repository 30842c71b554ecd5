import type { Act, Lane } from '../race.js';
import { judgeVisits, lane, type Scene, send, stored } from './scene.js';

const all = (acts: readonly Act[]): Lane[] => ['alice', 'bob', 'carol'].map((client) => lane(client, acts));

export const counter: Scene = {
  id: 'counter',
  title: 'Counting visits',
  say: 'Three clients count visits in one item.',
  badName: 'lost visits',
  variants: [
    {
      name: 'get and set',
      say: 'Whoever stores last wipes out what the others have added since.',
      setup: [stored('visits', '0')],
      row: '',
      lanes: all([
        send('get visits', 'reads the number'),
        send('set visits 0 0 {length}', 'stores one more', { value: '{read+1}' }),
        send('get visits', 'shows the number'),
      ]),
      judge: judgeVisits,
    },
    {
      name: 'incr',
      say: 'The server adds, in one go.',
      setup: [stored('visits', '0')],
      row: '',
      lanes: all([
        send('incr visits 1', 'adds one'),
        send('get visits', 'shows the number'),
        send('incr visits 1', 'adds one more'),
      ]),
      judge: judgeVisits,
    },
    {
      name: 'ma',
      say: 'The same, and `N0` with `J1` makes the counter if there is none: nobody has to create it first.',
      setup: [],
      row: '',
      lanes: all([
        send('ma visits N0 J1 v', 'adds one, or begins with 1'),
        send('mg visits v', 'shows the number'),
        send('ma visits N0 J1 v', 'adds one more'),
      ]),
      judge: judgeVisits,
    },
  ],
};
