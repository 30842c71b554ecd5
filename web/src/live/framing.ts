// Finds the end of replies in what a server sends, which may be cut anywhere. The end is the answer to an `mn` that was
// sent behind the commands.

import { valueLengthOf } from '../base/replies.js';
import { concat, latin1 } from '../base/text.js';

const LF = 10;
/** memcached has no line of a reply that is nearly as long. */
const MAX_LINE_BYTES = 64 << 10;
const LINE_END_BYTES = 2;

export class ReplyFramer {
  readonly maxBytes: number;
  readonly #endsAt: (line: string) => boolean;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Where the answer to the last `mn` begins. */
  #end: number | undefined;
  /** What is left of a value and its line end. */
  #valueLeft = 0;
  #line = '';
  /** How many MN are to come. */
  #noops: number;

  /** `endsAt`: a line after which nothing more is waited for, although the last MN has not come. */
  constructor(noops: number, maxBytes: number, endsAt: (line: string) => boolean = () => false) {
    this.#noops = noops;
    this.maxBytes = maxBytes;
    this.#endsAt = endsAt;
  }

  /** Takes what has come. It is out of step if something comes behind the last MN. */
  take(bytes: Uint8Array): 'more' | 'done' | 'too much' | 'out of step' {
    if (this.#bytes + bytes.length > this.maxBytes) return 'too much';
    this.#parts.push(bytes);
    for (let at = 0; at < bytes.length; ) {
      if (this.#valueLeft > 0) {
        const some = Math.min(this.#valueLeft, bytes.length - at);
        this.#valueLeft -= some;
        at += some;
        continue;
      }
      const newline = bytes.indexOf(LF, at);
      this.#line += latin1(bytes.subarray(at, newline < 0 ? bytes.length : newline));
      if (this.#line.length > MAX_LINE_BYTES) return 'too much';
      if (newline < 0) break;
      at = newline + 1;
      if (this.#endLine(this.#bytes + at)) return at === bytes.length ? 'done' : 'out of step';
    }
    this.#bytes += bytes.length;
    return 'more';
  }

  /** All that has come, without the answer to the last `mn`. */
  reply(): Uint8Array {
    const all = concat(this.#parts);
    return this.#end === undefined ? all : all.subarray(0, this.#end);
  }

  /** Whether this line was the last. `to`: where it ends. */
  #endLine(to: number): boolean {
    const begin = to - this.#line.length - 1;
    const line = this.#line.replace(/\r$/, '');
    this.#line = '';
    const length = line.startsWith('VA') ? valueLengthOf(line.split(' ', 4)) : undefined;
    if (length !== undefined) this.#valueLeft = length + LINE_END_BYTES;
    if (this.#endsAt(line)) return true;
    if (line !== 'MN' || --this.#noops > 0) return false;
    this.#end = begin;
    return true;
  }
}
