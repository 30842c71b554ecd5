// A server with TLS, and clients of it.

import { Certificates, needOpenssl } from './certificates.mjs';
import { statsOf, withClient } from './client.mjs';
import { needIsocached, startIsocached, withServer } from './server.mjs';

/** For `test(name, { skip: needTls }, ...)`. */
export const needTls = needIsocached || needOpenssl;
export const certificates = needTls ? null : new Certificates();
export const serverPair = certificates?.issue('server');

export const set = (key, value) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`;
export const value = (key, bytes) => `VALUE ${key} 0 ${bytes.length}\r\n${bytes}\r\nEND\r\n`;

/** A server with TLS; its clients trust it. */
export async function startTls(args = [], words = []) {
  const server = await startIsocached([...certificates.serverArgs(serverPair, ...words), ...args]);
  server.tls = certificates.clientOptions();
  return server;
}
export const onServer = (use, args, words) => withServer(() => startTls(args, words), [], use);
export const talk = (use, args, words) =>
  onServer((server) => withClient(server, (client) => use(client, server)), args, words);

/** The same server for clients that connect in another way. */
export const as = (server, options) => ({ address: { ...server.address, tls: { ...server.address.tls, ...options } } });
export const plain = (server) => ({ host: '127.0.0.1', port: server.port });

/** A figure of `stats`. */
export const countOf = async (client, key) => Number((await statsOf(client))[key]);

/** Whether a client with these options is served, or why not. */
export async function outcome(server, options) {
  try {
    return await withClient(
      as(server, options),
      async (client) => {
        const reply = await client.ask('mn\r\n', 5000);
        if (client.error) throw client.error;
        return reply === '' ? 'closed' : reply;
      },
      { limitMs: 5000 },
    );
  } catch (error) {
    return error.code ?? error.message;
  }
}
