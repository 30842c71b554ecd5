// What the parts of a request and of a reply mean.

export type TokenKind =
  | 'command'
  | 'key'
  | 'flag'
  | 'number'
  | 'mode'
  | 'value'
  | 'end'
  | 'code'
  | 'mark'
  | 'error'
  | 'unknown';

export interface Token {
  /** Bytes [from, to) of the request or reply. */
  readonly from: number;
  readonly to: number;
  /** The bytes for people: UTF-8 where they are that, \r \n \t \xNN otherwise; a long value is cut with "...". */
  readonly text: string;
  readonly kind: TokenKind;
  /** A few words: "flag t: return the remaining TTL". */
  readonly title: string;
  readonly meaning: string;
  /** What becomes different in the store. */
  readonly change?: string;
  /** A request and its reply; lines end in "\n". */
  readonly example?: { readonly request: string; readonly reply: string };
  /** The bytes that a base64 key stands for, shown as `text` is. */
  readonly decoded?: string;
  /** Tokens of request, reply and store with the same partner light up together: 'key:page', 'flag:v', 'item:cas'. */
  readonly partner?: string;
}

/** One byte of a bytes view. */
export interface ByteCell {
  readonly offset: number;
  /** Two digits. */
  readonly hex: string;
  /** What is shown for it: a character, CR, LF, SP, TAB, NUL, or a dot. */
  readonly shown: string;
  readonly kind: 'text' | 'space' | 'end' | 'control' | 'high';
}
