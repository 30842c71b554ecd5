// What a store has to do with its tier, which is in tier/: few stores have one.

import type { Engine, EngineTier } from '../engine/engine.js';
import type { Evictions } from './evictions.js';

export interface StoreTier extends EngineTier {
  /** `take` gives the store's engine and leaves it another one. Without an engine, the store is closed. */
  attach(evictions: Evictions, take: (left?: Engine) => Engine | undefined): void;
  /** There is an eviction to tell, maybe by a call that tells none. */
  evicted(): void;
  close(): void;
}
