// What the entry points have in common: they differ in where the module comes from.

import { checkOptions } from '../base/arguments.js';
import { compile } from '../engine/load.js';
import { openSync, type Store } from './store.js';
import type { StoreOptions } from '../base/types.js';

export type Open = (options?: StoreOptions) => Promise<Store>;

/** Calls `load` when it is needed, once; again only if it has failed. */
export function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loaded: Promise<T> | undefined;
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    }));
}

/**
 * Makes an entry point's open(). `load` gets the module that comes with the package; `loadTiered` an open() for stores
 * with a tier; `compileFrom` is for a module that the caller names.
 */
export function opener(
  load: () => Promise<WebAssembly.Module>,
  loadTiered: () => Promise<Open>,
  compileFrom = compile,
): Open {
  const loadOnce = once(load);
  const loadTieredOnce = once(loadTiered);
  return async (options = {}) => {
    checkOptions(options);
    const { wasm, tier, ...others } = options;
    if (tier !== undefined) return (await loadTieredOnce())(options);
    return openSync(await (wasm === undefined ? loadOnce() : compileFrom(wasm)), others);
  };
}
