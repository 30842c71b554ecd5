// The entry point with the module inside the code. It serves every runtime that may compile from bytes, and Deno, which
// would otherwise ask its user for permission to read a file.

export { shortKey } from '../loads/short-key.js';
export { open } from '../store/open-inline.js';
export { openSync, Store } from '../store/store.js';
export * from '../base/types.js';
