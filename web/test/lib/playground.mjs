// The page with a tape in it, on a server of the test's process.

import { after } from 'node:test';
import { withPage, withPhone } from './browser.mjs';
import { ready } from './console.mjs';
import { serveSite } from './site.mjs';

let served;
after(async () => (await served)?.close());

/** The address of the page with a tape: `lines` as in a link, "mg page v" or "@bob mn" or "+30s". No lines: none. */
export async function addressOf(lines, query = '') {
  served ??= serveSite();
  const hash = lines ? `#1;${lines.map(encodeURIComponent).join(';')}` : '';
  return `${(await served).url}${query}${hash}`;
}

/** Opens the page with a tape, at its end. Without lines it is the page as a newcomer sees it. */
export async function withTape(lines, use, { query, phone = false, ...options } = {}) {
  const open = phone ? withPhone : withPage;
  await open({ url: await addressOf(lines, query), ...options }, async (page) => {
    await ready(page);
    await use(page);
  });
}
