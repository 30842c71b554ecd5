// Limits of what open() can be told. In a file of their own: bundlers put such constants in place.

export const MIN_BYTES = 1 << 20;
/** What a module can address, without what it needs itself. */
export const MAX_BYTES = (4096 - 64) * 2 ** 20;
export const DEFAULT_ITEM_BYTES = 1 << 20;
export const MIN_ITEM_BYTES = 1 << 10;
