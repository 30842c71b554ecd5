// Pages in Chromium.

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

import { needsNode } from './application.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const FLAGS = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
];
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** The least that a page with wasm needs. */
export const CSP = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

export const noChromium =
  needsNode(20, 'playwright-core') ||
  (!existsSync(CHROMIUM) && `no ${CHROMIUM}; the variable CHROMIUM may name another`);

/** An index.html that runs one script. */
export const html = (script) =>
  `<!doctype html><meta charset="utf-8"><body><script type="module" src="${script}"></script>`;

/** Serves `folder` under a policy (null: none); gives the address. */
export async function serve(t, folder, policy = CSP) {
  const server = http.createServer(async (request, response) => {
    const file = path.join(folder, new URL(request.url, 'http://localhost').pathname);
    try {
      const contents = await readFile(file);
      if (policy) response.setHeader('content-security-policy', policy);
      response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'text/plain' }).end(contents);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${server.address().port}/`;
}

/** An empty page in a browser of its own. */
export async function openPage(t) {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: FLAGS,
    chromiumSandbox: process.getuid?.() !== 0,
  });
  t.after(() => browser.close());
  return browser.newPage();
}

/** What the page's program gave (runtimes/page.mjs). */
export async function show(t, address) {
  const page = await openPage(t);
  const failed = new Promise((_, reject) => page.on('pageerror', reject));
  await page.goto(address);
  return JSON.parse(await Promise.race([page.locator('output').textContent({ timeout: 30_000 }), failed]));
}
