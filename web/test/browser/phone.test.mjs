// A phone: one view at a time, fingers, and a composer that stays.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser } from '../lib/browser.mjs';
import { composer, ghost, reads, steps } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const TAPE = ['mg page v N30', '@bob mg page v N30', 'ms page 5 T60\\r\\nhello', 'mg page v t'];
const VIEWS = ['Console', 'Items', 'Memory', 'Races', 'Stats'];
const FINGER_PX = 44;
/** What rounding takes. */
const NEARLY = 0.5;

const onPhone = (use, lines = TAPE) => withTape(lines, use, { phone: true });
const tab = (page, name) => page.getByRole('tab', { name: new RegExp(`^${name}`) });

describe('a phone', { skip: needBrowser }, () => {
  test('each view fits, and the composer and the last exchange stay in sight', limit, () =>
    onPhone(async (page) => {
      const { width, height } = page.viewportSize();
      for (const name of VIEWS) {
        await tab(page, name).tap();
        await page
          .getByRole('tabpanel')
          .first()
          .or(page.getByRole('region', { name: 'Console', exact: true }))
          .first()
          .waitFor();
        const box = await composer(page).boundingBox();
        assert.ok(
          box.x >= 0 && box.x + box.width <= width && box.y + box.height <= height,
          `${name}: ${JSON.stringify(box)}`,
        );
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= width, `${name} is ${wide} px wide`);
        await page.getByText('VA 5', { exact: false }).first().waitFor();
      }
    }),
  );

  test('a command by chips and taps', limit, () =>
    onPhone(async (page) => {
      await composer(page).tap();
      await composer(page).fill('mg ');
      const chip = (text) => page.getByRole('option').filter({ hasText: text }).first();
      await chip(/^page/).tap();
      await chip(/^v/).tap();
      await reads(ghost(page), /would answer VA 5/);
      await page
        .getByRole('button', { name: /^(Send|Play)/ })
        .first()
        .tap();
      assert.equal((await steps(page).count()) >= 5, true);
    }),
  );

  test('what is tapped has the size of a finger, and no input makes the browser zoom', limit, () =>
    onPhone(async (page) => {
      const small = await page.evaluate((least) => {
        const seen = [...document.querySelectorAll('button, [role="option"], [role="tab"], select, summary')];
        return seen
          .filter((element) => element.checkVisibility() && !element.closest('.tokens, .unseen'))
          .map((element) => ({
            box: element.getBoundingClientRect(),
            name: element.getAttribute('aria-label') ?? element.textContent,
          }))
          .filter(({ box }) => box.width > 0 && (box.height < least || box.width < least))
          .map(({ box, name }) => `${name}: ${box.width.toFixed()} x ${box.height.toFixed()}`);
      }, FINGER_PX - NEARLY);
      assert.deepEqual(small, []);
      const sizes = await page.evaluate(() =>
        [...document.querySelectorAll('input, textarea, select')].map((field) =>
          Number.parseFloat(getComputedStyle(field).fontSize),
        ),
      );
      assert.ok(
        sizes.every((size) => size >= 16),
        sizes.join(),
      );
    }),
  );

  test('a badge says what has changed elsewhere', limit, () =>
    onPhone(async (page) => {
      await tab(page, 'Items').tap();
      await tab(page, 'Console').tap();
      await composer(page).fill('md page');
      await page
        .getByRole('button', { name: /^(Send|Play)/ })
        .first()
        .tap();
      await reads(tab(page, 'Items'), /changed/);
      await tab(page, 'Items').tap();
      await reads(page.getByRole('tabpanel').first(), /Nothing is stored/);
      assert.doesNotMatch(await tab(page, 'Items').innerText(), /changed/);
    }),
  );
});
