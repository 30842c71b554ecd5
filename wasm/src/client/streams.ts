// A pair of WHATWG byte streams as a connection: Cloudflare's sockets, Deno.Conn, a Store's Connection.

import { CLOSE_LIMIT_MS, type Receiver, type Transport } from './transport.js';

export interface ByteStreams {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  /** Resolves when the connection is made (Cloudflare's sockets have it). */
  readonly opened?: Promise<unknown>;
  close?(): unknown;
}

export async function connectStreams(
  streams: ByteStreams,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<Transport> {
  signal.addEventListener('abort', () => hangUp(streams));
  await streams.opened;
  return transportOver(streams, receiver);
}

function transportOver(streams: ByteStreams, receiver: Receiver): Transport {
  const reader = streams.readable.getReader();
  const writer = streams.writable.getWriter();
  let resumed: Promise<void> | undefined;
  let resume = () => {};

  async function read(): Promise<void> {
    for (;;) {
      await resumed;
      const { done, value } = await reader.read();
      if (done) return;
      receiver.receive(value);
    }
  }
  read().then(
    () => receiver.closed(),
    (error: unknown) => receiver.closed(asError(error)),
  );

  return {
    send: (bytes) => {
      writer.write(bytes).catch((error: unknown) => receiver.closed(asError(error)));
      return (writer.desiredSize ?? 0) > 0 ? undefined : writer.ready;
    },
    pause: () => {
      resumed ??= new Promise((resolve) => {
        resume = resolve;
      });
    },
    resume: () => {
      resumed = undefined;
      resume();
    },
    close: () => {
      resume();
      const end = () => {
        clearTimeout(limit);
        reader
          .cancel()
          .catch(ignore)
          .then(() => hangUp(streams));
      };
      const limit = setTimeout(() => {
        writer.abort().catch(ignore);
        end();
      }, CLOSE_LIMIT_MS);
      writer.close().then(end, end);
    },
  };
}

async function hangUp(streams: ByteStreams): Promise<void> {
  try {
    await streams.close?.();
  } catch {
    // The connection is over anyway.
  }
}

/** Errors of a connection that is over anyway. */
function ignore(): void {}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
