// Clients that send requests without waiting for replies, read when they like, and count what comes back.

import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

import { httpAddress } from './http.mjs';
import { closeFrame, frame, OPCODE, upgradeRequest } from './websocket.mjs';

const LIMIT_MS = 30_000;
const CHUNK_REQUESTS = 2000;

/** What the server's frames carry, of a stream that begins with its 101. */
class FrameReader {
  #rest = Buffer.alloc(0);
  #upgraded = false;
  code = null; // of the close frame

  payloads(chunk) {
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#upgraded) {
      const at = this.#rest.indexOf('\r\n\r\n');
      if (at < 0) return [];
      if (!this.#rest.subarray(0, 12).equals(Buffer.from('HTTP/1.1 101')))
        throw new Error(this.#rest.toString('latin1'));
      this.#upgraded = true;
      this.#rest = this.#rest.subarray(at + 4);
    }
    const found = [];
    for (let next; (next = this.#next()); ) found.push(next);
    return found;
  }

  #next() {
    const all = this.#rest;
    if (all.length < 2) return null;
    let size = all[1] & 0x7f;
    let head = 2;
    if (size === 126) {
      head = 4;
      if (all.length < head) return null;
      size = all.readUInt16BE(2);
    }
    if (size === 127) {
      head = 10;
      if (all.length < head) return null;
      size = Number(all.readBigUInt64BE(2));
    }
    if (all.length < head + size) return null;
    const payload = all.subarray(head, head + size);
    this.#rest = all.subarray(head + size);
    const opcode = all[0] & 0x0f;
    if (opcode === OPCODE.close) {
      this.code = payload.readUInt16BE(0);
      return Buffer.alloc(0);
    }
    if (this.code !== null) throw new Error('a frame behind the close frame');
    return payload;
  }
}

export class Pipeliner {
  static async connect(server, transport) {
    const overWebSocket = transport.startsWith('WebSocket');
    const address = overWebSocket ? httpAddress(server) : server.address;
    const options = { ...address, ...address.tls, noDelay: true, highWaterMark: 4096 };
    const socket = address.tls ? tls.connect(options) : net.connect(options);
    await once(socket, address.tls ? 'secureConnect' : 'connect');
    const client = new Pipeliner(socket, overWebSocket ? new FrameReader() : null);
    if (overWebSocket) {
      socket.write(upgradeRequest());
      await client.until(() => client.bytes > 0);
    }
    return client;
  }

  constructor(socket, frames) {
    this.socket = socket;
    this.frames = frames;
    this.lines = 0; // that ended in what came
    this.bytes = 0; // of all
    this.tail = ''; // the last of the payload
    this.error = null;
    this.ended = false; // the server ended its side
    this.polite = true; // we answer its close frame, and send no more
    this.saidGoodbye = false; // we did
    this.closed = once(socket, 'close').catch(() => {});
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('error', (error) => {
      this.error ??= error;
    });
  }

  #take(chunk) {
    this.bytes += chunk.length;
    for (const part of this.frames ? this.frames.payloads(chunk) : [chunk]) {
      for (let at = -1; (at = part.indexOf('\n', at + 1)) >= 0; ) ++this.lines;
      this.tail = (this.tail + part.toString('latin1', Math.max(0, part.length - 200))).slice(-200);
    }
    if (this.polite && this.frames && this.frames.code !== null && !this.saidGoodbye) {
      this.saidGoodbye = true;
      this.socket.write(closeFrame(this.frames.code));
    }
  }

  /** What is sent for some requests. */
  wrap(requests) {
    return this.frames ? frame(OPCODE.binary, requests) : Buffer.from(requests, 'latin1');
  }

  /** Sends; waits until the socket takes more, or the connection is over. */
  async send(requests) {
    if (this.socket.destroyed || this.socket.writableEnded || this.saidGoodbye) return;
    if (this.socket.write(this.wrap(requests))) return;
    await Promise.race([once(this.socket, 'drain'), this.closed]).catch(() => {});
  }

  /** Sends the request without end, until the server ends the connection. */
  async keepSending(request) {
    const chunk = request.repeat(CHUNK_REQUESTS);
    while (!this.ended && !this.socket.destroyed && !this.saidGoodbye) {
      await this.send(chunk);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  stopReading() {
    this.socket.pause();
  }
  readOn() {
    this.socket.resume();
  }

  async until(condition, limitMs = LIMIT_MS) {
    for (const end = Date.now() + limitMs; !condition(); ) {
      if (Date.now() > end) throw new Error('not in time');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** The server has ended it, and all it said was read. */
  async readToEnd() {
    this.readOn();
    await this.until(() => this.ended || this.socket.destroyed);
    this.socket.destroy();
    return this;
  }
}
