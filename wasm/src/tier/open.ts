// open() with the module that can have a tier.

import { checkOptions, wrong } from '../base/arguments.js';
import { DEFAULT_BYTES } from '../base/limits.js';
import type { StoreOptions } from '../base/types.js';
import { compile } from '../engine/load.js';
import { type Open, once } from '../store/opener.js';
import { Store } from '../store/store.js';
import type { StoreTier } from '../store/tier.js';
import { MIN_TIERED_BYTES } from './limits.js';
import { deviceOf } from './option.js';
import { DeviceTier, NO_TIER } from './store-tier.js';

/** As opener() of the store. */
export function tieredOpener(load: () => Promise<WebAssembly.Module>, compileFrom = compile): Open {
  const loadOnce = once(load);
  return async (options = {}) => {
    checkOptions(options);
    const { wasm, ...others } = options;
    return openWith(others, () => (wasm === undefined ? loadOnce() : compileFrom(wasm)));
  };
}

/** Makes a store in a module that is compiled already: isocache/engine-tier.wasm, if it is to have a tier. */
export function openSync(module: WebAssembly.Module, options: Omit<StoreOptions, 'wasm'> = {}): Store {
  checkOptions(options);
  const { tier: _, ...others } = options;
  const made = tierOf(options);
  return closedOnFailure(made, () => new Store(module, others, made));
}

async function openWith(options: StoreOptions, load: () => Promise<WebAssembly.Module>): Promise<Store> {
  const { tier: _, ...others } = options;
  const made = tierOf(options);
  const module = await load().catch((error: unknown) => {
    made.close();
    throw error;
  });
  return closedOnFailure(made, () => new Store(module, others, made));
}

function tierOf({ tier, maxBytes = DEFAULT_BYTES }: StoreOptions): StoreTier {
  if (tier === undefined) return NO_TIER;
  if (maxBytes < MIN_TIERED_BYTES) throw wrong('maxBytes', `${MIN_TIERED_BYTES} at least if there is a tier`);
  return new DeviceTier(deviceOf(tier));
}

/** The store has the device from the begin: nobody else would close it. */
function closedOnFailure(tier: StoreTier, make: () => Store): Store {
  try {
    return make();
  } catch (error) {
    tier.close();
    throw error;
  }
}
