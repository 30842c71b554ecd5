// The same with the module that lies in the code.

import { loadTierInline } from '../engine/load-tier-inline.js';
import { strict } from '../store/strict.js';
import { tieredOpener } from './open.js';

/** Opens a store, with or without a tier. The module is compiled once, however many stores are opened. */
export const open = strict(tieredOpener(loadTierInline));
