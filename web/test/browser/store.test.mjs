// The store beside the console: items and their marks, memory to the byte, the two queues, eviction step by step.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser, until } from '../lib/browser.mjs';
import { composer, reads, send, statusLine, steps } from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const items = (page) => page.getByRole('table', { name: 'Items' });
const row = (page, key) => items(page).getByRole('row').filter({ hasText: key });
const view = (page, name) => page.getByRole('tab', { name }).click();
const segments = (page) => page.getByRole('button', { name: /^Segment \d+/ });

describe('items', { skip: needBrowser }, () => {
  test('each with its value, time to live, cas, flags and marks', limit, () =>
    withTape(['ms page 5 T90 F7\\r\\nhello', 'ms other 2\\r\\nab'], async (page) => {
      await reads(row(page, 'page'), /hello.*5.*7/s);
      await reads(row(page, 'other'), /ab/);
      assert.doesNotMatch(await row(page, 'page').innerText(), /fetched/);
      await send(page, 'mg page v');
      await reads(row(page, 'page'), /fetched/);
      await send(page, 'md page I T30');
      await reads(row(page, 'page'), /30 s.*stale/s);
      await send(page, 'mg page v');
      await reads(row(page, 'page'), /won/);
      await send(page, 'flush_all');
      await reads(row(page, 'page'), /flushed/);
      await send(page, '+1m');
      await reads(page.getByRole('tabpanel'), 'Nothing is stored');
    }),
  );

  test('a click asks for one', limit, () =>
    withTape(['ms page 5\\r\\nhello'], async (page) => {
      await row(page, 'page').getByRole('button').click();
      assert.match(await composer(page).inputValue(), /^mg page v/);
      await page.keyboard.press('Enter');
      await reads(steps(page), /VA 5/);
    }),
  );
});

describe('memory', { skip: needBrowser }, () => {
  test('its parts add up to the byte', limit, () =>
    withTape(['fill user: 100 4096'], async (page) => {
      const bar = page.getByRole('img', { name: /^Memory in bytes/ });
      const label = await bar.getAttribute('aria-label');
      const sum = [...label.matchAll(/ ([\d,]+)(?=,? |,|$)/g)].reduce(
        (all, [, n]) => all + Number(n.replaceAll(',', '')),
        0,
      );
      assert.equal(sum, 1024 * 1024, label);
      await page.getByText('100 items').first().waitFor();
    }),
  );

  test('a full store: eviction is stepped, and says what it took', limit, () =>
    withTape(['fill user: 150 4096'], async (page) => {
      await view(page, 'Memory');
      await segments(page).first().waitFor();
      const before = Number.parseInt(await page.locator('.memory-figures strong').innerText(), 10);
      await page.getByRole('button', { name: 'Evict a segment' }).click();
      await reads(statusLine(page), /segment/i);
      await until(
        page,
        (most) => Number.parseInt(document.querySelector('.memory-figures strong').textContent, 10) < most,
        before,
      );
      await page.getByRole('button', { name: /^Fill:/ }).click();
      await page.getByText(/Ghost/).first().waitFor();
      await segments(page).first().focus();
      await reads(page.locator('.segment-details'), /Live .* dead .* free/);
    }),
  );
});

describe('figures', { skip: needBrowser }, () => {
  test('stats count what was done', limit, () =>
    withTape(['mg a v', 'ms a 1\\r\\nx', 'mg a v'], async (page) => {
      await view(page, 'Stats');
      const panel = page.getByRole('tabpanel');
      await reads(panel, /get_hits|hits/i);
    }),
  );
});
