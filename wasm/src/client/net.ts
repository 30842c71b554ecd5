// TCP, TLS and unix sockets, by Node's own modules (Deno and Bun have them, too).

import * as net from 'node:net';
import * as tls from 'node:tls';

import { checkType, within } from '../base/arguments.js';
import { CLOSE_LIMIT_MS, type Connect, type Transport, type Receiver } from './transport.js';

export interface NetAddress {
  /** Default: 127.0.0.1. */
  host?: string | undefined;
  /** Default: 11211. */
  port?: number | undefined;
  /** A unix socket, in place of host and port. */
  path?: string | undefined;
  /** TLS; an object has Node's options for it (`ca`, `servername`, ...). */
  tls?: boolean | tls.ConnectionOptions | undefined;
}

export function overNet(address: NetAddress): Connect {
  checkType('host', address.host, 'string');
  checkType('path', address.path, 'string');
  if (address.port !== undefined) within('port', address.port, 0, 65535);
  return async (receiver, signal) => {
    const socket = open(address);
    signal.addEventListener('abort', () => socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once(address.tls ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed while connecting')));
    });
    return connectSocket(socket, receiver);
  };
}

function open({ host = '127.0.0.1', port = 11211, path, tls: secure }: NetAddress): net.Socket {
  const where = path === undefined ? { host, port } : { path };
  if (!secure) return net.connect({ ...where, noDelay: true });
  const servername = net.isIP(host) === 0 ? { servername: host } : {};
  const socket = tls.connect({ ...where, ...servername, ...(secure === true ? {} : secure) });
  return socket.setNoDelay();
}

function connectSocket(socket: net.Socket, receiver: Receiver): Transport {
  let failure: Error | undefined;
  socket.on('error', (error) => {
    failure = error;
  });
  socket.on('data', (bytes: Buffer) => receiver.receive(bytes));
  socket.on('close', () => receiver.closed(failure));
  return {
    send: (bytes) => {
      if (socket.write(bytes)) return undefined;
      return new Promise((resolve) => {
        const done = () => {
          socket.off('drain', done).off('close', done);
          resolve();
        };
        socket.once('drain', done).once('close', done);
      });
    },
    pause: () => {
      socket.pause();
    },
    resume: () => {
      socket.resume();
    },
    close: () => {
      if (socket.destroyed) return;
      socket.destroySoon();
      // A peer that does not read would keep the socket, and what is unsent, forever.
      const limit = setTimeout(() => socket.destroy(), CLOSE_LIMIT_MS);
      socket.once('close', () => clearTimeout(limit));
    },
  };
}
