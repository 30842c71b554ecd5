import { judgePage, lane, readRow, type Scene, send, writeRow } from './scene.js';

const LEASE = 'mg page v c N30';

/** The headline: a client that fills the cache late puts old data over new. */
export const fill: Scene = {
  id: 'fill',
  title: 'Filling the cache while the data changes',
  say: 'Alice finds no page and fetches it from the database; meanwhile Bob changes it in both places.',
  badName: 'old data',
  variants: [
    {
      name: 'get and set',
      say: 'Alice stores what she has read, however long ago that was.',
      setup: [],
      row: 'old',
      lanes: [
        lane('alice', [
          send('get page', 'asks the cache'),
          readRow('missed'),
          send('set page 0 0 {length}', 'stores what she read', { value: '{row}', when: 'missed' }),
          send('get page', 'shows the page'),
        ]),
        lane('bob', [
          send('get page', 'asks the cache'),
          writeRow('new'),
          send('set page 0 0 {length}', 'stores the new page', { value: '{row}' }),
          send('get page', 'shows the page'),
        ]),
      ],
      judge: judgePage,
    },
    {
      name: 'a lease and a cas',
      say: '`N30` gives Alice a placeholder with a number; `C` stores only if the number is still the same.',
      setup: [],
      row: 'old',
      lanes: [
        lane('alice', [
          send(LEASE, 'asks for the page or the lease'),
          readRow('won'),
          send('ms page {length} C{cas}', 'stores if nobody else has', { value: '{row}', when: 'won' }),
          send('mg page v', 'shows the page'),
        ]),
        lane('bob', [
          send('mg page v', 'asks the cache'),
          writeRow('new'),
          send('ms page {length}', 'stores the new page', { value: '{row}' }),
          send('mg page v', 'shows the page'),
        ]),
      ],
      judge: judgePage,
    },
  ],
};
