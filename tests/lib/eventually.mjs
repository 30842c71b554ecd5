// Waiting for a state: how long it takes depends on the machine, that it comes does not.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Fails unless `check()` gives something true in time. `what` says what was missed. */
export async function eventually(check, what, limitMs = 10_000) {
  for (const end = Date.now() + limitMs; !(await check()); ) {
    assert.ok(Date.now() < end, what);
    await sleep(20);
  }
}
