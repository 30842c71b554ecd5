// A cache in Deno, and a client for a memcached elsewhere.
//
//   npm install FILE.tgz && deno run deno.ts
//
// The cache needs no permission; a client of another machine's needs --allow-net.

import { open } from 'isocache';
import { createClient } from 'isocache/client';

const cache = await open({ maxBytes: 8 * 1024 * 1024 });
cache.set('greeting', 'hello from Deno', { ttl: 60_000 });
console.log(cache.get('greeting'));

// The client has the same methods, each async. Here it is given this store for a server; `{ host, port }` is a
// memcached on the network, `{ url: 'wss://...' }` one behind a WebSocket.
const client = createClient({ store: cache });
console.log(await client.get('greeting'));
const { hit, ttl } = (await client.getItem('greeting'))!;
console.log('read before:', hit, '- expires:', ttl !== undefined);

await client.close();
cache.close();
