// Races: all orders on the real engine, one of them opened in the lanes; and the herd.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser } from '../lib/browser.mjs';
import { press, reads, statusLine, steps, ticks } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const view = (page, name) => page.getByRole('tab', { name }).click();
const panel = (page) => page.getByRole('tabpanel').first();
const variants = (page) => panel(page).getByRole('region', { name: /^With / });

async function withRaces(use, options) {
  await withTape(
    ['mn'],
    async (page) => {
      await view(page, 'Races');
      await use(page);
    },
    options,
  );
}

describe('races', { skip: needBrowser }, () => {
  test('the headline: how many of all orders go wrong, and that a lease and a cas mend it', limit, () =>
    withRaces(async (page) => {
      await reads(panel(page).getByRole('heading', { level: 2 }), /in \d+ of [\d,]+ orders with .*, in 0 with /);
      assert.ok((await variants(page).count()) >= 2);
      await reads(variants(page).first(), /[1-9]\d* of [\d,]+ orders/);
    }),
  );

  test('a bad order opens in the lanes, step by step; undo brings the old tape back', limit, () =>
    withRaces(async (page) => {
      const dot = variants(page)
        .first()
        .getByRole('button', { name: /^Order \d+, / })
        .first();
      await dot.click();
      await reads(statusLine(page), /Order \d+ is on the tape and ends badly/);
      const lanes = panel(page)
        .getByRole('listitem')
        .getByRole('button', { name: /^Step \d+/ });
      const rows = await lanes.count();
      assert.ok(rows >= 6, `${rows} rows`);
      await lanes.nth(1).click();
      await reads(page.locator('[aria-current="step"]'), /./);
      await page.getByRole('listbox', { name: 'Steps of the tape' }).focus();
      await press(page, 'Control+z');
      await reads(steps(page), /MN/);
      assert.equal(await ticks(page).count(), 1);
    }),
  );

  test('without room for another store it says so, and tries again when asked to', limit, () =>
    withTape(
      ['mn'],
      async (page) => {
        await page.evaluate(() => {
          window.noRoom = true;
        });
        await view(page, 'Races');
        await reads(variants(page).first().getByRole('alert'), /could not be tried: \w/);
        await reads(panel(page).getByRole('heading', { level: 2 }), /could not be tried/);
        await page.evaluate(() => {
          window.noRoom = false;
        });
        for (const variant of await variants(page).all()) {
          await variant.getByRole('button', { name: 'Try again' }).click();
          await reads(variant, /\d of [\d,]+ orders:/);
        }
        assert.equal(await panel(page).getByRole('button', { name: 'Try again' }).count(), 0);
      },
      {
        prepare: (page) =>
          page.addInitScript(() => {
            WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
              construct(Instance, given) {
                if (window.noRoom) throw new RangeError('no room');
                return new Instance(...given);
              },
            });
          }),
      },
    ),
  );

  test('a race of one’s own: the commands behind a place of the tape in all orders', limit, () =>
    withTape(
      ['@alice set n 0 0 1\\r\\n0', '@alice incr n 1', '@bob append n 0 0 1\\r\\n5', '@bob incr n 1'],
      async (page) => {
        await view(page, 'Races');
        await variants(page).first().waitFor();
        const own = panel(page).getByRole('region', { name: 'The tape’s own steps in all orders' });
        await ticks(page).first().click();
        await own.getByRole('button', { name: 'Try all orders' }).click();
        await reads(own, /2 of 3 orders: another end/);
        await own.getByRole('button', { name: /n: "7/ }).first().click();
        await reads(statusLine(page), /Order \d is on the tape and ends badly: n: "7/);
      },
    ),
  );

  test('dots are walked by arrows, and opened by Enter', limit, () =>
    withRaces(async (page) => {
      const dots = variants(page).first().getByRole('toolbar');
      await dots.getByRole('button', { name: /^Order 1\b/ }).focus();
      await press(page, 'ArrowRight', 'ArrowRight', 'Enter');
      await reads(statusLine(page), /Order 3 is on the tape/);
    }),
  );

  test('every ready-made race is tried to its end', limit, () =>
    withRaces(async (page) => {
      const chooser = panel(page).getByRole('combobox', { name: 'Race' });
      const titles = await chooser.getByRole('option').allInnerTexts();
      assert.ok(titles.length >= 5, titles.join());
      for (const label of titles) {
        await chooser.focus();
        await page.keyboard.type(label);
        await reads(panel(page).getByRole('heading', { level: 2 }), /of [\d,]+ orders/);
        for (const variant of await variants(page).all()) await reads(variant, /\d of [\d,]+ orders/);
      }
    }),
  );
});

describe('the herd', { skip: needBrowser }, () => {
  test('200 clients: 200 calls, and 1; the table says the same as the cards', limit, () =>
    withRaces(async (page) => {
      await page.getByRole('button', { name: '200 clients' }).click();
      const table = panel(page).getByRole('table');
      await table.waitFor();
      const calls = await table
        .locator('tbody tr')
        .evaluateAll((rows) => rows.map((row) => row.querySelector('td').textContent));
      assert.equal(calls[0], '200');
      assert.ok(calls.slice(1).includes('1'), calls.join());
      const shown = await panel(page).locator('.strategy-number').allInnerTexts();
      assert.deepEqual(shown, calls);
    }),
  );

  test('fewer clients, and it is played again', limit, () =>
    withRaces(async (page) => {
      await page.getByRole('button', { name: '200 clients' }).click();
      await panel(page).getByRole('table').waitFor();
      const slider = panel(page).getByRole('slider', { name: /^Clients/ });
      await slider.focus();
      await press(page, 'Home');
      const least = await slider.inputValue();
      await reads(panel(page).locator('tbody tr').first().locator('td').first(), new RegExp(`^${least}$`));
    }),
  );
});
