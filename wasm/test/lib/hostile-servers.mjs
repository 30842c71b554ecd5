// Servers that a client has to survive.

import assert from 'node:assert/strict';
import net from 'node:net';

import { createClient } from 'isocache/client';

export const MIB = 1 << 20;
export const TIMEOUT_MS = 150;
export const protocol = { name: 'IsocacheError', code: 'PROTOCOL' };
export const isGivenUp = (error) => error.name === 'IsocacheError' && ['TIMEOUT', 'CLOSED'].includes(error.code);

/** A server whose connections are handled by `talk(socket)`, with one client; tells how many connections there were. */
export async function withHostile(talk, use, options = {}) {
  const sockets = [];
  const server = net.createServer((socket) => {
    sockets.push(socket.on('error', () => {}));
    talk(socket, sockets.length);
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = createClient({ port: server.address().port, timeout: TIMEOUT_MS, ...options });
  try {
    await use(client, sockets);
  } finally {
    const start = performance.now();
    await Promise.all([client.close(), client.close()]);
    const limit = (options.timeout ?? TIMEOUT_MS) + 500;
    assert.ok(performance.now() - start < limit, 'close() takes no longer than a reply may');
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** Answers the first request of all by `reply`, and others by nothing. */
export const answering = (reply) => (socket, count) =>
  socket.once('data', () => count === 1 && socket.write(reply, 'latin1'));

/** Writes `piece` for ever, as fast as it is read. */
export const flooding = (piece) => (socket) =>
  socket.once('data', () => {
    const block = piece.repeat(Math.ceil(65536 / piece.length));
    const more = () => {
      while (!socket.destroyed && socket.write(block));
    };
    socket.on('drain', more);
    more();
  });

/** Writes `piece` again and again, `ms` apart. */
export const dripping = (piece, ms) => (socket) =>
  socket.once('data', () => {
    const timer = setInterval(() => socket.write(piece), ms);
    socket.on('close', () => clearInterval(timer));
  });

export const peakOf = async (use) => {
  const before = process.memoryUsage();
  let peak = 0;
  const look = () => {
    const now = process.memoryUsage();
    peak = Math.max(peak, now.arrayBuffers - before.arrayBuffers, now.heapUsed - before.heapUsed);
  };
  const timer = setInterval(look, 5);
  await use();
  look();
  clearInterval(timer);
  return peak;
};

export const SILENT = () => {};
export const PAUSED = (socket) => socket.pause();
