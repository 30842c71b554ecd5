// Links: a tape in the hash of an address, how to look at it in the query.

import type { Tape } from '../tape/types.js';

/** How the page opens. */
export interface LinkOptions {
  /** The view's name, as the page calls it: small letters. */
  readonly view?: string;
  /** Without what surrounds console and store: for a frame in another page. */
  readonly embed?: boolean;
}

export interface Link extends LinkOptions {
  /** Left out: the address has none. */
  readonly tape?: Tape;
  /** Why the tape of the address cannot be read, and what to do. */
  readonly error?: string;
}

/** A finished address, or why there is none: a sentence that says what to do instead. */
export type WrittenLink = { readonly href: string; readonly error?: never } | { readonly error: string };
