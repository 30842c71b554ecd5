// Words requests into bytes.

import { IsocacheError } from '../base/types.js';
import type { WireKey } from './key.js';

const SLAB_BYTES = 32 << 10;

/** Gathers requests into one piece of bytes. */
export class RequestWriter {
  #slab = new Uint8Array(0);
  #begin = 0;
  #end = 0;

  /** Bytes that take() would give. */
  get length(): number {
    return this.#end - this.#begin;
  }

  /** A meta command: its name, its key, and its flags, each with a space before it. */
  meta(name: string, { text, flag }: WireKey, flags: string): void {
    this.line(`${name} ${text}${flag}${flags}`);
  }

  /** `ms`: a meta command with a value. */
  metaSet({ text, flag }: WireKey, value: Uint8Array, flags: string): void {
    this.line(`ms ${text} ${value.length}${flag}${flags}`);
    this.value(value);
  }

  line(text: string): void {
    this.text(`${text}\r\n`);
  }

  /** What follows a line that announces it. */
  value(value: Uint8Array): void {
    this.bytes(value);
    this.text('\r\n');
  }

  /** One character a byte. A character that is more throws, and nothing is written. */
  text(text: string): void {
    this.#reserve(text.length);
    const slab = this.#slab;
    let to = this.#end;
    let all = 0;
    for (let at = 0; at < text.length; ++at) all |= slab[to++] = text.charCodeAt(at);
    if (all > 0xff) throw new IsocacheError('BAD_ARGUMENT', 'a request has characters of more than a byte');
    this.#end = to;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#slab.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Takes back what was written after there were `length` bytes. */
  cutTo(length: number): void {
    this.#end = this.#begin + length;
  }

  /** What was written since the last call. It will not be written to again. */
  take(): Uint8Array {
    const taken = this.#slab.subarray(this.#begin, this.#end);
    this.#begin = this.#end;
    return taken;
  }

  #reserve(more: number): void {
    if (this.#slab.length - this.#end >= more) return;
    const kept = this.length;
    const grown = new Uint8Array(Math.max(SLAB_BYTES, 2 * kept, kept + more));
    grown.set(this.#slab.subarray(this.#begin, this.#end));
    this.#slab = grown;
    this.#begin = 0;
    this.#end = kept;
  }
}
