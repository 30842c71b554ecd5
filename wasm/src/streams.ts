// A connection as a pair of streams. What is not read holds up what is written.

import { type Connection, IsocacheError } from './types.js';

const BUFFERED_BYTES = 64 << 10;

export interface Streams {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
}

export function streamsOf(connection: Connection): Streams {
  let out!: ReadableStreamDefaultController<Uint8Array>;
  let wanted: (() => void) | undefined;
  let ended = false;
  const end = () => {
    connection.close();
    wanted?.();
    if (!ended) out.close();
    ended = true;
  };
  const demand = () => new Promise<void>((resolve) => {
    wanted = resolve;
    if (ended || out.desiredSize! > 0) resolve();
  });

  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => { out = controller; },
    pull: () => wanted?.(),
    cancel: () => {
      ended = true;
      end();
    },
  }, { highWaterMark: BUFFERED_BYTES, size: (chunk) => chunk!.length });

  const writable = new WritableStream<Uint8Array>({
    write: async (chunk) => {
      let input: Uint8Array | undefined = chunk;
      do {
        await demand();
        if (connection.closed) throw new IsocacheError('CLOSED', 'the connection is closed');
        const replies = connection.feed(input);
        if (replies.length > 0) out.enqueue(replies);
        input = undefined;
      } while (connection.pending);
      if (connection.closed) end();
    },
    close: end,
    abort: end,
  });
  return { readable, writable };
}
