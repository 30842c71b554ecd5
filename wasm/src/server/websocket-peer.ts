// A WebSocket of the package ws as a peer: binary frames are a byte stream, whatever their borders.

import type { Duplex } from 'node:stream';

import type { WebSocket } from 'ws';

import { FragmentCounter } from '../protocol/websocket.js';
import type { Held } from './held.js';
import type { Peer, Session } from './peer.js';

const MAX_SENT_FRAME_BYTES = 256 << 10;
const MAX_UNSENT_BYTES = 256 << 10;
const PING_MS = 30_000;
const UNSUPPORTED_DATA = 1003;

/** `stream` is what `socket` reads from; `unfinished` counts the messages of all sockets whose rest has not come. */
export function serveWebSocket(
  socket: WebSocket,
  stream: Duplex,
  unfinished: Held,
  begin: (peer: Peer) => Session,
): void {
  let blocked = false;
  const sent = () => {
    if (!blocked || socket.bufferedAmount > MAX_UNSENT_BYTES / 2) return;
    blocked = false;
    attempt(() => session.drained());
  };
  const session = begin({
    write: (bytes) => {
      for (let from = 0; from < bytes.length; from += MAX_SENT_FRAME_BYTES) {
        socket.send(bytes.subarray(from, from + MAX_SENT_FRAME_BYTES), sent);
      }
      blocked = socket.bufferedAmount > MAX_UNSENT_BYTES;
      return !blocked;
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    end: () => socket.close(),
    destroy: () => socket.terminate(),
  });
  const attempt = (step: () => void) => {
    try {
      if (socket.readyState === socket.OPEN) step();
    } catch {
      socket.terminate(); // the store was closed under it
    }
  };
  socket.on('message', (data, isBinary) => {
    if (isBinary) attempt(() => session.data(data as Buffer));
    else socket.close(UNSUPPORTED_DATA, 'the protocol has no text frames');
  });
  answerPings(socket);
  const fragments = new FragmentCounter();
  const holder = { destroy: () => socket.terminate() };
  let held = 0;
  stream.on('data', (chunk: Buffer) => {
    if (!fragments.accepts(chunk)) socket.terminate();
    if (fragments.held < held) unfinished.remove(holder);
    const more = fragments.held < held ? fragments.held : fragments.held - held;
    held = fragments.held;
    if (more > 0 && socket.readyState !== socket.CLOSED) unfinished.add(holder, more);
  });
  const stopPinging = keepAlive(socket);
  socket.on('close', () => {
    stopPinging();
    unfinished.remove(holder);
    session.closed();
  });
  socket.on('error', () => socket.terminate());
}

/** Only one pong is on its way at a time; the next one answers the latest ping (RFC 6455, 5.5.3). */
function answerPings(socket: WebSocket): void {
  let sending = false;
  let latest: Buffer | undefined;
  const answer = () => {
    sending = latest !== undefined && socket.readyState === socket.OPEN;
    if (sending) socket.pong(latest, false, answer);
    latest = undefined;
  };
  socket.on('ping', (data) => {
    latest = data;
    if (!sending) answer();
  });
}

/** Ends a connection whose other side does not even answer pings. */
function keepAlive(socket: WebSocket): () => void {
  let alive = true;
  socket.on('pong', () => {
    alive = true;
  });
  const timer = setInterval(() => {
    if (socket.isPaused) return; // pongs are not read then either
    if (!alive) return socket.terminate();
    alive = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  return () => clearInterval(timer);
}
