// A device that the caller gave. Whatever it does, an operation succeeds or fails. It works on copies: it may keep what
// it was given and change it later, and must not change the engine's memory then.

import type { TierDevice } from '../base/types.js';
import type { Device } from './device.js';

const KEPT_BYTES = 64 << 10;

const inUse = new WeakSet<TierDevice>();

export class HostDevice implements Device {
  readonly size: number;
  readonly #device: TierDevice;
  #kept = new Uint8Array(KEPT_BYTES);
  #closed = false;

  /** Throws if another store uses it. */
  constructor(device: TierDevice) {
    if (inUse.has(device)) throw new Error('another store uses this device as its tier');
    inUse.add(device);
    this.#device = device;
    this.size = device.size;
  }

  read(bytes: Uint8Array, at: number): void {
    const copy = this.#room(bytes.length);
    check('read', this.#device.read(copy, at), bytes.length, copy);
    bytes.set(copy);
  }

  write(bytes: Uint8Array, at: number): void {
    const copy = this.#room(bytes.length);
    copy.set(bytes);
    check('wrote', this.#device.write(copy, at), bytes.length, copy);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    inUse.delete(this.#device);
    this.#device.close?.();
  }

  #room(length: number): Uint8Array {
    if (length > KEPT_BYTES) return new Uint8Array(length);
    if (this.#kept.length < KEPT_BYTES) this.#kept = new Uint8Array(KEPT_BYTES); // somebody has transferred it
    return this.#kept.subarray(0, length);
  }
}

function check(did: string, done: unknown, asked: number, copy: Uint8Array): void {
  if (done instanceof Promise) {
    done.catch(() => undefined);
    throw new Error('the device of the tier must be synchronous, but gave a promise');
  }
  // A buffer that was transferred has no bytes any more.
  if (done === asked && copy.length === asked) return;
  throw new Error(`the device of the tier ${did} ${String(done)} of ${asked} bytes`);
}
