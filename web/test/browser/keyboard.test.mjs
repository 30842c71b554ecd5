// Everything by keyboard, and nothing that holds the focus.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser } from '../lib/browser.mjs';
import { composer, place, press, reads, statusLine, steps, track } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const TAPE = ['mg page v N30', 'ms page 5 T60\\r\\nhello', 'mg page v t'];

/** What has the focus, in words. */
const focused = (page) =>
  page.evaluate(() => {
    const { tagName, id, className, textContent } = document.activeElement;
    return `${tagName} ${document.activeElement.getAttribute('aria-label') ?? ''} ${id} ${className} ${textContent.slice(0, 30)}`;
  });

describe('the keyboard', { skip: needBrowser }, () => {
  test('Tab goes through the page and out of it, Shift+Tab back', limit, () =>
    withTape(TAPE, async (page) => {
      const seen = [];
      for (let i = 0; i < 120; i++) {
        await press(page, 'Tab');
        const now = await focused(page);
        if (now.startsWith('BODY')) break;
        assert.notEqual(now, seen.at(-1), 'the focus is stuck');
        seen.push(now);
      }
      assert.ok(seen.length > 10 && seen.length < 110, `${seen.length} stops`);
      for (const part of ['TEXTAREA', 'Steps of the tape', 'Exchanges', 'Live', 'tab-']) {
        assert.ok(
          seen.some((stop) => stop.includes(part)),
          `${part} is reached: ${seen.join('\n')}`,
        );
      }
    }),
  );

  test('the keys of the page', limit, () =>
    withTape(TAPE, async (page) => {
      await page.locator('body').press('/');
      assert.equal(await composer(page).evaluate((input) => input === document.activeElement), true);
      await press(page, 'Escape', '2');
      assert.equal(await page.getByRole('tab', { name: 'Memory' }).getAttribute('aria-selected'), 'true');
      await press(page, '4');
      await page.getByRole('tabpanel').first().getByRole('table').waitFor();
      await press(page, '5');
      await reads(page.getByRole('tabpanel').first(), /get_hits/);
      await press(page, ',', ',');
      assert.deepEqual(await place(page), { at: 1, of: 3 });
      await press(page, '.');
      assert.deepEqual(await place(page), { at: 2, of: 3 });
      await press(page, '?');
      await page.getByRole('dialog').waitFor();
      await press(page, 'Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }),
  );

  test('tabs are chosen by arrows, and a dialog gives the focus back', limit, () =>
    withTape(TAPE, async (page) => {
      await page.getByRole('tab', { name: 'Items' }).focus();
      await press(page, 'ArrowRight');
      assert.equal(await page.getByRole('tab', { name: 'Memory' }).getAttribute('aria-selected'), 'true');
      await press(page, 'End');
      assert.equal(await page.getByRole('tab', { name: 'Stats' }).getAttribute('aria-selected'), 'true');
      const share = page.getByRole('button', { name: /Share/ }).first();
      await share.focus();
      await press(page, 'Enter');
      await page.getByRole('dialog').waitFor();
      for (let i = 0; i < 25; i++) {
        await press(page, 'Tab');
        // Behind the last stop the browser's own bar has the focus, which the page sees as none.
        assert.equal(
          await page.evaluate(
            () => document.activeElement === document.body || document.activeElement.closest('dialog') !== null,
          ),
          true,
          'the focus stays in the dialog',
        );
      }
      await press(page, 'Escape');
      assert.equal(await share.evaluate((button) => button === document.activeElement), true);
    }),
  );

  test('a step is changed, and deleted, on the tape', limit, () =>
    withTape(TAPE, async (page) => {
      await track(page).focus();
      await press(page, 'ArrowLeft', 'Enter');
      await reads(page.getByRole('region', { name: 'Edit step 2' }), /step/i);
      await press(page, 'ControlOrMeta+a');
      await page.keyboard.type('ms page 2');
      await press(page, 'Enter');
      await page.keyboard.type('ab');
      await press(page, 'Enter');
      await page.getByRole('region', { name: 'Edit step 2' }).waitFor({ state: 'detached' });
      await track(page).focus();
      await press(page, 'End');
      await reads(steps(page), /VA 2.*ab/s);
      await press(page, 'Delete');
      assert.deepEqual(await place(page), { at: 2, of: 2 });
      assert.notEqual(await statusLine(page).innerText(), '');
    }),
  );

  for (const [name, options] of [
    ['without movement', { reducedMotion: 'reduce' }],
    ['with forced colours', { forcedColors: 'active' }],
  ]) {
    test(`${name}, the focus is seen and the page works`, limit, () =>
      withTape(
        TAPE,
        async (page) => {
          await press(page, 'Tab');
          const outline = await page.evaluate(() => {
            const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
            return outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth);
          });
          assert.ok(outline >= 1, `an outline of ${outline} px`);
          const moving = await page.evaluate(() => document.getAnimations().length);
          if (options.reducedMotion) assert.equal(moving, 0);
          await reads(steps(page), /VA 5/);
        },
        options,
      ),
    );
  }
});
