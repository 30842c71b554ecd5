// WebSocket clients: npm's `ws`, as a byte stream or frame by frame, and frames made by hand.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

import { RawClient } from './client.mjs';
import { httpAddress } from './http.mjs';

const packages = new URL('../../wasm/package.json', import.meta.url); // the npm package's tests use it too
/** For `test(name, { skip: needWs }, ...)`. */
export const needWs = existsSync(new URL('node_modules/ws/package.json', packages))
  ? false
  : 'npm --prefix wasm ci was not run';
export const { WebSocket, createWebSocketStream } = needWs ? {} : createRequire(packages)('ws');

const LIMIT_MS = 10_000;

export const webSocketUrl = (server, scheme = server.tls ? 'wss' : 'ws') =>
  `${scheme}://127.0.0.1:${server.httpPort}/memcached`;

/** Opens; the connection is refused with an error that has `status`. `options`: of `new WebSocket()`. */
export function openWebSocket(url, { protocols = ['memcached'], ...options } = {}) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols, { handshakeTimeout: LIMIT_MS, perMessageDeflate: false, ...options });
    socket.once('open', () => resolve(socket));
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (text) => {
          body += text;
        })
        .on('end', () => {
          reject(
            Object.assign(new Error(`refused: ${response.statusCode} ${body}`), {
              status: response.statusCode,
              body,
              headers: response.headers,
            }),
          );
        });
    });
  });
}

// A frame may have twice the item limit.
const MOST_FRAME_BYTES = 2 ** 20;

class RawWebSocketClient extends RawClient {
  async send(bytes) {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    for (let at = 0; at < buffer.length; at += MOST_FRAME_BYTES)
      await super.send(buffer.subarray(at, at + MOST_FRAME_BYTES));
  }
}

/** A RawClient whose bytes travel in frames, one for each send() that is not very long. */
export async function connectOverWebSocket(url, options) {
  const socket = await openWebSocket(url, options);
  return new RawWebSocketClient(createWebSocketStream(socket), LIMIT_MS);
}

/** A client that sees frames: what arrived, and how it ended. */
export class FrameClient {
  static async connect(url, options) {
    return new FrameClient(await openWebSocket(url, options));
  }

  constructor(socket) {
    this.socket = socket;
    this.frames = []; // what arrived, as latin1
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on('error', () => {}); // the close tells
    socket.on('message', (data, isBinary) =>
      this.frames.push(isBinary ? data.toString('latin1') : `text frame: ${data}`),
    );
  }

  send(bytes) {
    this.socket.send(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  }
  get received() {
    return this.frames.join('');
  }

  // All of it may be long: a look at the last frames will do.
  #endsWith(end) {
    return this.frames.slice(-4).join('').endsWith(end);
  }

  /** Waits until what arrived ends with `end`; all of it. */
  async until(end, limitMs = LIMIT_MS) {
    for (const late = Date.now() + limitMs; !this.#endsWith(end); ) {
      if (Date.now() > late)
        throw new Error(`no ${JSON.stringify(end)} in time, but ${JSON.stringify(this.received.slice(-200))}`);
      if (this.socket.readyState === WebSocket.CLOSED)
        throw new Error(`closed after ${JSON.stringify(this.received.slice(-200))}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    return this.received;
  }

  close() {
    this.socket.terminate();
  }
}

/**
 * A frame as a client sends it, right or wrong. `length`: what the header says instead of the truth (a BigInt);
 * `lengthBytes`: how many it takes to say so behind the first (0, 2 or 8), instead of the fewest.
 */
export function frame(opcode, payload = '', { fin = true, reserved = 0, masked = true, length, lengthBytes } = {}) {
  const bytes = Buffer.from(payload, 'latin1');
  const size = length ?? BigInt(bytes.length);
  const head = [(fin ? 0x80 : 0) | (reserved << 4) | opcode];
  const maskBit = masked ? 0x80 : 0;
  let extended = Buffer.alloc(0);
  const extendedBytes = lengthBytes ?? (size < 126n ? 0 : size < 65536n ? 2 : 8);
  if (extendedBytes === 0) {
    head.push(maskBit | Number(size));
  } else if (extendedBytes === 2) {
    head.push(maskBit | 126);
    extended = Buffer.alloc(2);
    extended.writeUInt16BE(Number(size));
  } else {
    head.push(maskBit | 127);
    extended = Buffer.alloc(8);
    extended.writeBigUInt64BE(size);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), extended, bytes]);
  const mask = randomBytes(4);
  return Buffer.concat([Buffer.from(head), extended, mask, bytes.map((byte, i) => byte ^ mask[i % 4])]);
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

export const closeFrame = (code, reason = '') =>
  frame(OPCODE.close, String.fromCharCode(code >> 8, code & 0xff) + reason);

/** The request for an upgrade, with more or other fields. */
export function upgradeRequest(fields = {}, { method = 'GET', path = '/memcached', version = 'HTTP/1.1' } = {}) {
  const all = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
    'Sec-WebSocket-Protocol': 'memcached',
    ...fields,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} ${version}\r\n${lines.join('')}\r\n`;
}

/** A raw connection behind a successful upgrade. */
export async function upgraded(server, fields) {
  const client = await RawClient.connect(httpAddress(server));
  await client.send(upgradeRequest(fields));
  const head = await client.readUntil('\r\n\r\n');
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(head);
  return client;
}

/** Reads one frame of the server's: {fin, opcode, payload}; null at the end of the stream. */
export async function readFrame(client) {
  const head = Buffer.from(await client.read(2), 'latin1');
  if (head.length < 2) return null;
  let size = head[1] & 0x7f;
  if (size === 126) size = Buffer.from(await client.read(2), 'latin1').readUInt16BE();
  if (size === 127) size = Number(Buffer.from(await client.read(8), 'latin1').readBigUInt64BE());
  return { fin: head[0] >= 0x80, opcode: head[0] & 0x0f, payload: await client.read(size) };
}

/** The code of a close frame; null: it has none. */
export const closeCode = ({ payload }) => (payload.length < 2 ? null : Buffer.from(payload, 'latin1').readUInt16BE());

/**
 * Sends frames over a new connection, and reads up to the server's close frame, behind which nothing may come:
 * {data, pongs, code}. `bytewise`: in pieces of one byte; `fields`: more of the upgrade.
 */
export async function converse(server, frames, { fields, bytewise = false } = {}) {
  const client = await upgraded(server, fields);
  try {
    const bytes = Buffer.concat(frames);
    if (bytewise) await client.sendPieces(Array.from(bytes, (byte) => Buffer.of(byte)));
    else await client.send(bytes);
    const heard = { data: '', pongs: [] };
    for (;;) {
      const received = await readFrame(client);
      if (!received) throw new Error(`the server closed without a word behind ${JSON.stringify(heard)}`);
      const { opcode, payload } = received;
      if (opcode === OPCODE.binary) heard.data += payload;
      else if (opcode === OPCODE.pong) heard.pongs.push(payload);
      else if (opcode === OPCODE.close) heard.code = closeCode(received);
      else throw new Error(`a frame with opcode ${opcode}`);
      if (opcode === OPCODE.close) break;
    }
    await client.send(closeFrame(1000));
    const more = await client.readToEnd();
    if (more !== '') throw new Error(`${JSON.stringify(more)} behind the close frame`);
    return heard;
  } finally {
    client.close();
  }
}
