// A connection as a pair of streams. While nobody reads replies, writing waits.

import { type Connection, IsocacheError } from '../base/types.js';

const BUFFERED_BYTES = 64 << 10;

export interface Streams {
  readable: ReadableStream<Uint8Array>;
  writable: WritableStream<Uint8Array>;
  /** The connection was closed: tells the reader. */
  end(): void;
}

export function streamsOf(connection: Connection): Streams {
  let out!: ReadableStreamDefaultController<Uint8Array>;
  let wanted: (() => void) | undefined;
  let ended = false;
  const end = (error?: unknown) => {
    if (ended) return;
    ended = true;
    if (error === undefined) out.close();
    else out.error(error);
    connection.close();
    wanted?.();
  };
  const demand = () =>
    new Promise<void>((resolve) => {
      wanted = resolve;
      if (ended || out.desiredSize! > 0) resolve();
    });

  const readable = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        out = controller;
      },
      pull: () => wanted?.(),
      cancel: () => {
        ended = true;
        connection.close();
        wanted?.();
      },
    },
    { highWaterMark: BUFFERED_BYTES, size: (chunk) => chunk!.length },
  );

  const execute = async (chunk: Uint8Array) => {
    let input: Uint8Array | undefined = chunk;
    do {
      await demand();
      if (connection.closed) throw new IsocacheError('CLOSED', 'the connection is closed');
      const replies = connection.feed(input);
      if (replies.length > 0) out.enqueue(replies);
      input = undefined;
    } while (connection.pending);
    if (connection.closed) end();
  };
  const writable = new WritableStream<Uint8Array>({
    // A chunk that cannot be executed ends both streams: nobody knows what would be answered.
    write: (chunk) =>
      execute(chunk).catch((error: unknown) => {
        end(error);
        throw error;
      }),
    close: () => end(),
    abort: () => end(),
  });
  if (connection.closed) end();
  return { readable, writable, end: () => end() };
}
