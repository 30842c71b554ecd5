// What a tape may ask for. A link is written by a stranger: opening it must not hang the tab.

/** The version that this code writes and reads, in a tape's first line and in links. */
export const TAPE_VERSION = 1;

/** All tapes begin at 2026-01-01 00:00:00 UTC, with the same hash seed: a replay is the same everywhere. */
export const START_MS = 1_767_225_600_000;

export const DEFAULT_MEMORY_BYTES = 1024 * 1024;
export const MIN_MEMORY_BYTES = 1024 * 1024;
export const MAX_MEMORY_BYTES = 32 * 1024 * 1024;

/** Of the text form. */
export const MAX_TAPE_BYTES = 256 * 1024;
export const MAX_STEPS = 2000;
export const MAX_CLIENTS = 4;
export const MAX_TITLE_CHARACTERS = 200;

/** In one step, and in all steps of a tape together. */
export const MAX_FILL_ITEMS = 100_000;
export const MAX_FILL_VALUE_BYTES = 512 * 1024;
export const MAX_WAIT_SECONDS = 10 * 365 * 86_400;

/** The longest prefix of fill: a key has at most 250 bytes, digits among them. */
export const MAX_PREFIX_BYTES = 200;

/** The client whose name may be left out in links, and who stores what fill stores. */
export const FIRST_CLIENT = 'alice';
