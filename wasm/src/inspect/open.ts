// openInspector(), for entry points, which differ in where the module comes from.

import type { WasmSource } from '../base/types.js';
import { Inspector } from './inspector.js';
import { Pool } from './pool.js';
import { checkInspectorOptions } from './settings.js';
import type { InspectorOptions } from './types.js';

export type OpenInspector = (options?: InspectorOptions) => Promise<Inspector>;

/** Of a compiled module: inspectors give their instances to each other. */
const pools = new WeakMap<WebAssembly.Module, Pool>();

function poolOf(module: WebAssembly.Module): Pool {
  const pool = pools.get(module) ?? new Pool(module);
  pools.set(module, pool);
  return pool;
}

/** `load` gets the module that comes with the package, `compileFrom` one that the caller names. */
export function inspectorOpener(
  load: () => Promise<WebAssembly.Module>,
  compileFrom: (source: WasmSource) => Promise<WebAssembly.Module>,
): OpenInspector {
  let loaded: Promise<WebAssembly.Module> | undefined;
  const loadOnce = () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      throw error;
    }));
  return async (options = {}) => {
    checkInspectorOptions(options);
    const { wasm, ...settings } = options;
    return new Inspector(poolOf(await (wasm === undefined ? loadOnce() : compileFrom(wasm))), settings);
  };
}
