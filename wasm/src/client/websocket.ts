// A WebSocket as a connection: binary frames are a byte stream, whatever their borders.

import { wrong } from '../base/arguments.js';
import { DEFAULT_MAX_VALUE_BYTES } from '../protocol/reply-reader.js';
import { FragmentCounter, SUBPROTOCOL } from '../protocol/websocket.js';
import { CLOSE_LIMIT_MS, type Connect, type Receiver, type Transport } from './transport.js';

/** What is used here of the several kinds of events. */
interface WebSocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly message?: string;
  readonly reason?: string;
}

/** What the WebSocket of browsers, Deno, Bun, workers, Node 22 and the package ws have in common. */
export interface WebSocketLike {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount?: number;
  send(bytes: Uint8Array): void;
  close(): void;
  /** Ends the connection at once. Only the package ws has it. */
  terminate?(): void;
  /** Gives the server's answer, and so the stream on which frames come. Only the package ws has it. */
  once?(event: 'upgrade', listener: (response: { socket: FrameStream }) => void): unknown;
  addEventListener(type: string, listener: (event: WebSocketEvent) => void): void;
}

interface FrameStream {
  on(event: 'data', listener: (chunk: Uint8Array) => void): unknown;
}

export type WebSocketConstructor = new (
  url: string,
  protocol: string,
  options?: { maxPayload: number },
) => WebSocketLike;

const OPEN = 1;
// Servers refuse frames that are too large: isocache/server from 4 MiB on.
const MAX_FRAME_BYTES = 256 << 10;
const MAX_UNSENT_BYTES = 1 << 20;
const POLL_MS = 5;
// A message may hold several replies, and more than a value. Only the package ws has such a limit.
const LEAST_MAX_MESSAGE_BYTES = 1 << 20;
const MESSAGE_BYTES_BESIDE_VALUE = 64 << 10;

export function checkUrl(url: string | URL): string {
  if (typeof url === 'string' || url instanceof URL) return String(url);
  throw wrong('url', 'a string or URL');
}

/** `maxItemSize`: see ClientOptions. */
export function overWebSocket(
  url: string | URL,
  implementation?: WebSocketConstructor,
  maxItemSize = DEFAULT_MAX_VALUE_BYTES,
): Connect {
  const maxPayload = Math.max(LEAST_MAX_MESSAGE_BYTES, maxItemSize) + MESSAGE_BYTES_BESIDE_VALUE;
  return async (receiver, signal) => {
    const WebSocket = implementation ?? (globalThis as { WebSocket?: WebSocketConstructor }).WebSocket;
    if (WebSocket === undefined) throw new Error('there is no WebSocket here: pass one as the option `WebSocket`');
    return connectWebSocket(new WebSocket(String(url), SUBPROTOCOL, { maxPayload }), receiver, signal);
  };
}

/** Works only with an implementation that lets us see the frames. */
function limitFragments(socket: WebSocketLike): void {
  if (socket.terminate === undefined) return;
  const fragments = new FragmentCounter();
  socket.once?.('upgrade', ({ socket: stream }) =>
    stream.on('data', (chunk) => {
      if (!fragments.accepts(chunk)) socket.terminate?.();
    }),
  );
}

/** A socket that is open or about to be. */
export async function connectWebSocket(
  socket: WebSocketLike,
  receiver: Receiver,
  signal: AbortSignal,
): Promise<Transport> {
  signal.addEventListener('abort', () => hangUp(socket));
  socket.binaryType = 'arraybuffer';
  limitFragments(socket);
  let failure: Error | undefined;
  socket.addEventListener('error', ({ message }) => {
    failure ??= new Error(message ?? 'the WebSocket failed');
    socket.terminate?.(); // otherwise the package ws waits for the peer's answer
  });
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string')
      hangUp(socket); // the protocol has no text frames
    else receiver.receive(new Uint8Array(data as ArrayBuffer));
  });
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener('close', ({ reason }) => {
      if (reason) failure ??= new Error(reason);
      receiver.closed(failure);
      resolve();
    });
  });
  if (socket.readyState !== OPEN) {
    const opened = new Promise<void>((resolve) => {
      socket.addEventListener('open', () => resolve());
    });
    await Promise.race([opened, closed]);
    if (socket.readyState !== OPEN) throw failure ?? new Error('the WebSocket was refused');
  }
  return {
    send: (bytes) => {
      for (let from = 0; from < bytes.length; from += MAX_FRAME_BYTES) {
        socket.send(bytes.subarray(from, from + MAX_FRAME_BYTES));
      }
      return unsent(socket) > MAX_UNSENT_BYTES ? roomIn(socket) : undefined;
    },
    close: () => hangUp(socket),
  };
}

/** A peer that does not answer in time, but goes on sending, is cut off. */
function hangUp(socket: WebSocketLike): void {
  socket.close();
  if (socket.terminate === undefined) return;
  const limit = setTimeout(() => socket.terminate?.(), CLOSE_LIMIT_MS);
  socket.addEventListener('close', () => clearTimeout(limit));
}

function unsent(socket: WebSocketLike): number {
  return socket.readyState === OPEN ? (socket.bufferedAmount ?? 0) : 0;
}

/** WebSockets do not tell when they have room again. */
async function roomIn(socket: WebSocketLike): Promise<void> {
  while (unsent(socket) > MAX_UNSENT_BYTES / 2) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
