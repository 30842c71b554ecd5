// The flags of meta commands, for what a cache's methods ask. Each has a space before it: they follow a key.

import { checkOptions, checkType, clientFlags, unsigned } from '../base/arguments.js';
import type { CounterOptions, ItemOptions, SetOptions } from '../base/types.js';
import { type Exptime, NO_EXPTIME } from './exptime.js';

/** A flag for the duration that the argument `name` gives, if it gives one. */
function lasting(letter: string, name: string, milliseconds: number | undefined, exptime: Exptime): string {
  return milliseconds === undefined ? '' : ` ${letter}${exptime(milliseconds, name)}`;
}

/**
 * Of `mg`, for an item with what the cache knows about it. Servers carry flags out in their order, and readItem() is to
 * tell of the item as it was before: so `t` and `R` come before `T`, which changes what they read. `N` comes before
 * `t`, which then tells how long a new lease lives; but after `T`, which would change that.
 */
export function itemFlags(options: ItemOptions, exptime: Exptime): string {
  checkOptions(options);
  const { lease, refreshBelow, touch, peek, win } = options;
  checkType('peek', peek, 'boolean');
  checkType('win', win, 'boolean');
  const lives = lasting('N', 'lease', lease, exptime);
  const reads = ` t${lasting('R', 'refreshBelow', refreshBelow, exptime)}`;
  const changes = lasting('T', 'touch', touch, exptime);
  return ` v c f h l${changes === '' ? lives + reads : reads + changes + lives}${peek ? ' u' : ''}`;
}

/** Of `ms`. */
export function storeFlags(options: SetOptions | undefined, exptime: Exptime): string {
  if (options === undefined) return '';
  checkOptions(options);
  const { ttl, flags } = options;
  return lasting('T', 'ttl', ttl, exptime) + (flags === undefined ? '' : ` F${clientFlags(flags)}`);
}

/** Only if the item is still the one with this cas. */
export function casFlag(cas: bigint): string {
  return ` C${unsigned('cas', cas)}`;
}

/** Of `ma`. Mode I adds, D takes away. */
export function countFlags(
  mode: 'I' | 'D',
  delta: bigint | number,
  options: CounterOptions | undefined,
  exptime: Exptime,
): string {
  checkOptions(options);
  const flags = ` v M${mode} D${unsigned('delta', delta)}`;
  const { initial, ttl } = options ?? {};
  if (initial === undefined) return flags;
  return `${flags} J${unsigned('initial', initial)} N${ttl === undefined ? NO_EXPTIME : exptime(ttl)}`;
}

/** Of `mg`: a new TTL. */
export function touchFlags(ttl: number, exptime: Exptime): string {
  return ` T${exptime(ttl)}`;
}

/** Of `md`: the item stays, but as one that is to be loaded anew, perhaps not for long. */
export function staleFlags(options: { ttl?: number | undefined }, exptime: Exptime): string {
  checkOptions(options);
  return ` I${lasting('T', 'ttl', options.ttl, exptime)}`;
}

/** Of `md`: removes an item, or marks it stale, if nobody has changed it since. */
export function giveUpFlags(cas: bigint, how: 'remove' | 'markStale'): string {
  return how === 'remove' ? casFlag(cas) : `${casFlag(cas)} I`;
}
