import type { Act, Lane } from '../race.js';
import { judgePage, lane, readRow, type Scene, send, writeRow } from './scene.js';

const fillers = (acts: readonly Act[]): Lane[] => ['alice', 'bob'].map((client) => lane(client, acts));

const PLAIN: readonly Act[] = [
  send('get page', 'asks the cache'),
  readRow('missed'),
  send('set page 0 0 {length}', 'stores what was read', { value: '{row}', when: 'missed' }),
];

/** Deleting the item when the data changes does not help against a client that has read the old data. */
export const deleting: Scene = {
  id: 'delete',
  title: 'Deleting the item when the data changes',
  say: 'Alice and Bob fill the cache; Carol changes the database and deletes the page, so that it is fetched anew.',
  badName: 'old data',
  variants: [
    {
      name: 'delete, then write',
      say: 'Whoever asks between the two fetches the old page once more.',
      setup: [],
      row: 'old',
      lanes: [
        ...fillers(PLAIN),
        lane('carol', [send('delete page', 'deletes the page'), writeRow('new'), send('get page', 'shows the page')]),
      ],
      judge: judgePage,
    },
    {
      name: 'write, then delete',
      say: 'Better, but a client that has read the old page may store it after the delete.',
      setup: [],
      row: 'old',
      lanes: [
        ...fillers(PLAIN),
        lane('carol', [writeRow('new'), send('delete page', 'deletes the page'), send('get page', 'shows the page')]),
      ],
      judge: judgePage,
    },
    {
      name: 'write, then delete, with leases',
      say: 'The delete takes the placeholder away, and a store with its number is refused.',
      setup: [],
      row: 'old',
      lanes: [
        ...fillers([
          send('mg page v c N30', 'asks for the page or the lease'),
          readRow('won'),
          send('ms page {length} C{cas}', 'stores if nothing has changed', { value: '{row}', when: 'won' }),
        ]),
        lane('carol', [writeRow('new'), send('md page', 'deletes the page'), send('mg page v', 'shows the page')]),
      ],
      judge: judgePage,
    },
  ],
};
