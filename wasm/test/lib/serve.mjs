// An isocache/server for one test.

import { createServer } from 'isocache/server';

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts, calls, closes. The server has `address` as well, for net.connect(). */
export async function withServer(options, use, address = { port: 0 }) {
  const server = await createServer(options);
  await server.listen(address);
  try {
    return await use(Object.assign(server, { address: { host: '127.0.0.1', port: server.port } }));
  } finally {
    await server.close();
  }
}
