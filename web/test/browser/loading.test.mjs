// Where the page comes from: a folder, a name without a certificate, a careless server, a file on disk. And how much of
// it there is.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { LAN_NAME, limit, needBrowser, withPage } from '../lib/browser.mjs';
import { last, ready, send } from '../lib/console.mjs';
import { SINGLE_FILE, serveSite } from '../lib/site.mjs';

async function onSite(options, use) {
  const site = await serveSite(options);
  try {
    await use(site);
  } finally {
    await site.close();
  }
}

/** The engine answers. */
async function works(page) {
  await ready(page);
  await send(page, 'mn');
  assert.equal((await last(page)).reply, 'MN');
}

describe('the page works', { skip: needBrowser }, () => {
  test('from a folder', limit, () =>
    onSite({ folder: '/tools/cache/' }, async (site) => {
      await withPage({ url: site.url }, works);
      assert.deepEqual(
        site.asked.filter((path) => !path.startsWith('/tools/cache/')),
        [],
        'nothing is asked for outside of it',
      );
    }),
  );

  test('where a wasm file has the wrong type', limit, () =>
    onSite({ types: { '.wasm': 'text/plain' } }, (site) => withPage({ url: site.url }, works)),
  );

  test('under a name without certificate, where there is no clipboard', limit, () =>
    onSite({}, (site) =>
      withPage({ url: `http://${LAN_NAME}:${site.port}/` }, async (page) => {
        assert.equal(await page.evaluate(() => window.isSecureContext), false);
        assert.equal(await page.evaluate(() => navigator.clipboard), undefined);
        await works(page);
      }),
    ),
  );

  test('from one file on disk', limit, async () => {
    const asked = [];
    const prepare = (page) => page.on('request', (request) => asked.push(request.url()));
    const url = pathToFileURL(SINGLE_FILE).href;
    await withPage({ url, prepare }, works);
    assert.deepEqual(
      asked.filter((address) => !address.startsWith('data:')),
      [url],
      'it needs no other file',
    );
  });
});

describe('what is wrong is said', { skip: needBrowser }, () => {
  // The browser complains in its console as well.
  const failing = (site, prepare) => ({ url: site.url, prepare, allowed: /^console: / });
  const notice = (page) => page.getByRole('alert');
  const assertSays = async (page, pattern) => {
    await notice(page).waitFor();
    assert.match(await page.locator('main').innerText(), pattern);
  };

  test('a wasm file that is not there', limit, () =>
    onSite({ missing: /\.wasm$/ }, (site) =>
      withPage(failing(site), (page) => assertSays(page, /\.wasm[^]*assets[^]*reload/i)),
    ),
  );

  test('a page in place of the wasm file', limit, () =>
    onSite({ broken: /\.wasm$/, types: { '.wasm': 'text/html' } }, (site) =>
      withPage(failing(site), (page) => assertSays(page, /not what it should be[^]*assets/)),
    ),
  );

  test('a browser without WebAssembly', limit, () =>
    onSite({}, (site) =>
      withPage(
        failing(site, (page) => page.addInitScript(() => delete window.WebAssembly)),
        (page) => assertSays(page, /WebAssembly[^]*another browser/),
      ),
    ),
  );

  test('a policy that forbids WebAssembly', limit, () =>
    onSite(
      { policy: "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'" },
      (site) =>
        withPage(
          failing(site, (page) =>
            page.addInitScript(() =>
              window.addEventListener('securitypolicyviolation', () => {
                window.watched.violations.length = 0; // what this test is about
              }),
            ),
          ),
          (page) => assertSays(page, /wasm-unsafe-eval/),
        ),
    ),
  );
});
