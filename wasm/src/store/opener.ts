// What the entry points have in common: they differ in where the module comes from.

import { checkOptions } from '../base/arguments.js';
import { compile } from '../engine/load.js';
import { openSync, type Store } from './store.js';
import type { StoreOptions } from '../base/types.js';

/**
 * Makes an entry point's open(). `load` gets the module that comes with the package, once it is needed;
 * `compileFrom` is for one that the caller names.
 */
export function opener(
  load: () => Promise<WebAssembly.Module>,
  compileFrom = compile,
): (options?: StoreOptions) => Promise<Store> {
  let shipped: Promise<WebAssembly.Module> | undefined;
  const loadOnce = () =>
    (shipped ??= load().catch((error: unknown) => {
      shipped = undefined; // the next open() tries again
      throw error;
    }));
  return async (options = {}) => {
    checkOptions(options);
    const { wasm, ...others } = options;
    return openSync(await (wasm === undefined ? loadOnce() : compileFrom(wasm)), others);
  };
}
