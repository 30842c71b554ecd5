// The seam between a transport and what serves it: the transport is a Peer, what serves it is a Session.

/** The other side of a connection, however it is reached. */
export interface Peer {
  /** False: enough is on its way, and the session is to wait for drained(). */
  write(bytes: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Hangs up, after what was written. */
  end(): void;
  /** Hangs up at once. */
  destroy(): void;
}

/** What a Peer calls. */
export interface Session {
  /** May still be called for a short time after pause(). The bytes do not change any more. */
  data(bytes: Uint8Array): void;
  drained(): void;
  /** The other side will send no more, and may still read. */
  ended(): void;
  /** The server ends: hangs up once the requests that have begun to arrive are answered. */
  finish(): void;
  /** It is gone. */
  closed(): void;
}
