// A near cache in front of a far one: this process serves memcached's protocol to programs on its machine, answers
// reads from its own memory for a second, and asks the memcached that all machines share for the rest.
//
//   npm install FILE.tgz
//   REMOTE=cache.example.org:11211 PORT=11311 node two-level-cache.mjs
//   any memcached client: 127.0.0.1:11311
//
// memcached's own proxy is programmed in Lua for such things. Here it is a function: onRequest() sees each request as
// it was parsed, and answers it, forwards it, or leaves it to the engine in this process.

import { open } from 'isocache';
import { createClient } from 'isocache/client';
import { createServer } from 'isocache/server';

const [host, port] = (process.env.REMOTE ?? '127.0.0.1:11211').split(':');
const NEAR_MS = 1000; // how old an answer from here may be

const near = await open({ maxBytes: 32 * 1024 * 1024 });
const far = createClient({ host, port: Number(port) });

// Plain reads. With other flags `mg` can also change items, or ask for what only the far cache knows.
function isRead({ command, flags }) {
  return ['get', 'gets'].includes(command) || (command === 'mg' && flags.every((flag) => 'vcfskqOb'.includes(flag[0])));
}

// The near copy has the far one's cas id (E), so that a client may write by it.
async function fetchIntoNear(key) {
  const item = await far.getItem(key);
  if (!item) return;
  near.set(key, item.value, { flags: item.flags, ttl: Math.min(item.ttl ?? NEAR_MS, NEAR_MS) });
  const isPlain = /^[!-~]+$/.test(key);
  near.execute(
    `ms ${isPlain ? key : btoa(Buffer.from(key).toString('latin1'))} 0${isPlain ? '' : ' b'} MA E${item.cas}\r\n\r\n`,
  );
}

const server = await createServer({
  store: near,
  concurrency: 100, // requests of one connection that may wait for the far cache together

  async onRequest(request) {
    if (isRead(request)) {
      // Requests made in one go leave in one write: as fast as one request for all of the keys.
      await Promise.all(request.keys.filter((key) => !near.has(key)).map(fetchIntoNear));
      return undefined; // the engine here answers now
    }
    // Everything else is the far cache's business, and what is near may be out of date after it.
    const reply = await far.execute(request);
    if (request.command === 'flush_all') near.clear();
    near.deleteMany(request.keys);
    return reply;
  },
});

await server.listen({ port: Number(process.env.PORT ?? 11311) });
console.log(`127.0.0.1:${server.port}, in front of ${host}:${port}`);

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await server.close();
    await far.close();
    near.close();
  });
}
