// Clients that a server has to survive, and how they say what they want.

import net from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { WebSocket } from 'ws';

import { withServer } from './serve.mjs';

export const limit = { timeout: 60_000 };
export const HOOK = { onRequest: async (request, internal) => internal(request) };
export const WAYS = [
  ['without a hook', {}],
  ['with a hook', HOOK],
];
export const withBoth = (options, use) => withServer(options, use, { port: 0, websocketPort: 0 });
const urlOf = (server) => `ws://127.0.0.1:${server.websocketPort}/memcached`;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');

/** What buffers take: neither code nor what the collector is late with. */
export function bufferBytes() {
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** What objects and buffers take, with what the collector is late with. */
export function heapBytes() {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

export async function openSocket(server) {
  const socket = new WebSocket(urlOf(server), 'memcached');
  socket.on('error', () => {});
  await new Promise((resolve, reject) => {
    socket.on('open', resolve).on('error', reject);
  });
  return socket;
}

/** An HTTP request as bytes, for the WebSocket port. */
export function upgradeText({ method = 'GET', path: target = '/memcached', ...fields } = {}) {
  const all = {
    Host: '127.0.0.1',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    ...fields,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

export const REFUSED = [
  ['another origin', 403, { Origin: 'https://example.org' }],
  ['a name that was rebound to us', 403, { Host: 'evil.example', Origin: 'http://evil.example' }],
  ['another path', 400, { path: '/other' }],
  ['no key', 400, { 'Sec-WebSocket-Key': undefined }],
  ['another version', 400, { 'Sec-WebSocket-Version': '7' }],
  ['a page without the subprotocol', 400, { Origin: 'http://127.0.0.1' }],
  ['another method', 405, { method: 'POST' }],
  ['another protocol', 400, { Upgrade: 'h2c' }],
  ['no upgrade', 426, { Connection: 'keep-alive', Upgrade: undefined }],
];

/** Connects, sends, and never ends its side. */
export async function dial(port, text) {
  const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const seen = { socket, text: '', began: Date.now() };
  socket.on('data', (chunk) => {
    seen.text += chunk;
  });
  socket.on('error', () => {});
  seen.ended = new Promise((resolve) => {
    socket.on('end', resolve).on('close', resolve);
  });
  await new Promise((resolve) => {
    socket.on('connect', resolve);
  });
  socket.write(text);
  return seen;
}
