// The tape: one goes back and forth on it, changes a step and sees everything after it replay, and lets time pass.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser, until } from '../lib/browser.mjs';
import { composer, flat, place, press, reads, send, statusLine, steps, ticks, track, type } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const STORY = ['mg page v N30', '@bob mg page v N30', 'ms page 5\\r\\nhello', '@bob mg page v'];
const editor = (page) => page.getByRole('region', { name: /^Edit step/ });
const items = (page) => page.getByRole('table', { name: 'Items' });

/** The page stands after `at` steps of `of`. */
async function standsAt(page, at, of) {
  await until(page, (text) => document.querySelector('.place')?.textContent.endsWith(text), ` ${at} / ${of}`);
}

describe('the tape', { skip: needBrowser }, () => {
  test('back and forth, by buttons, keys and clicks', limit, () =>
    withTape(STORY, async (page) => {
      assert.deepEqual(await place(page), { at: 4, of: 4 });
      await reads(items(page), /hello/);
      await track(page).focus();
      await press(page, 'ArrowLeft', 'ArrowLeft');
      await standsAt(page, 2, 4);
      await reads(items(page), /empty/);
      await press(page, 'Home');
      await standsAt(page, 0, 4);
      await reads(page.getByRole('tabpanel'), 'Nothing is stored');
      await press(page, 'End');
      await standsAt(page, 4, 4);
      await ticks(page).first().click();
      await standsAt(page, 1, 4);
      await reads(statusLine(page), /lease/);
      await page.getByRole('button', { name: /One step on/ }).click();
      await standsAt(page, 2, 4);
    }),
  );

  test('a mouse scrubs', limit, () =>
    withTape(STORY, async (page) => {
      const box = async (index) => {
        const { x, y, width, height } = await ticks(page).nth(index).boundingBox();
        return [x + width / 2, y + height / 2];
      };
      await page.mouse.move(...(await box(3)));
      await page.mouse.down();
      await page.mouse.move(...(await box(2)));
      await standsAt(page, 3, 4);
      await page.mouse.move(...(await box(0)));
      await standsAt(page, 1, 4);
      await page.mouse.up();
    }),
  );

  test('a changed step: everything after it replays, and undo brings it back', limit, () =>
    withTape(STORY, async (page) => {
      await page.getByRole('button', { name: 'Edit step 3' }).first().click();
      await editor(page).waitFor();
      const input = editor(page).getByRole('textbox');
      assert.match(await input.inputValue(), /^ms page 5/);
      await input.fill('ms page 3\nbye');
      await reads(page.locator('#ghost-editor, .step-editor .ghost'), /would answer HD/);
      await press(page, 'Enter');
      await editor(page).waitFor({ state: 'detached' });
      await track(page).focus();
      await press(page, 'End');
      await reads(steps(page), /VA 3\s+bye/);
      await press(page, 'Control+z', 'End');
      await reads(steps(page), /VA 5\s+hello/);
      await press(page, 'Control+Shift+Z', 'End');
      await reads(steps(page), /VA 3\s+bye/);
    }),
  );

  test('Escape leaves a step as it was', limit, () =>
    withTape(STORY, async (page) => {
      await track(page).focus();
      await press(page, 'Enter');
      await editor(page).getByRole('textbox').fill('mg other v');
      await press(page, 'Escape');
      await editor(page).waitFor({ state: 'detached' });
      await reads(statusLine(page), /as it was/);
      assert.equal(await ticks(page).filter({ hasText: 'mg' }).count(), 3);
    }),
  );

  test('a step is deleted; a command typed in the middle goes in there, and is said to', limit, () =>
    withTape(STORY, async (page) => {
      await track(page).focus();
      await press(page, 'Home', 'ArrowRight', 'ArrowRight');
      await standsAt(page, 2, 4);
      await send(page, 'md page');
      await standsAt(page, 3, 5);
      await reads(statusLine(page), /Inserted as step 3.*2 later steps replayed/);
      await track(page).focus();
      await press(page, 'Delete');
      await standsAt(page, 2, 4);
    }),
  );

  test('time passes, and what expires is gone', limit, () =>
    withTape(['ms page 5 T60\\r\\nhello'], async (page) => {
      await reads(items(page), /1 min|60 s/);
      await send(page, '+45s');
      await reads(items(page), /15 s/);
      await page.getByRole('button', { name: /expir/i }).first().click();
      await reads(page.getByRole('tabpanel'), 'Nothing is stored');
      await send(page, 'mg page v');
      await reads(steps(page), 'EN');
    }),
  );

  test('after a reload the tape is still there', limit, () =>
    withTape(undefined, async (page) => {
      await send(page, 'ms kept 1\\r\\nx');
      const before = await ticks(page).count();
      await page.reload();
      await reads(items(page), /kept/);
      assert.equal(await ticks(page).count(), before);
    }),
  );

  test('after a reload of a link, what was done since is still there; another link is opened as it is', limit, () =>
    withTape(['ms given 1\\r\\nx'], async (page) => {
      await reads(items(page), /given/);
      await send(page, 'ms added 1\\r\\nx');
      await page.reload();
      await reads(items(page), /added/);
      await reads(items(page), /given/);
      const other = (await page.evaluate(() => location.href)).replace('given', 'second');
      await page.goto(other);
      await reads(items(page), /second/);
      assert.doesNotMatch(await items(page).innerText(), /added/);
    }),
  );
});

describe('a long tape', { skip: needBrowser }, () => {
  test('its ticks scroll, and the newest step is in sight', limit, () =>
    withTape(
      Array.from({ length: 150 }, (_, i) => `ms key${i} 1\\r\\nx`),
      async (page) => {
        assert.deepEqual(await place(page), { at: 150, of: 150 });
        await ticks(page).last().waitFor();
        assert.equal(
          await track(page)
            .getByRole('option', { name: /^Step 150\b/ })
            .count(),
          1,
        );
        const [tick, row] = [await ticks(page).last().boundingBox(), await track(page).boundingBox()];
        assert.ok(tick.x >= row.x && tick.x + tick.width <= row.x + row.width + 1, 'in sight');
        await type(page, 'mn');
        assert.equal(await composer(page).inputValue(), 'mn');
        assert.match(flat(await steps(page).last().innerText()), /key149/);
      },
    ),
  );
});
