// Two caches on Cloudflare: one in the memory of each worker, and a memcached that all of them share, in a Durable
// Object, reached by WebSocket. Run it: npm install FILE.tgz wrangler && npx wrangler dev
//
//   GET /page/...        made once a minute, kept in the worker
//   GET /visits          counted in the Durable Object
//   WS  /memcached       memcached's protocol, for isocache/client: createClient({ url: 'wss://.../memcached' })

import { open } from 'isocache';
import { createClient } from 'isocache/client';

const OPTIONS = { maxBytes: 32 * 1024 * 1024 }; // of the 128 MB that a worker has

// Opened by the first request: outside of requests there is neither a clock nor randomness.
let opened;
const near = () => (opened ??= open(OPTIONS));

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const shared = env.MEMCACHED.get(env.MEMCACHED.idFromName('shared'));
    if (pathname === '/memcached') return shared.fetch(request);
    if (pathname === '/visits') return countVisit(shared);
    const store = await near();
    const page = await store.getOrSet(pathname, () => makePage(pathname), {
      ttl: 60_000,
      refreshBelow: 10_000,
      waitUntil: (load) => ctx.waitUntil(load), // who loads anew gets the old page at once
      hashLongKeys: true, // a path may be longer than a key
      onError: (error) => console.error(error), // the page is made all the same
    });
    return new Response(page, { headers: { 'content-type': 'text/html' } });
  },
};

async function makePage(path) {
  return `<h1>${escape(path)}</h1><p>made at ${new Date().toISOString()}</p>`;
}

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function countVisit(shared) {
  const client = createClient({ connect: () => webSocketTo(shared) });
  try {
    return new Response(String(await client.incr('visits', 1n, { initial: 1n })));
  } finally {
    await client.close();
  }
}

async function webSocketTo(object) {
  const { webSocket } = await object.fetch('https://object/memcached', { headers: { upgrade: 'websocket' } });
  webSocket.accept();
  return webSocket;
}

/** A memcached server. Its memory lasts as long as the object does. */
export class Memcached {
  #opened = open(OPTIONS);

  async fetch(request) {
    if (request.headers.get('upgrade') !== 'websocket') return new Response('a WebSocket, please', { status: 426 });
    const { 0: client, 1: server } = new WebSocketPair();
    serve(await this.#opened, server);
    const headers = request.headers.has('sec-websocket-protocol') ? { 'sec-websocket-protocol': 'memcached' } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }
}

/** Bytes in, bytes out: a connection of the store does the rest. */
function serve(store, socket) {
  const connection = store.connect();
  socket.binaryType = 'arraybuffer';
  socket.accept();
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') return socket.close(1003, 'the protocol has no text frames');
    socket.send(connection.feed(new Uint8Array(data)));
    while (connection.pending) socket.send(connection.feed());
    if (connection.closed) socket.close();
  });
  socket.addEventListener('close', () => connection.close());
}
