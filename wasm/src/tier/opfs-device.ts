// A file of the browser's origin private file system as the tier's device. Only dedicated workers can use one
// synchronously.

import { checkOptions, checkType, within, wrong } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import { IsocacheError, type TierDevice } from '../base/types.js';
import { MAX_TIER_BYTES, MIN_TIER_BYTES } from './limits.js';

export interface OpfsDeviceOptions {
  /** The size of the file: 1 MiB to 1 TiB, and within the origin's quota. */
  bytes: number;
}

/** TypeScript's types for pages lack what workers have. */
interface LockableFile {
  createSyncAccessHandle(): Promise<AccessHandle>;
}

/** What is used of a FileSystemSyncAccessHandle. */
interface AccessHandle {
  read(bytes: Uint8Array, where: { at: number }): number;
  write(bytes: Uint8Array, where: { at: number }): number;
  truncate(size: number): void;
  close(): void;
}

/**
 * Makes, or takes over, a file for a tier, in a dedicated worker:
 * open({ tier: { device: await opfsDevice('cache', { bytes: 2 ** 30 }) } }). It is locked until the store is closed,
 * and removed then.
 */
export async function opfsDevice(name: string, options: OpfsDeviceOptions): Promise<TierDevice> {
  checkType('name', name ?? 0, 'string');
  if (name === '') throw wrong('name', 'the name of a file');
  checkOptions(options);
  checkKnown(options, ['bytes']);
  const size = within('bytes', options?.bytes, MIN_TIER_BYTES, MAX_TIER_BYTES);
  const folder = await globalThis.navigator?.storage?.getDirectory?.();
  if (folder === undefined || !Reflect.has(FileSystemFileHandle.prototype, 'createSyncAccessHandle')) {
    throw new IsocacheError('BAD_ARGUMENT', 'opfsDevice: only a dedicated worker of a browser has such files');
  }
  const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
  if (quota - usage < size) {
    throw new IsocacheError('NO_MEMORY', `${name}: this origin may store ${quota - usage} bytes more, not ${size}`);
  }
  const file = await folder.getFileHandle(name, { create: true });
  const handle = await (file as unknown as LockableFile).createSyncAccessHandle();
  const close = () => {
    handle.close();
    folder.removeEntry(name).catch(() => undefined); // another tab has it again
  };
  try {
    handle.truncate(0); // what another run has left
    handle.truncate(size);
  } catch (error) {
    close();
    throw error;
  }
  return {
    size,
    read: (bytes, at) => handle.read(bytes, { at }),
    write: (bytes, at) => handle.write(bytes, { at }),
    close,
  };
}
