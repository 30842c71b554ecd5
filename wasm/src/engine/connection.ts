// A connection without a network: received bytes go in, bytes to send come out.

import { bytesOf } from '../base/bytes.js';
import { plainBytesOf, plainLength } from '../base/plain-bytes.js';
import { CLOSING, type Engine, stillOpen, UNFINISHED, WANTS_TURN } from './engine.js';
import { type Streams, streamsOf } from './streams.js';
import { concat, NO_BYTES } from '../base/text.js';
import { type Connection, IsocacheError } from '../base/types.js';

// One feed() gives less than this, and at most one item more.
const OUTPUT_LIMIT = 256 << 10;

export class EngineConnection implements Connection {
  readonly #engine: () => Engine | undefined;
  readonly #nowS: () => number;
  readonly #fed: (result: Uint8Array) => Uint8Array;
  /** The core's Session, by its address; 0: closed. */
  #session: number;
  #state = 0;
  /** Input that waits until what is pending is done. */
  #waiting = NO_BYTES;
  #streams: Streams | undefined;

  /** `engine` gives undefined once the store is closed. `fed` sees what feed() gives. */
  constructor(engine: () => Engine | undefined, nowS: () => number, fed: (result: Uint8Array) => Uint8Array) {
    this.#engine = engine;
    this.#nowS = nowS;
    this.#fed = fed;
    this.#session = stillOpen(engine()).calls.connect();
    if (this.#session === 0) throw new IsocacheError('NO_MEMORY', 'no memory for a connection');
  }

  get closed(): boolean {
    return this.#session === 0 || this.#engine() === undefined;
  }
  get pending(): boolean {
    return (this.#state & WANTS_TURN) !== 0 || this.#waiting.length > 0;
  }
  /** A command was begun whose end has not come. */
  get unfinished(): boolean {
    return (this.#state & UNFINISHED) !== 0;
  }

  feed(input: string | Uint8Array = NO_BYTES): Uint8Array {
    const engine = stillOpen(this.#engine());
    const size = engine.scratchEnd - engine.scratch;
    let bytes = bytesOf(input, 'input');
    let length = plainLength(bytes);
    // Else it is copied at once: set() goes by the true length, whatever a subclass says, and needs no plain array.
    if (this.pending || length > size) {
      bytes = plainBytesOf(bytes);
      if (this.#waiting.length > 0) bytes = concat([this.#waiting, bytes]);
      length = bytes.length;
    }
    const replies: Uint8Array[] = [];
    let replied = 0;
    let from = 0;
    while (this.#session !== 0 && replied < OUTPUT_LIMIT) {
      let some = 0;
      if ((this.#state & WANTS_TURN) === 0) {
        if (from === length) break;
        some = Math.min(length - from, size);
        engine.bytes.set(length <= size ? bytes : bytes.subarray(from, from + some), engine.scratch);
        from += some;
      }
      replied += this.#turn(engine, some, replies);
    }
    this.#waiting = this.#session !== 0 && from < length ? bytes.slice(from) : NO_BYTES;
    return this.#fed(concat(replies));
  }

  /**
   * Executes what `length` bytes in the scratch area complete; 0: what is pending. Gives the number of bytes of
   * replies.
   */
  #turn(engine: Engine, length: number, replies: Uint8Array[]): number {
    const size = engine.calls.feed(this.#session, length, this.#nowS());
    if (size < 0) {
      this.#disconnect();
      throw new IsocacheError('NO_MEMORY', 'no memory for a connection');
    }
    if (size > 0) replies.push(engine.replyCopy(size));
    this.#state = engine.calls.sent(this.#session);
    if ((this.#state & CLOSING) !== 0) this.#disconnect();
    return size;
  }

  get readable(): ReadableStream<Uint8Array> {
    return (this.#streams ??= streamsOf(this)).readable;
  }
  get writable(): WritableStream<Uint8Array> {
    return (this.#streams ??= streamsOf(this)).writable;
  }

  close(): void {
    this.#disconnect();
    this.#streams?.end();
  }

  #disconnect(): void {
    if (this.#session === 0) return;
    this.#engine()?.calls.disconnect(this.#session);
    this.#session = 0;
    this.#state = 0;
    this.#waiting = NO_BYTES;
  }
}
