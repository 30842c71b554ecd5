// A file as the tier's device, for Node and what is like it.

import * as fs from 'node:fs';
import { dirname } from 'node:path';

import { checkOptions, checkType, within, wrong } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import { IsocacheError, type TierDevice } from '../base/types.js';
import { MAX_TIER_BYTES, MIN_TIER_BYTES } from './limits.js';

export interface FileDeviceOptions {
  /** The size of the file: 1 MiB to 1 TiB. */
  bytes: number;
}

/**
 * Makes a file for a tier: open({ tier: { device: fileDevice('/mnt/nvme/cache', { bytes: 10 * 2 ** 30 }) } }). It must
 * not exist, and is the store's alone: nobody else can find it, and it is gone when the store is closed or the process
 * ends, however it ends.
 */
export function fileDevice(path: string, options: FileDeviceOptions): TierDevice {
  checkType('path', path ?? 0, 'string');
  if (path === '') throw wrong('path', 'the name of a file');
  checkOptions(options);
  checkKnown(options, ['bytes']);
  return new FileDevice(path, within('bytes', options?.bytes, MIN_TIER_BYTES, MAX_TIER_BYTES));
}

class FileDevice implements TierDevice {
  readonly size: number;
  readonly #file: number;
  /** Where the system keeps the name of an open file, it is removed at the end. */
  #named: string | undefined;

  constructor(path: string, size: number) {
    checkRoom(path, size);
    this.size = size;
    this.#file = fs.openSync(path, 'wx+', 0o600);
    this.#named = path;
    this.#removeName();
    try {
      fs.ftruncateSync(this.#file, size);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  read(bytes: Uint8Array, at: number): number {
    return fs.readSync(this.#file, bytes, 0, bytes.length, at);
  }

  write(bytes: Uint8Array, at: number): number {
    return fs.writeSync(this.#file, bytes, 0, bytes.length, at);
  }

  close(): void {
    fs.closeSync(this.#file);
    this.#removeName();
  }

  #removeName(): void {
    if (this.#named === undefined) return;
    try {
      fs.unlinkSync(this.#named);
      this.#named = undefined;
    } catch {
      // Windows may say so while it is open.
    }
  }
}

/** The file takes its room as the tier fills. Who has not so much now will not have it then. */
function checkRoom(path: string, size: number): void {
  const { bavail, bsize } = fs.statfsSync?.(dirname(path)) ?? { bavail: Infinity, bsize: 1 }; // not in Node 18.0
  if (bavail * bsize >= size) return;
  throw new IsocacheError('NO_MEMORY', `${path}: the volume has ${bavail * bsize} bytes left, not ${size}`);
}
