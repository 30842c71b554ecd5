// A browser, and pages in it that are watched: each begins with a fresh profile, and must end without a violation of
// its policy, an error, or a shift of its layout.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { SINGLE_FILE, SITE } from './site.mjs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
const ARGS = [
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  // A name of a machine in the local network, which has no certificate: no secure context.
  '--host-resolver-rules=MAP playground.lan 127.0.0.1',
];
export const LAN_NAME = 'playground.lan';

/** A reason to skip, or false. */
export const needBrowser =
  (!existsSync(CHROMIUM) && `no ${CHROMIUM}`) ||
  (!(existsSync(SITE) && existsSync(SINGLE_FILE)) && '`./dev build web` was not run');

/** What is waited for has this long; a busy machine is slow. */
export const PATIENCE_MS = 10_000;
const POLL_MS = 25;

/**
 * Waits until `condition(argument)` is true in the page. (Playwright's own waitForFunction() calls eval(), which the
 * page's policy forbids.)
 */
export async function until(page, condition, argument) {
  for (const end = Date.now() + PATIENCE_MS; !(await page.evaluate(condition, argument)); ) {
    if (Date.now() > end) throw new Error(`never true: ${condition} with ${JSON.stringify(argument)}`);
    await setTimeout(POLL_MS);
  }
}
export const limit = { timeout: 120_000 };

const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

let launched;
const browser = () => {
  launched ??= chromium.launch({
    executablePath: CHROMIUM,
    args: ARGS,
    chromiumSandbox: process.getuid?.() !== 0,
  });
  return launched;
};
after(async () => (await launched)?.close());

/** Runs in the page before its own scripts. */
function watch() {
  const seen = { violations: [], shifts: [], longTasks: [] };
  Object.defineProperty(window, 'watched', { value: seen });
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
    seen.violations.push(`${violatedDirective}: ${blockedURI} at ${sourceFile}:${lineNumber}`);
  });
  const nameOf = (node) => {
    if (node?.nodeType === Node.TEXT_NODE) return `"${node.data}" in ${nameOf(node.parentElement)}`;
    return node
      ? `<${node.nodeName.toLowerCase()} class="${node.getAttribute('class') ?? ''}">`
      : 'a node that is gone';
  };
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) {
      if (shift.hadRecentInput) continue; // a person did something: the page may answer
      seen.shifts.push(`${shift.value.toFixed(4)} by ${shift.sources.map(({ node }) => nameOf(node)).join(', ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) seen.longTasks.push({ startTime, duration });
  }).observe({ type: 'longtask', buffered: true });
}

/** What was wrong with the page so far. `complaints`: what its console said. */
async function faultsOf(page, complaints, allowed) {
  const { violations, shifts } = await page.evaluate(() => window.watched);
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth ? [`${scrollWidth} px wide in a window of ${clientWidth} px`] : [];
  });
  const all = [...complaints, ...violations, ...shifts.map((shift) => `layout shift: ${shift}`), ...wide];
  return all.filter((fault) => !allowed?.test(fault));
}

/**
 * Opens a page with a fresh profile, and looks at its faults at the end.
 * @param {object} options those of browser.newContext(), and: url; `theme`: 'light' or 'dark'; `allowed`: a pattern of
 *   faults that the test is about; `prepare(page)`: called before the page is opened
 * @param {(page: import('playwright-core').Page) => Promise<void>} use
 */
export async function withPage({ url, theme = 'light', allowed, prepare, ...options }, use) {
  const context = await (await browser()).newContext({ viewport: DESKTOP, colorScheme: theme, ...options });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`error: ${error.stack ?? error}`));
    await page.addInitScript(watch);
    await prepare?.(page);
    if (url) await page.goto(url);
    try {
      await use(page);
    } catch (error) {
      const faults = await faultsOf(page, complaints, allowed);
      if (faults.length > 0) error.message += `\nThe page: ${faults.join('\n')}`;
      throw error;
    }
    assert.deepEqual(await faultsOf(page, complaints, allowed), []);
  } finally {
    await context.close();
  }
}

export const withPhone = (options, use) =>
  withPage({ viewport: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2, ...options }, use);
