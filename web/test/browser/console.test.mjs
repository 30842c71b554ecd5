// The console: what is typed, what it would answer, what it did, and what each word means.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { limit, needBrowser } from '../lib/browser.mjs';
import {
  composer,
  flat,
  ghost,
  last,
  place,
  press,
  reads,
  send,
  statusLine,
  steps,
  track,
  type,
} from '../lib/console.mjs';
import { withTape } from '../lib/playground.mjs';

const says = (page, pattern) => reads(ghost(page), pattern);
const options = (page) => page.getByRole('listbox', { name: 'What could come next' }).getByRole('option');

describe('the console', { skip: needBrowser }, () => {
  test('a draft is answered before it is sent, and changes nothing', limit, () =>
    withTape(['mn'], async (page) => {
      await type(page, 'mg page v');
      await says(page, /would answer EN.*no effect here/s);
      await type(page, 'mg page v N30');
      await says(page, /would answer VA 0 W/);
      await type(page, 'mg page v 7');
      await says(page, /would answer CLIENT_ERROR/);
      await type(page, 'nonsense');
      await says(page, /would answer ERROR/);
      assert.deepEqual(await place(page), { at: 1, of: 1 });
      await reads(page.getByRole('tabpanel'), 'Nothing is stored');
    }),
  );

  test('Enter sends; the exchange, the effect and the status line tell what happened', limit, () =>
    withTape(['mn'], async (page) => {
      await type(page, 'mg page v N30');
      await press(page, 'Enter');
      await reads(steps(page), 'VA 0 W');
      const { request, reply, effect } = await last(page);
      assert.deepEqual([request, reply], ['mg page v N30', 'VA 0 W']);
      assert.match(effect, /page.*created.*empty.*lease.*Alice.*30 s/);
      assert.equal(flat(await statusLine(page).innerText()), effect);
      assert.equal(await composer(page).inputValue(), '');
      await reads(page.getByRole('table', { name: 'Items' }), /page.*empty.*30 s.*won/s);
    }),
  );

  test('a value: its length is filled in, and an unfinished one is not sent by Enter', limit, () =>
    withTape(['mn'], async (page) => {
      await type(page, 'ms page');
      await press(page, 'Enter');
      await page.keyboard.type('hello');
      await press(page, 'Enter');
      await reads(steps(page), 'ms page 5');
      assert.equal((await last(page)).reply, 'HD');
      await type(page, 'ms page 8');
      await press(page, 'Enter');
      await page.keyboard.type('abc');
      await says(page, /5 bytes are missing/);
      await press(page, 'Enter');
      assert.deepEqual(await place(page), { at: 2, of: 2 });
      await page.getByRole('button', { name: /Fill in the length: 3/ }).click();
      await says(page, /would answer HD/);
      await press(page, 'Enter');
      await reads(steps(page), 'ms page 3');
      await send(page, 'mg page v s');
      assert.equal((await last(page)).reply, 'VA 3 s3 abc');
    }),
  );

  test('a value of the wrong length is sent if one insists', limit, () =>
    withTape(['mn'], async (page) => {
      await type(page, 'ms page 2\nhello');
      await says(page, /CLIENT_ERROR bad data chunk/);
      await press(page, 'Control+Enter');
      await reads(steps(page), 'bad data chunk');
    }),
  );

  test('earlier commands come back, and what was typed is not lost', limit, () =>
    withTape(['mn'], async (page) => {
      await send(page, 'mg a v', 'mg b v');
      await type(page, 'mg c');
      await press(page, 'ArrowUp');
      assert.equal(await composer(page).inputValue(), 'mg b v');
      await press(page, 'ArrowUp');
      assert.equal(await composer(page).inputValue(), 'mg a v');
      await press(page, 'ArrowDown', 'ArrowDown');
      assert.equal(await composer(page).inputValue(), 'mg c');
    }),
  );

  test('completion knows what a command takes, and keys that were used', limit, () =>
    withTape(['ms page 1\\r\\nx'], async (page) => {
      await type(page, 'm');
      await reads(options(page), /^mg/);
      await type(page, 'mg ');
      await reads(options(page), 'page');
      await press(page, 'Control+Space', 'Enter');
      assert.match(await composer(page).inputValue(), /^mg page/);
      await type(page, 'mg page ');
      const flags = (await options(page).allInnerTexts()).map((text) => text.trim()[0]);
      assert.ok(flags.includes('v') && flags.includes('N'), flags.join());
      assert.ok(!flags.includes('I'), 'mg takes no I');
      await type(page, 'md page ');
      assert.ok((await options(page).allInnerTexts()).some((text) => text.trim().startsWith('I')));
    }),
  );

  test('Tab leaves the input', limit, () =>
    withTape(['mn'], async (page) => {
      await type(page, 'mg page');
      await press(page, 'Tab');
      assert.equal(await composer(page).evaluate((input) => document.activeElement === input), false);
    }),
  );

  test('who speaks is chosen, and may be typed', limit, () =>
    withTape(['mn'], async (page) => {
      await type(page, 'mg page v N30');
      await press(page, 'Alt+2', 'Enter');
      await reads(steps(page), /Bob.*VA 0 W/s);
      await send(page, '@carol mg page v N30');
      await reads(steps(page), /Carol.*VA 0 Z/s);
      assert.match(await track(page).innerText(), /B[^]*C/);
    }),
  );
});

describe('the token strip', { skip: needBrowser }, () => {
  test('each word of request and reply says what it means', limit, () =>
    withTape(['ms page 5 T60\\r\\nhello', 'mg page v t'], async (page) => {
      const meaning = page.locator('.meaning');
      await page.getByRole('group', { name: 'sent' }).getByRole('button').nth(2).hover();
      await reads(meaning, /value/i);
      const got = page.getByRole('group', { name: 'got' }).getByRole('button');
      await got.first().focus();
      await reads(meaning, /VA/);
      await press(page, 'ArrowRight');
      await reads(meaning, /5|length|bytes/i);
    }),
  );

  test('partners light up in request, reply and store', limit, () =>
    withTape(['ms page 5 T60\\r\\nhello', 'mg page v t'], async (page) => {
      const sent = page.getByRole('group', { name: 'sent' }).getByRole('button');
      await sent.filter({ hasText: /^t$/ }).hover();
      await page.locator('.tokens .token.is-lit').nth(1).waitFor();
      await page.locator('.item-ttl.is-lit').waitFor();
      await sent.filter({ hasText: /^page$/ }).hover();
      await page.locator('.item-row.is-lit').waitFor();
    }),
  );

  test('every byte is shown, line ends too', limit, () =>
    withTape(['mg a2V5 v b'], async (page) => {
      await page.getByRole('button', { name: 'Bytes', exact: true }).click();
      const bytes = page.getByRole('group', { name: 'Bytes' });
      await reads(bytes, /6d[^]*0d[^]*0a/i);
      await page.getByRole('button', { name: 'Bytes', exact: true }).click();
      await page.getByRole('group', { name: 'sent' }).getByRole('button').filter({ hasText: 'a2V5' }).hover();
      await reads(page.locator('.meaning'), 'key');
    }),
  );
});
