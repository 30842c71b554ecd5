// Connections over a stream of Node: a TCP, unix or TLS socket.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { Peer, Session } from './peer.js';

// How long the other side of a connection that we end may take to read what was written.
const LINGER_MS = 30_000;

/** REQUIRES: a socket made with allowHalfOpen, so that a client that ends its side still gets its replies. */
export function serveSocket(socket: Duplex, begin: (peer: Peer) => Session): Peer {
  let corked = false;
  const peer: Peer = {
    write: (bytes) => {
      if (!corked) sendTogether();
      return socket.write(bytes);
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    end: () => {
      if (socket.writableEnded) return;
      socket.end(() => socket.destroy());
      (socket as Partial<Socket>).setTimeout?.(LINGER_MS, () => socket.destroy());
    },
    destroy: () => {
      socket.destroy();
    },
  };
  // The answers of a hook come one by one, often many before the next tick: they share a system call.
  const sendTogether = () => {
    corked = true;
    socket.cork();
    process.nextTick(() => {
      corked = false;
      socket.uncork();
    });
  };
  const session = begin(peer);
  const attempt = (step: () => void) => {
    try {
      if (!socket.destroyed && !socket.writableEnded) step();
    } catch {
      socket.destroy(); // the store was closed under it
    }
  };
  socket.on('data', (bytes: Buffer) => attempt(() => session.data(bytes)));
  socket.on('drain', () => attempt(() => session.drained()));
  socket.on('end', () => attempt(() => session.ended()));
  socket.on('close', () => session.closed());
  socket.on('error', () => socket.destroy());
  return peer;
}
