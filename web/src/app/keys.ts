// Keys as text, and compared.

import { escapeBytes } from '../base/escape.js';

/** For maps and sets: equal for equal bytes. */
export const keyId = (key: Uint8Array): string => escapeBytes(key);

/** The partner of tokens and rows that are about this key. */
export const keyPartner = (key: Uint8Array): string => `key:${escapeBytes(key)}`;
