// open() that refuses unknown options. Browsers do without: there each byte of script is downloaded.

import { checkKnown } from '../base/known-options.js';
import type { StoreOptions } from '../base/types.js';
import type { Open } from './opener.js';

const OPTIONS = [
  'maxBytes',
  'maxItemSize',
  'wasm',
  'now',
  'hashSeed',
  'onEvict',
  'onError',
  'tier',
] as const satisfies readonly (keyof StoreOptions)[];

export function strict(open: Open): Open {
  return async (options) => {
    checkKnown(options, OPTIONS);
    return open(options);
  };
}
