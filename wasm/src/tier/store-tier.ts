// Between the module and a store's device.

import { wrong } from '../base/arguments.js';
import type { Engine, EngineTier } from '../engine/engine.js';
import type { Evictions } from '../store/evictions.js';
import { randomSeed } from '../store/seed.js';
import type { StoreTier } from '../store/tier.js';
import type { Device } from './device.js';

const TELL_EVERY_MS = 1000;
const OFF = 'too many writes of the tier have failed: nothing more is written until the next try';

type Take = (left?: Engine) => Engine | undefined;

export class DeviceTier implements StoreTier {
  readonly #device: Device;
  #evictions!: Evictions;
  #take!: Take;
  #toldMs = -Infinity;
  #isOff = false;
  #telling = false;

  constructor(device: Device) {
    this.#device = device;
  }

  attach(evictions: Evictions, take: Take): void {
    this.#evictions = evictions;
    this.#take = take;
  }

  imports(engine: Engine): ReturnType<EngineTier['imports']> {
    const part = (address: number, length: number) => engine.bytes.subarray(address >>> 0, (address >>> 0) + length);
    return {
      isocache_tier_read: (at, address, length) =>
        this.#try(
          () => this.#device.read(part(address, length), at),
          (error) => this.#tell(error),
        ),
      isocache_tier_write: (at, address, length) =>
        this.#try(
          () => this.#device.write(part(address, length), at),
          (error) => {
            this.#tell(error);
            queueMicrotask(() => this.#tellIfOff(engine, error));
          },
        ),
    };
  }

  open(...[calls, maxItemSize, key]: Parameters<EngineTier['open']>): void {
    if (calls.open_tier === undefined) throw wrong('wasm', 'isocache/engine-tier.wasm if there is a tier');
    const random = randomSeed();
    const word = (n: bigint) => Number(BigInt.asUintN(32, random >> (32n * n)));
    calls.open_tier(this.#device.size, maxItemSize, ...key, word(0n), word(1n));
  }

  evicted(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#evictions.tell();
    });
  }

  close(): void {
    try {
      this.#device.close();
    } catch (error) {
      this.#evictions.report(error);
    }
  }

  #tell(error: unknown): void {
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    queueMicrotask(() => this.#evictions.report(error));
  }

  /** Once each time that it is off, whatever else was told. */
  #tellIfOff(engine: Engine, cause: unknown): void {
    const isOff = engine.calls.tier_off!();
    if (isOff && !this.#isOff) this.#evictions.report(new Error(OFF, { cause }));
    this.#isOff = isOff;
  }

  /** No exception may pass through the module. The device finds its store closed: it must not use it. */
  #try(operation: () => void, failed: (error: unknown) => void): boolean {
    const engine = this.#take();
    try {
      operation();
      return true;
    } catch (error) {
      failed(error);
      return false;
    } finally {
      this.#take(engine);
    }
  }
}

/** For a store without a tier in the module that can have one. */
export const NO_TIER: StoreTier = {
  attach() {},
  imports: () => ({ isocache_tier_read: () => false, isocache_tier_write: () => false }),
  open() {},
  evicted() {},
  close() {},
};
