// A page in Chromium that speaks memcached over ws://.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { withClient } from '../lib/client.mjs';
import { needIsocached, startIsocached } from '../lib/server.mjs';
import { webSocketUrl } from '../lib/websocket.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const packages = new URL('../../wasm/test/packed/package.json', import.meta.url);
const [major] = process.versions.node.split('.').map(Number);
const noBrowser =
  (!existsSync(CHROMIUM) && `no ${CHROMIUM}`) ||
  (!existsSync(new URL('node_modules/playwright-core', packages)) && 'npm --prefix wasm/test/packed ci was not run') ||
  (major < 20 && 'playwright-core needs Node 20');

/** Runs in the page: sends, and gives what comes until it ends with `end`; or {code, reason} of a close. */
function talk({ url, protocols, bytes, end }) {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, protocols);
    socket.binaryType = 'arraybuffer';
    let received = '';
    socket.onopen = () => socket.send(new TextEncoder().encode(bytes));
    socket.onmessage = ({ data }) => {
      received += new TextDecoder('latin1').decode(data);
      if (!received.endsWith(end)) return;
      resolve(received);
      socket.close();
    };
    socket.onclose = ({ code, reason }) => resolve({ code, reason });
  });
}

test('a page sets and gets', { timeout: 120_000, skip: needIsocached || noBrowser }, async (t) => {
  const pages = http.createServer((_request, response) => response.end('<!doctype html>'));
  await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    pages.close();
    pages.closeAllConnections();
  });
  const origin = `http://127.0.0.1:${pages.address().port}`;
  const server = await startIsocached(['--http', '127.0.0.1:0', '--allow-origin', origin]);
  t.after(() => server.stop());
  const { chromium } = createRequire(packages)('playwright-core');
  const browser = await chromium.launch({ executablePath: CHROMIUM, chromiumSandbox: process.getuid?.() !== 0 });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const url = webSocketUrl(server);
  const asked = {
    url,
    protocols: ['memcached'],
    bytes: 'set greeting 0 0 5\r\nhello\r\nget greeting\r\n',
    end: 'END\r\n',
  };

  await page.goto(origin);
  assert.equal(await page.evaluate(talk, asked), 'STORED\r\nVALUE greeting 0 5\r\nhello\r\nEND\r\n');
  assert.equal(
    await withClient(server, (client) => client.ask('get greeting\r\n')),
    'VALUE greeting 0 5\r\nhello\r\nEND\r\n',
  );
  assert.equal((await page.evaluate(talk, { ...asked, protocols: [] })).code, 1006, 'without the subprotocol');

  // The same page from another origin: the browser sends that one along, and is refused.
  await page.goto(origin.replace('127.0.0.1', 'localhost'));
  assert.equal((await page.evaluate(talk, asked)).code, 1006);

  // The server's own page shows what there is.
  await page.goto(`http://127.0.0.1:${server.httpPort}/pages`);
  assert.equal(await page.title(), 'isocache');
  assert.equal(await page.getByRole('link', { name: '/healthz' }).count(), 1);
});
