// isocache/server: the engine as a memcached server in Node, over TCP, unix sockets and WebSocket.

export { ParsedRequest } from '../protocol/parsed-request.js';
export type { Answer, Internal, OnError, OnRequest } from './hook.js';
export type { ServerOptions } from './options.js';
export type { Protocol } from './protocol.js';
export { type CloseOptions, createServer, type ListenAddress, Server } from './server.js';
