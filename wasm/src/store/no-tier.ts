// For entry points that cannot load a second module, or should not: a bundle would have both.

import { IsocacheError } from '../base/types.js';
import type { Open } from './opener.js';

export async function noTier(): Promise<Open> {
  throw new IsocacheError('BAD_ARGUMENT', "tier: here it needs open() of 'isocache/tier'");
}
