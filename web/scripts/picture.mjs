// The README's picture of the playground: the race that goes wrong, at a small size, light.
//
//   ./dev build web && node web/scripts/picture.mjs      writes web/playground.png

import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const web = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const page = pathToFileURL(path.join(web, '../build/web/playground.html')).href;
const out = process.argv[2] ?? path.join(web, 'playground.png');

/** Two clients that miss the same page: one wins the lease, one waits. */
const TAPE = ['mg page v N30', '@bob mg page v N30', 'ms page 5 T90\\r\\nhello', '@bob mg page v t'];
const SIZE = { width: 1200, height: 720 };

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  chromiumSandbox: process.getuid?.() !== 0,
});
try {
  const tab = await browser.newPage({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' });
  // Lessons are folded: what is left is larger.
  await tab.addInitScript(() => localStorage.setItem('isocache.lessons', 'folded'));
  await tab.goto(`${page}?view=races#1;${TAPE.map(encodeURIComponent).join(';')}`);
  await tab.getByRole('heading', { name: /orders with/ }).waitFor();
  await tab.screenshot({ path: out });
} finally {
  await browser.close();
}
