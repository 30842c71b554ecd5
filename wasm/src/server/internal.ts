// A connection to the engine, for the requests that a hook executes.

import { ParsedRequest } from '../protocol/parsed-request.js';
import type { EngineConnection } from '../engine/connection.js';
import { unshared } from '../engine/engine.js';
import { concat } from '../base/text.js';
import { IsocacheError } from '../base/types.js';

// The most that one call gives: it is held in memory as a whole.
const MAX_BYTES = 64 << 20;

export class InternalConnection {
  readonly #connect: () => EngineConnection;
  #engine: EngineConnection | undefined;
  /** A request was `quit`, or its error ends a connection. */
  closing = false;

  constructor(connect: () => EngineConnection) {
    this.#connect = connect;
  }

  execute(request: ParsedRequest | string | Uint8Array): Uint8Array {
    const input = request instanceof ParsedRequest ? request.bytes : request;
    if (input === undefined) throw new IsocacheError('BAD_ARGUMENT', 'internal(): no request'); // feed() knows the rest
    const engine = (this.#engine ??= this.#connect());
    let whole = false;
    try {
      const replies = readAll(engine, input);
      this.closing ||= engine.closed;
      whole = !engine.closed && !engine.unfinished;
      // A value that is too large is not there, and the engine has refused it.
      const refused = request instanceof ParsedRequest && request.tooLarge;
      if (engine.unfinished && !refused)
        throw new IsocacheError('BAD_ARGUMENT', 'internal(): the request is not whole');
      return replies;
    } finally {
      if (!whole) this.close(); // what is left of this request must not be read together with the next one
    }
  }

  close(): void {
    this.#engine?.close();
    this.#engine = undefined;
  }
}

function readAll(engine: EngineConnection, input: string | Uint8Array): Uint8Array {
  const parts = [engine.feed(input)];
  let length = parts[0]!.length;
  while (engine.pending) {
    if (length > MAX_BYTES) throw new IsocacheError('NO_MEMORY', 'out of memory writing a reply');
    const more = engine.feed();
    parts.push(more);
    length += more.length;
  }
  return unshared(concat(parts));
}
