// The page and a real server: over ws and wss, from the server itself and from elsewhere, and each way it can fail.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { Certificates, needOpenssl } from '../../../tests/lib/certificates.mjs';
import { withClient } from '../../../tests/lib/client.mjs';
import { needIsocached, startIsocached, withServer } from '../../../tests/lib/server.mjs';
import { limit, needBrowser, withPage } from '../lib/browser.mjs';
import { press, ready, reads, send, steps, type } from '../lib/console.mjs';
import { POLICY, serveSite } from '../lib/site.mjs';

const HTTP = ['--http', '127.0.0.1:0'];
const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-live-'));
after(() => rmSync(folder, { recursive: true }));

/** What the browser itself says of a connection that failed. */
const CONSOLE = /WebSocket|Failed to load resource|ERR_|Cross-Origin/;

const form = (page) => page.getByRole('dialog', { name: 'Connect to a server' });
const bar = (page) => page.getByRole('region', { name: 'The server' });
const socketUrl = (server) => `ws://127.0.0.1:${server.httpPort}/memcached`;

async function connect(page, { url, user, password } = {}) {
  await ready(page);
  await page
    .getByRole('button', { name: /^(Live|Connect)/ })
    .first()
    .click();
  if (url) await form(page).getByRole('textbox', { name: 'Address' }).fill(url);
  if (user) await form(page).getByRole('textbox', { name: /^User/ }).fill(user);
  if (password) await form(page).getByLabel('Password').fill(password);
  await form(page).getByRole('button', { name: 'Connect' }).click();
}

/** Connected, and a command goes to both. */
async function works(page, server) {
  await reads(bar(page), /LIVE/);
  await send(page, 'ms live 5\nhello');
  await reads(bar(page), /The server answered the same/);
  const stored = await withClient(server, (client) => client.ask('get live\r\n'));
  assert.equal(stored, 'VALUE live 0 5\r\nhello\r\nEND\r\n');
}

/** The page on a server of its own, whose policy allows connections to others. */
async function elsewhere(use, args = []) {
  const site = await serveSite({ policy: POLICY.replace("connect-src 'self'", 'connect-src *') });
  try {
    const origin = new URL(site.url).origin;
    const allowed = args.includes('no origin') ? [] : ['--allow-origin', origin];
    const flags = [...HTTP, ...allowed, ...args.filter((flag) => flag !== 'no origin')];
    await withServer(startIsocached, flags, (server) => use(site, server));
  } finally {
    await site.close();
  }
}

/** From elsewhere, with a server of these flags: connecting fails, and the page says this. */
const refused = (say, { args, how = () => ({}), prepare } = {}) =>
  elsewhere(
    (site, server) =>
      withPage({ url: `${site.url}#1;mn`, prepare, allowed: CONSOLE }, async (page) => {
        await connect(page, { url: socketUrl(server), ...how(server) });
        await reads(form(page).getByRole('alert'), say);
      }),
    args,
  );

describe('live', { skip: needBrowser || needIsocached }, () => {
  test('the page that isocached serves connects to it, under the policy that it sends', limit, () =>
    withServer(startIsocached, HTTP, async (server) => {
      await withPage({ url: `http://127.0.0.1:${server.httpPort}/#1;mn` }, async (page) => {
        assert.equal(await page.evaluate(() => document.documentElement.dataset.server), 'isocached');
        await connect(page);
        await works(page, server);
      });
    }),
  );

  test('the same over https and wss', { ...limit, skip: needOpenssl }, () => {
    const certificates = new Certificates();
    const args = [...HTTP, ...certificates.serverArgs(certificates.issue('server'))];
    return withServer(startIsocached, args, async (server) => {
      server.tls = certificates.clientOptions();
      const url = `https://127.0.0.1:${server.httpPort}/#1;mn`;
      await withPage({ url, ignoreHTTPSErrors: true }, async (page) => {
        await connect(page);
        await reads(bar(page), /wss:/);
        await send(page, 'mn');
        await reads(bar(page), /The server answered the same/);
      });
    });
  });

  test('from elsewhere: a difference is shown, and what cannot be undone is asked for', limit, () =>
    elsewhere((site, server) =>
      withPage({ url: `${site.url}#1;mn` }, async (page) => {
        await withClient(server, (client) => client.ask('set there 0 0 1\r\nx\r\n'));
        await connect(page, { url: socketUrl(server) });
        await works(page, server);
        await send(page, 'mg there v');
        await reads(bar(page), /answered differently.*EN.*VA 1/s);
        await type(page, 'flush_all');
        await press(page, 'Enter');
        const question = page.getByRole('alertdialog');
        await question.getByRole('button', { name: 'Do not send it' }).click();
        await question.waitFor({ state: 'detached' });
        assert.match(await withClient(server, (client) => client.ask('get there\r\n')), /VALUE/);
        await press(page, 'Enter');
        await page.getByRole('textbox', { name: 'Command', exact: true }).press('Enter');
        await question.getByRole('button', { name: 'Send it to the server' }).click();
        await reads(steps(page), /flush_all/);
        await reads(bar(page), /the same/);
        assert.equal(await withClient(server, (client) => client.ask('get there\r\n')), 'END\r\n');
      }),
    ),
  );

  test('half a command goes nowhere, and the steps of a tape to the tab alone', limit, () =>
    elsewhere((site, server) =>
      withPage({ url: `${site.url}#1;mn` }, async (page) => {
        await connect(page, { url: socketUrl(server) });
        await works(page, server);
        await type(page, 'ms half 5');
        await press(page, 'Control+Enter');
        await reads(bar(page), /bytes of the value are missing/);
        assert.equal(await steps(page).filter({ hasText: 'half' }).count(), 0);
        await send(page, 'mg live v');
        await reads(bar(page), /The server answered the same/);
        await send(page, 'fill many: 3 10');
        await reads(bar(page), /this tab alone/);
      }),
    ),
  );

  test('the server ends: the page says so, and goes on alone', limit, () =>
    elsewhere((site, server) =>
      withPage({ url: `${site.url}#1;mn`, allowed: CONSOLE }, async (page) => {
        await connect(page, { url: socketUrl(server) });
        await works(page, server);
        await server.stop();
        await page
          .getByText(/The connection has ended|server ends/)
          .first()
          .waitFor();
        await send(page, 'mg live v');
        await reads(steps(page), /VA 5/);
      }),
    ),
  );
});

describe('what keeps the page from a server is told, with what mends it', {
  skip: needBrowser || needIsocached,
}, () => {
  test('nobody there', limit, () =>
    refused(/No connection to.*Nobody is there.*run --http.*--allow-origin/s, {
      how: () => ({ url: 'ws://127.0.0.1:1/memcached' }),
    }),
  );

  test('another origin', limit, () => refused(/--allow-origin http:\/\/127.0.0.1:\d+/, { args: ['no origin'] }));

  test('no such path', limit, () =>
    refused(/memcached/, { how: (server) => ({ url: socketUrl(server).replace('memcached', 'other') }) }),
  );

  test('a password, none and a wrong one; then the right one', limit, () => {
    const users = path.join(folder, 'users');
    writeFileSync(users, 'ann:secret\n', { mode: 0o600 });
    return elsewhere(
      async (site, server) => {
        await withPage({ url: `${site.url}#1;mn`, allowed: CONSOLE }, async (page) => {
          await connect(page, { url: socketUrl(server) });
          await reads(form(page).getByRole('alert'), /user and a password/);
          await form(page).getByRole('textbox', { name: /^User/ }).fill('ann');
          await form(page).getByLabel('Password').fill('guess');
          await press(page, 'Enter');
          await reads(form(page).getByRole('alert'), /No connection to.*the user and the password|user:password/s);
          await form(page).getByLabel('Password').fill('secret');
          await press(page, 'Enter');
          await reads(bar(page), /LIVE/);
        });
      },
      ['-Y', users],
    );
  });

  test('not isocached at all', limit, () =>
    refused(/memcached/, { how: (server) => ({ url: `ws://127.0.0.1:${server.port}/memcached` }) }),
  );

  test('a browser without WebSocket', limit, () =>
    refused(/no WebSocket.*another browser/s, { prepare: (page) => page.addInitScript(() => delete window.WebSocket) }),
  );

  test("another server than the page's own", limit, () =>
    withServer(startIsocached, HTTP, (server) =>
      withPage({ url: `http://127.0.0.1:${server.httpPort}/#1;mn` }, async (page) => {
        await connect(page, { url: 'ws://127.0.0.1:1/memcached' });
        await reads(form(page).getByRole('alert'), /may connect to that server alone/);
      }),
    ),
  );
});
