// A store in this process as the other side: no network, the same protocol.

import type { Connection } from '../types.js';
import type { Connect } from './transport.js';

export function embedded(store: { connect(): Connection }): Connect {
  return (receiver) => {
    const connection = store.connect();
    const close = () => {
      connection.close();
      receiver.closed();
    };
    return {
      send: (bytes) => {
        receiver.receive(connection.feed(bytes));
        while (connection.pending) receiver.receive(connection.feed());
        if (connection.closed) close();
        return undefined;
      },
      close,
    };
  };
}
