// A store in this process as the other side: no network, the same protocol.

import type { Connection } from '../base/types.js';
import type { Connect } from './transport.js';

export function embedded(store: { connect(): Connection }): Connect {
  return (receiver) => {
    const connection = store.connect();
    let paused = false;
    const close = () => {
      connection.close();
      receiver.closed();
    };
    const goOn = () => {
      while (connection.pending && !paused) receiver.receive(connection.feed());
      if (connection.closed) close();
    };
    return {
      send: (bytes) => {
        receiver.receive(connection.feed(bytes));
        goOn();
        return undefined;
      },
      pause: () => {
        paused = true;
      },
      resume: () => {
        paused = false;
        goOn();
      },
      close,
    };
  };
}
