// axe-core in each state of the page, in both themes and at both widths.

import { describe, test } from 'node:test';
import { assertAccessible } from '../lib/axe.mjs';
import { limit, needBrowser } from '../lib/browser.mjs';
import { press, reads, steps, type } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const TAPE = [
  'mg page v N30',
  '@bob mg page v N30',
  'ms page 5 T60\\r\\nhello',
  '@carol md page I T30',
  '@dave mg page v',
  'fill user: 40 4096',
  'evict',
  'mg page 7 v q',
];
const tab = (name) => async (page) => {
  await page.getByRole('tab', { name }).click();
  await page.getByRole('tabpanel').first().waitFor();
};
const button = (name) => (page) => page.getByRole('button', { name }).first().click();

/** Each state of the page, and how one comes to it from a tape. */
const STATES = {
  'a tape': async (page) => reads(steps(page), /./),
  'a draft with chips': (page) => type(page, 'mg page '),
  'an unfinished value': async (page) => {
    await type(page, 'ms page 9');
    await press(page, 'Enter');
  },
  'a wrong command': (page) => type(page, 'mg page 7'),
  'the beginning of the tape': async (page) => {
    await page.getByRole('listbox', { name: 'Steps of the tape' }).press('Home');
  },
  'a step is edited': button(/^Edit step/),
  memory: tab('Memory'),
  races: async (page) => {
    await tab('Races')(page);
    await reads(page.getByRole('heading', { level: 2 }), /orders with/);
  },
  'a race in the lanes': async (page) => {
    await STATES.races(page);
    await page
      .getByRole('button', { name: /^Order \d+, / })
      .first()
      .click();
    await page
      .getByRole('button', { name: /^Step 1/ })
      .first()
      .waitFor();
  },
  'the herd': async (page) => {
    await tab('Races')(page);
    await page.getByRole('button', { name: '200 clients' }).click();
    await page.getByRole('tabpanel').first().getByRole('table').waitFor();
  },
  stats: tab('Stats'),
  'the keys': async (page) => {
    await button(/^Keys/)(page);
    await page.getByRole('dialog').waitFor();
  },
  'the share dialog': async (page) => {
    await button('Share this tape')(page);
    await reads(page.getByRole('dialog'), /characters/);
  },
  'the live dialog': async (page) => {
    await button('Connect to a server')(page);
    await page.getByRole('dialog').waitFor();
  },
};

for (const [width, phone] of [
  ['desktop', false],
  ['phone', true],
]) {
  for (const theme of ['light', 'dark']) {
    describe(`axe finds nothing: ${width}, ${theme}`, { skip: needBrowser }, () => {
      test('the opening', limit, () =>
        withTape(undefined, (page) => assertAccessible(page, 'the opening'), { theme, phone }),
      );
      test('every state of a tape', { timeout: 240_000 }, async () => {
        for (const [name, reach] of Object.entries(STATES)) {
          await withTape(
            TAPE,
            async (page) => {
              await reach(page);
              await assertAccessible(page, `${name}, ${width}, ${theme}`);
            },
            { theme, phone, reducedMotion: 'reduce' },
          );
        }
      });
    });
  }
}
