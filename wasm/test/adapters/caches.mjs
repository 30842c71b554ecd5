// What every adapter is tested over: a Store, and a Client of one.

import { open } from 'isocache';
import { createClient } from 'isocache/client';

/** `use(makeCache)` for each kind; the cache lives as long as the tests. */
export async function forEachCache(use) {
  // Tests that freeze time replace `Date`.
  const now = () => Date.now();
  await use('a Store', await open({ now }));
  const store = await open({ now });
  await use('a Client', createClient({ store, now }));
}
