// axe-core in each state of the page, in both themes and at both widths. One page goes through all states, one after
// the other: to open a page for each takes most of the time.

import { describe, test } from 'node:test';
import { assertAccessible } from '../lib/axe.mjs';
import { limit, needBrowser } from '../lib/browser.mjs';
import { ghost, press, reads, steps, track, type } from '../lib/console.mjs';
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
const button = (page, name) => page.getByRole('button', { name }).first();
const heading = (page, name) => page.getByRole('heading', { name }).first();

/** Opens a tab of the store, or on a phone one of the page, and waits for its text. */
async function openTab(page, name, text) {
  await page.getByRole('tab', { name }).click();
  await reads(page.getByRole('tabpanel').first(), text);
}

async function openDialog(page, name, text) {
  await button(page, name).click();
  await reads(page.getByRole('dialog'), text);
}

async function closeDialog(page) {
  await press(page, 'Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** The states in the order in which a page goes through them. `leave`: what the next one wants closed. */
const STATES = [
  { name: 'a tape', reach: (page) => reads(steps(page), /./) },
  {
    name: 'a step is edited',
    async reach(page) {
      await button(page, /^Edit step/).click();
      await heading(page, /^Step \d+$/).waitFor();
      await reads(page.locator('#ghost-editor'), /would answer/);
    },
    async leave(page) {
      await press(page, 'Escape');
      await heading(page, /^Step \d+$/).waitFor({ state: 'detached' });
    },
  },
  {
    name: 'a draft with chips',
    async reach(page) {
      await type(page, 'mg page ');
      await page.getByRole('option', { selected: false }).and(page.locator('.chip')).first().waitFor();
    },
  },
  {
    name: 'an unfinished value',
    async reach(page) {
      await type(page, 'ms page 9');
      await press(page, 'Enter');
      await reads(ghost(page), /missing/);
    },
  },
  {
    name: 'a wrong command',
    async reach(page) {
      await type(page, 'mg page 7');
      await reads(ghost(page), /CLIENT_ERROR/);
    },
  },
  {
    name: 'the keys',
    reach: (page) => openDialog(page, /^Keys/, /Enter/),
    leave: closeDialog,
  },
  {
    name: 'the share dialog',
    reach: (page) => openDialog(page, 'Share this tape', /characters/),
    leave: closeDialog,
  },
  {
    name: 'the live dialog',
    reach: (page) => openDialog(page, 'Connect to a server', /isocached/),
    leave: closeDialog,
  },
  { name: 'memory', reach: (page) => openTab(page, 'Memory', /Every byte of it/) },
  { name: 'stats', reach: (page) => openTab(page, 'Stats', /curr_items/) },
  { name: 'items', reach: (page) => openTab(page, 'Items', /page/) },
  {
    name: 'the beginning of the tape',
    async reach(page) {
      await track(page).press('Home');
      await reads(page.getByRole('tabpanel').first(), /Nothing is stored/);
    },
  },
  { name: 'races', reach: (page) => openTab(page, 'Races', /in \d+ of \d+ orders/) },
  {
    name: 'a race in the lanes',
    async reach(page) {
      await button(page, /^Order \d+, /).click();
      await button(page, /^Step 1/).waitFor();
    },
  },
  {
    name: 'the herd',
    async reach(page) {
      await button(page, '200 clients').click();
      await page.getByRole('tabpanel').first().getByRole('table').waitFor();
    },
  },
];

for (const [width, phone] of [
  ['desktop', false],
  ['phone', true],
]) {
  for (const theme of ['light', 'dark']) {
    describe(`axe finds nothing: ${width}, ${theme}`, { skip: needBrowser }, () => {
      test('the opening', limit, () =>
        withTape(undefined, (page) => assertAccessible(page, 'the opening'), { theme, phone }),
      );
      test('every state of a tape', limit, async () => {
        const through = async (page) => {
          for (const { name, reach, leave } of STATES) {
            await reach(page);
            await assertAccessible(page, `${name}, ${width}, ${theme}`);
            await leave?.(page);
          }
        };
        await withTape(TAPE, through, { theme, phone, reducedMotion: 'reduce' });
      });
    });
  }
}
