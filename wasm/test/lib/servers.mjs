// What clients are tried on: [name, start, why it is skipped]. start() gives { port, stop }.

import { createServer } from 'isocache/server';

import { needIsocached, needMemcached, startIsocached, startMemcached } from '../../../tests/lib/server.mjs';

function portAndStop(server) {
  return { port: server.port, stop: () => server.stop() };
}

export const servers = [
  ['memcached', async () => portAndStop(await startMemcached()), needMemcached],
  ['isocached', async () => portAndStop(await startIsocached()), needIsocached],
  [
    'isocache/server',
    async () => {
      const server = await createServer();
      await server.listen({ port: 0 });
      return { port: server.port, stop: () => server.close() };
    },
    false,
  ],
];
