// open() with the module that lies in the code.

import { loadInline } from '../engine/load-inline.js';
import { noTier } from './no-tier.js';
import { opener } from './opener.js';
import { strict } from './strict.js';

/** Opens a store. The module is compiled once, however many stores are opened. */
export const open = strict(opener(loadInline, noTier));
