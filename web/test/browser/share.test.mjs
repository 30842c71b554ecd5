// A link opens in a fresh profile what it was made from, whatever the tape holds.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser, until, withPage } from '../lib/browser.mjs';
import { press, ready, reads, send, statusLine, steps } from '../lib/console.mjs';
import { addressOf, withTape } from '../lib/playground.mjs';
import { serveSite } from '../lib/site.mjs';

const dialog = (page) => page.getByRole('dialog', { name: 'Share this tape' });

/** The text of a field, as soon as it has one. */
async function filled(field) {
  await field.waitFor();
  const id = await field.evaluate((element) => (element.id ||= `field-${Math.random().toString(36).slice(2)}`));
  await until(field.page(), (name) => document.getElementById(name).value !== '', id);
  return field.inputValue();
}

async function share(page) {
  await page.getByRole('button', { name: 'Share this tape' }).first().click();
  await dialog(page).waitFor();
}

const textAs = async (page, format) => {
  await dialog(page).getByRole('tab', { name: format }).click();
  const field = dialog(page).getByRole('textbox', { name: `The tape as ${format.toLowerCase()}` });
  return filled(field);
};

const linkOf = (page) => filled(dialog(page).getByRole('textbox', { name: 'Link' }));

/** A small generator: the same seed, the same tape. */
function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
}

/** Lines of a tape whose values are any bytes, by four clients. */
function anyTape(seed) {
  const next = random(seed);
  const clients = ['alice', 'bob', 'carol', 'dave'];
  return Array.from({ length: 3 + next(8) }, () => {
    const length = next(40);
    const value = Array.from({ length }, () => (next(3) ? `\\x${(next(256) + 256).toString(16).slice(1)}` : '\\r\\n'));
    const bytes = value.reduce((sum, part) => sum + (part === '\\r\\n' ? 2 : 1), 0);
    const client = `@${clients[next(4)]}`;
    return [
      `${client} ms key${next(3)} ${bytes}\\r\\n${value.join('')}`,
      `${client} mg key${next(3)} v c t`,
      `+${1 + next(90)}s`,
    ][next(3)];
  });
}

describe('sharing', { skip: needBrowser }, () => {
  for (const seed of [1, 2, 3]) {
    test(`any bytes, four clients: the same transcript in a fresh profile (seed ${seed})`, limit, async () => {
      let link;
      let transcript;
      const seen = {};
      await withTape(anyTape(seed), async (page) => {
        await share(page);
        link = await linkOf(page);
        transcript = await textAs(page, 'Transcript');
        seen.tape = await textAs(page, 'Tape');
      });
      assert.ok(link.length <= 2000 && transcript.length > 0, link);
      await withPage({ url: link }, async (page) => {
        await ready(page);
        await share(page);
        assert.equal(await textAs(page, 'Transcript'), transcript);
        assert.equal(await textAs(page, 'Tape'), seen.tape);
        assert.equal(await linkOf(page), link);
      });
    });
  }

  test('a short tape stays readable in the address', limit, () =>
    withTape(['mg foo v', '@bob mg foo v'], async (page) => {
      await share(page);
      assert.match(await linkOf(page), /#1;mg%20foo%20v;@bob%20mg%20foo%20v$/);
    }),
  );

  test('a tape too long for a link becomes a file, and comes back from it', limit, () =>
    withTape(['mn'], async (page) => {
      const noise = Array.from({ length: 4 }, (_, i) => `ms n${i} 900\\r\\n${anyLetters(900, i + 1)}`);
      await send(page, ...noise.map((line) => line.replace('\\r\\n', '\n')));
      await share(page);
      await reads(dialog(page).getByRole('alert'), /Too long for a link.*file/);
      const saved = page.waitForEvent('download');
      await dialog(page)
        .getByRole('button', { name: /^Save as isocache.tape/ })
        .click();
      const path = await (await saved).path();
      await page.keyboard.press('Escape');
      await page.getByRole('listbox', { name: 'Steps of the tape' }).focus();
      await press(page, 'Control+z', 'Control+z');
      await share(page);
      await page.locator('#open-tape').setInputFiles({
        name: 'saved.tape',
        mimeType: 'text/plain',
        buffer: (await import('node:fs')).readFileSync(path),
      });
      await reads(statusLine(page), /saved.tape is open/);
    }),
  );

  test('a view, and an embedded page in another one', limit, async () => {
    const url = await addressOf(['mg page v N30'], '?embed&view=memory');
    await withPage({ url }, async (page) => {
      await ready(page);
      assert.equal(await page.getByRole('banner').count(), 0);
      assert.equal(await page.getByRole('tab', { name: 'Memory' }).getAttribute('aria-selected'), 'true');
    });
    const embedded = await serveSite({ policy: "script-src 'self' 'wasm-unsafe-eval'" });
    const host = await serveSite({
      pages: { '/blog': `<iframe title="race" src="${embedded.url}?embed#1;mn" width="800" height="600"></iframe>` },
    });
    try {
      await withPage({ url: new URL('/blog', host.url).href, allowed: /404/ }, async (page) => {
        const frame = page.frameLocator('iframe');
        await reads(frame.getByRole('article'), /MN/);
        assert.equal(await frame.getByRole('banner').count(), 0);
      });
    } finally {
      await embedded.close();
      await host.close();
    }
  });

  test('a damaged link says so, and the page works', limit, async () => {
    for (const [hash, pattern] of [
      ['#1zQUJD', /damaged|cut off/],
      ['#7;mn', /version 7/],
      ['#hello', /no tape/],
    ]) {
      await withPage({ url: (await addressOf()) + hash }, async (page) => {
        await ready(page);
        await reads(statusLine(page), pattern);
        await send(page, 'mn');
        await reads(steps(page), /MN/);
      });
    }
  });
});

/** Letters that do not compress. */
function anyLetters(length, seed) {
  const next = random(seed * 7919);
  return Array.from(
    { length },
    () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'[next(62 * 64) % 62],
  ).join('');
}
