// Which of memcached's protocols a connection may speak. Its first byte tells which one it is.

/** `ascii`: text and meta commands. `auto`: whatever the client begins with. */
export type Protocol = 'auto' | 'ascii' | 'binary';

const BINARY_MAGIC = 0x80;

/**
 * For one connection: whether what has come, which is given to it piece by piece, is of that protocol. A client of
 * another one would wait for an answer that never comes.
 */
export function speaking(protocol: Protocol): (bytes: Uint8Array) => boolean {
  let binary: boolean | undefined;
  return (bytes) => {
    if (protocol === 'auto' || bytes.length === 0) return true;
    binary ??= bytes[0] === BINARY_MAGIC;
    return binary === (protocol === 'binary');
  };
}
