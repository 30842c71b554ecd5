// isocache/browser: what only browsers have.

export { type OpfsDeviceOptions, opfsDevice } from '../tier/opfs-device.js';
