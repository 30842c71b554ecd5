// isocache/node: what only Node, and what is like it, has.

export { type FileDeviceOptions, fileDevice } from '../tier/file-device.js';
