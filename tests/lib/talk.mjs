// A plain server and one well-behaved client of it.

import { statsOf, withClient } from './client.mjs';
import { startIsocached, withServer } from './server.mjs';

export const set = (key, value) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`;
export const value = (key, bytes) => `VALUE ${key} 0 ${bytes.length}\r\n${bytes}\r\nEND\r\n`;

export const onServer = (args, use) => withServer(startIsocached, args, use);
export const talk = (args, use) => onServer(args, (server) => withClient(server, (client) => use(client, server)));

/** How many connections the server has, this client's too. */
export const connections = async (client) => Number((await statsOf(client)).curr_connections);
