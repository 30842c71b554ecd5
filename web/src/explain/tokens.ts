// Collects tokens.

import { escapeBytes } from '../base/escape.js';
import type { Span } from '../base/requests.js';
import type { Token, TokenKind } from './types.js';

/** More than anybody reads: the rest becomes one token. */
const MOST_TOKENS = 500;
/** A longer text is cut. Keys are not: they have at most 250 bytes. */
const MOST_BYTES = 300;

export interface Told {
  readonly title: string;
  readonly meaning?: string;
  readonly change?: string;
  readonly example?: { readonly request: string; readonly reply: string };
  readonly decoded?: string;
  readonly partner?: string;
}

export class Tokens {
  readonly list: Token[] = [];
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get full(): boolean {
    return this.list.length >= MOST_TOKENS;
  }

  add({ from, to }: Span, kind: TokenKind, told: Told): void {
    if (from >= to || this.full) return;
    this.list.push({ from, to, text: textOf(this.#bytes, from, to), kind, meaning: '', ...told });
  }

  /** What is left when there are too many; nothing otherwise. */
  finish(): Token[] {
    const last = this.list.at(-1);
    const from = last?.to ?? 0;
    if (this.full && from < this.#bytes.length) {
      const title = 'the rest';
      const meaning = `The first ${MOST_TOKENS} parts are explained one by one; this is all that follows.`;
      const to = this.#bytes.length;
      this.list.push({ from, to, text: textOf(this.#bytes, from, to), kind: 'unknown', title, meaning });
    }
    return this.list;
  }
}

export function textOf(bytes: Uint8Array, from: number, to: number): string {
  return escapeBytes(bytes.subarray(from, Math.min(to, from + MOST_BYTES))) + (to - from > MOST_BYTES ? '...' : '');
}

/** An example as the tables have it, without what they say of the server. */
export function exampleOf(
  example: { readonly request: string; readonly reply: string } | undefined,
): Pick<Told, 'example'> {
  return example ? { example: { request: example.request, reply: example.reply } } : {};
}
