// The first thirty seconds: Enter, Enter, Enter, Enter, then 200 clients, then a changed past.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser, until } from '../lib/browser.mjs';
import { composer, ghost, press, reads, steps, type } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const story = (page) => page.getByRole('region', { name: 'The first thirty seconds' });
/** The story's next command waits in the input. */
const waits = (page, command) => until(page, (text) => document.querySelector('textarea').value === text, command);

async function told(page) {
  for (const [say, draft] of [
    [/A key is missing. Two clients ask./, 'mg page v N30'],
    [/Alice wins/, 'mg page v N30'],
    [/Bob waits/, 'ms page 5\nhello'],
    [/Alice sets it/, 'mg page v'],
  ]) {
    await reads(story(page), say);
    await waits(page, draft);
    await press(page, 'Enter');
  }
  await reads(story(page), /Bob has it/);
}

describe('the opening', { skip: needBrowser }, () => {
  test('four times Enter: one wins, one waits, one sets, both have it', limit, () =>
    withTape(undefined, async (page) => {
      await waits(page, 'mg page v N30');
      await reads(ghost(page), /would answer VA 0 W/);
      await told(page);
      const replies = await steps(page).locator('.exchange-reply').allInnerTexts();
      assert.deepEqual(
        replies.map((text) => text.split(/\s+/).filter(Boolean).join(' ')),
        ['VA 0 W', 'VA 0 Z', 'HD', 'VA 5 hello'],
      );
      await press(page, 'Enter');
      await reads(story(page), /200 clients/);
      const crowd = story(page).getByRole('table');
      await reads(crowd, /Without a lease.*200.*With a lease.*1\b/s);
      await story(page).getByRole('button', { name: 'Change step 1' }).click();
      await press(page, 'Enter');
      await reads(story(page), /You changed the past/);
      await page.getByRole('listbox', { name: 'Steps of the tape' }).press('End');
      await reads(steps(page).first(), /EN/);
    }),
  );

  test('whoever types something else just works on', limit, () =>
    withTape(undefined, async (page) => {
      await waits(page, 'mg page v N30');
      await type(page, 'mn');
      await press(page, 'Enter');
      await reads(steps(page), /MN/);
      await waits(page, 'mg page v N30');
      await told(page);
    }),
  );

  test('it can be skipped, and stays away', limit, () =>
    withTape(undefined, async (page) => {
      await story(page).getByRole('button', { name: 'Skip the story' }).click();
      await story(page).waitFor({ state: 'detached' });
      await page.reload();
      await composer(page).waitFor();
      await reads(ghost(page), /Type a command|Enter/);
      assert.equal(await story(page).count(), 0);
    }),
  );

  test('with buttons alone, on a phone', limit, () =>
    withTape(
      undefined,
      async (page) => {
        for (const say of [/Two clients ask/, /Alice wins/, /Bob waits/, /Alice sets it/]) {
          await reads(story(page), say);
          await story(page).getByRole('button', { name: /^Send/ }).tap();
        }
        await story(page)
          .getByRole('button', { name: /200 clients/ })
          .tap();
        await reads(story(page).getByRole('table'), /200/);
      },
      { phone: true },
    ),
  );
});
