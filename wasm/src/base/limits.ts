// Limits that several rooms know.

/** The longest key, as in every memcached. */
export const MAX_KEY_BYTES = 250;
/** The longest time that a timer can wait. */
export const MAX_TIMER_MS = 2 ** 31 - 1;
/** The largest item that can be asked for. */
export const MAX_ITEM_BYTES = 1 << 30;
/** What a store may hold if nobody says. */
export const DEFAULT_BYTES = 64 << 20;
