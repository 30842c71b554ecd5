// The option `tier`, as the device that it means.

import { checkObject, checkType, within, wrong } from '../base/arguments.js';
import { checkKnown } from '../base/known-options.js';
import type { TierDevice, TierOptions } from '../base/types.js';
import type { Device } from './device.js';
import { HostDevice } from './host-device.js';
import { MAX_TIER_BYTES, MIN_TIER_BYTES } from './limits.js';
import { MemoryDevice } from './memory-device.js';

export function deviceOf(tier: TierOptions): Device {
  checkObject('tier', tier);
  checkKnown(tier, ['bytes', 'device']);
  const { bytes, device } = tier;
  if ((bytes === undefined) === (device === undefined)) throw wrong('tier', 'an object with bytes or with a device');
  if (device === undefined) return new MemoryDevice(within('bytes of tier', bytes!, MIN_TIER_BYTES, MAX_TIER_BYTES));
  checkDevice(device);
  return new HostDevice(device);
}

function checkDevice(device: TierDevice): void {
  checkObject('device of tier', device);
  within('size of the device of tier', device.size, MIN_TIER_BYTES, MAX_TIER_BYTES, 1);
  for (const name of ['read', 'write'] as const)
    checkType(`${name} of the device of tier`, device[name] ?? 0, 'function');
  checkType('close of the device of tier', device.close, 'function');
}
