// openInspector(), for entry points, which differ in where the module comes from.

import { checkType, within } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import { MAX_ITEM_BYTES } from '../base/limits.js';
import type { WasmSource } from '../base/types.js';
import { Inspector, secondsOf } from './inspector.js';
import { Pool } from './pool.js';
import { Sessions } from './sessions.js';
import type { InspectorOptions } from './types.js';

export type OpenInspector = (options?: InspectorOptions) => Promise<Inspector>;

const OPTIONS = [
  'maxBytes',
  'maxItemSize',
  'hashSeed',
  'now',
  'wasm',
] as const satisfies readonly (keyof InspectorOptions)[];

const MIN_BYTES = 1 << 20;
// Whoever looks into a store of more than this sees no segment any more.
const MAX_BYTES = 1 << 30;
const MIN_ITEM_BYTES = 1 << 10;
const DEFAULT_ITEM_BYTES = 1 << 20;
const DEFAULT_NOW_MS = Date.UTC(2026, 0, 1);
const MAX_NOW_MS = 0xffffffff * 1000;
const DEFAULT_HASH_SEED = 0x69736f6361636865n;

/** Compiled modules' pools: inspectors of one module give their instances to each other. */
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
    checkKnown(options, OPTIONS);
    const { wasm, hashSeed = DEFAULT_HASH_SEED } = options;
    checkType('hashSeed', hashSeed, 'bigint');
    const maxBytes = within('maxBytes', options.maxBytes ?? MIN_BYTES, MIN_BYTES, MAX_BYTES);
    const most = Math.min(maxBytes / 2, MAX_ITEM_BYTES);
    const asked = options.maxItemSize ?? Math.min(most, DEFAULT_ITEM_BYTES);
    const maxItemSize = within('maxItemSize', asked, MIN_ITEM_BYTES, most);
    const nowMs = within('now', options.now ?? DEFAULT_NOW_MS, 0, MAX_NOW_MS);
    const pool = poolOf(await (wasm === undefined ? loadOnce() : compileFrom(wasm)));
    const machine = pool.make();
    machine.open({ maxBytes, maxItemSize, hashSeed, nowS: secondsOf(nowMs) });
    return new Inspector(pool, machine, { maxBytes, nowMs, sessions: new Sessions() });
  };
}
