// The seam between the client and a network: bytes both ways. Each kind of transport is a file beside this one.

export const CLOSE_LIMIT_MS = 1000;

/** One connection. */
export interface Transport {
  /**
   * Sends bytes, which nobody will change any more. A promise means that enough is on its way: the next call waits
   * for it.
   */
  send(bytes: Uint8Array): Promise<void> | undefined;
  /** Stop calling receive(), and go on, if the network allows it. */
  pause?(): void;
  resume?(): void;
  /** Ends the connection. What was sent before still goes out, if the peer takes it within CLOSE_LIMIT_MS. */
  close(): void;
}

/** Where a transport delivers. */
export interface Receiver {
  /** Bytes that the transport will not change any more. */
  receive(bytes: Uint8Array): void;
  /** The connection is gone, whoever ended it. */
  closed(error?: Error): void;
}

/** Makes a connection. `signal` is aborted when nobody waits for it any longer. */
export type Connect = (receiver: Receiver, signal: AbortSignal) => Transport | Promise<Transport>;
