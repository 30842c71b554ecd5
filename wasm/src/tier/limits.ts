// Limits of tiers.

export const MIN_TIER_BYTES = 1 << 20;
/** Of memory, so that items have room beside what the tier needs. */
export const MIN_TIERED_BYTES = 4 << 20;
/** What the index of a store can address. */
export const MAX_TIER_BYTES = 2 ** 40;
