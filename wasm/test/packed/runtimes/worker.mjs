// A Cloudflare worker: the program, and a Durable Object that serves memcached's protocol over WebSocket.

import * as isocache from 'isocache';
import * as tiered from 'isocache/tier';
import { program } from './program.mjs';

export default {
  async fetch(request, env) {
    if (request.headers.get('upgrade') !== 'websocket') return Response.json(await program(isocache, tiered));
    return env.CACHE.get(env.CACHE.idFromName('shared')).fetch(request);
  },
};

export class Cache {
  #store;

  async fetch() {
    const store = await (this.#store ??= isocache.open({ maxBytes: 4 << 20 }));
    const [theirs, ours] = Object.values(new WebSocketPair());
    serve(store.connect(), ours);
    return new Response(null, { status: 101, webSocket: theirs });
  }
}

function serve(connection, socket) {
  socket.binaryType = 'arraybuffer';
  socket.accept();
  socket.addEventListener('close', () => connection.close());
  socket.addEventListener('message', ({ data }) => {
    socket.send(connection.feed(typeof data === 'string' ? data : new Uint8Array(data)));
    while (connection.pending) socket.send(connection.feed());
    if (connection.closed) socket.close(1000);
  });
}
