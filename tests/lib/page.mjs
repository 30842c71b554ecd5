// Configurations that a page of documentation shows, for a test to run: what a page says cannot rot.

import { readFileSync } from 'node:fs';

/** How to use several nodes. */
export const BEYOND_ONE_MACHINE = new URL('../../native/docs/beyond-one-machine.md', import.meta.url);

/** How to expose a server. */
export const EXPOSING_SAFELY = new URL('../../native/docs/exposing-safely.md', import.meta.url);

/** What /metrics has. */
export const METRICS = new URL('../../native/docs/metrics.md', import.meta.url);

/** The addresses that the pages use for nodes: 10.0.0.1:11211, 10.0.0.2:11211 ... */
const NODE_ADDRESS = /10\.0\.0\.(\d)(:|', )11211/g;

/** The one code block of that language in a page (a URL). */
export function blockOf(page, language) {
  const text = readFileSync(page, 'utf8');
  const blocks = [...text.matchAll(/^```(\S*)\n(.*?)^```$/gms)].filter((block) => block[1] === language);
  if (blocks.length !== 1) throw new Error(`${page}: ${blocks.length} blocks of ${language}, not one`);
  return blocks[0][2];
}

/**
 * The same, with nodes at these loopback ports in place of the page's.
 * Nothing else is changed.
 */
export function configurationOf(page, language, ports) {
  let replaced = 0;
  const configuration = blockOf(page, language).replace(NODE_ADDRESS, (_, node, separator) => {
    ++replaced;
    return `127.0.0.1${separator}${ports[Number(node) - 1]}`;
  });
  if (replaced !== ports.length) throw new Error(`${page}: ${replaced} addresses of nodes in the ${language} block`);
  return configuration;
}
