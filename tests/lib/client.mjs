// A raw connection: bytes out, bytes in, and ways to know where a reply ends.

import net from 'node:net';
import tls from 'node:tls';

const DEFAULT_LIMIT_MS = 10_000;
let barriers = 0;

export class RawClient {
  /** `address` as for net.connect(); with `tls`, the options of tls.connect(): encrypted. */
  static async connect(address, { limitMs = DEFAULT_LIMIT_MS, highWaterMark, allowHalfOpen = false } = {}) {
    const options = { ...address, ...address.tls, noDelay: true, allowHalfOpen, highWaterMark };
    const socket = address.tls ? tls.connect(options) : net.connect(options);
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error('no connection in time'));
      }, limitMs);
      socket.once(address.tls ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
    return new RawClient(socket, limitMs);
  }

  constructor(socket, limitMs) {
    this.socket = socket;
    this.limitMs = limitMs;
    this.chunks = [];
    this.received = 0; // bytes in chunks
    this.ended = false;
    this.error = null;
    this.waiter = null;
    socket.on('data', (chunk) => {
      this.chunks.push(chunk);
      this.received += chunk.length;
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('close', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.error = error;
      this.ended = true;
      this.#wake();
    });
  }

  #wake() {
    const waiter = this.waiter;
    this.waiter = null;
    waiter?.();
  }

  /** Something arrived, the other side closed, or `ms` passed (then false). */
  #change(ms) {
    if (ms <= 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.waiter = null;
        resolve(false);
      }, ms);
      this.waiter = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  /** Sends bytes (a latin1 string or a Buffer); resolves when the kernel has them. */
  send(bytes) {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    if (this.ended || this.socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.socket.write(buffer, () => resolve()));
  }

  /** Sends the pieces one by one, so that most of them arrive apart. */
  async sendPieces(pieces) {
    for (const piece of pieces) {
      await this.send(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** What has arrived and was not taken. */
  peek() {
    if (this.chunks.length > 1) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0] ?? Buffer.alloc(0);
  }

  #take(length) {
    const all = this.peek();
    this.chunks = length < all.length ? [all.subarray(length)] : [];
    this.received = all.length - length;
    return all.toString('latin1', 0, length);
  }

  /** Exactly `length` bytes. Fewer when the connection closes; fails when time is up. */
  async read(length, limitMs = this.limitMs) {
    const end = Date.now() + limitMs;
    while (this.received < length && !this.ended) {
      if (!(await this.#change(end - Date.now()))) throw new Error(`${this.received} of ${length} bytes in time`);
    }
    return this.#take(Math.min(length, this.received));
  }

  /** Everything up to and with `suffix`. Less when the connection closes; fails when time is up. */
  async readUntil(suffix, limitMs = this.limitMs) {
    const end = Date.now() + limitMs;
    let from = 0;
    for (;;) {
      const all = this.peek();
      const at = all.indexOf(suffix, Math.max(0, from - suffix.length), 'latin1');
      if (at >= 0) return this.#take(at + suffix.length);
      from = all.length;
      if (this.ended) return this.#take(all.length);
      if (!(await this.#change(end - Date.now()))) {
        const tail = all.toString('latin1', Math.max(0, all.length - 100));
        throw new Error(
          `no ${JSON.stringify(suffix)} within ${limitMs} ms after ${all.length} bytes, last: ${JSON.stringify(tail)}`,
        );
      }
    }
  }

  /** One line, with its end. */
  readLine(limitMs) {
    return this.readUntil('\r\n', limitMs);
  }

  /** What arrives until nothing has for `quietMs`, or the connection closes. */
  async readQuiet(quietMs) {
    while (!this.ended && (await this.#change(quietMs)));
    return this.#take(this.received);
  }

  /** Waits for the other side to close; what it sent before. */
  async readToEnd(limitMs = this.limitMs) {
    const end = Date.now() + limitMs;
    while (!this.ended) {
      if (!(await this.#change(end - Date.now()))) throw new Error(`not closed within ${limitMs} ms`);
    }
    return this.#take(this.received);
  }

  /** Sends, and gives the reply up to the answer to a miss that no one else asks for. */
  async ask(bytes, limitMs) {
    const barrier = newBarrier();
    this.send(Buffer.concat([toBuffer(bytes), Buffer.from(barrier.sent)]));
    return this.#upToBarrier(barrier, limitMs);
  }

  /** The same in random pieces. */
  async askInPieces(bytes, random, maxPieces, limitMs) {
    const barrier = newBarrier();
    const all = Buffer.concat([toBuffer(bytes), Buffer.from(barrier.sent)]);
    const sending = this.sendPieces(random.fragments(all, maxPieces));
    const reply = await this.#upToBarrier(barrier, limitMs);
    await sending;
    return reply;
  }

  async #upToBarrier(barrier, limitMs) {
    const reply = await this.readUntil(barrier.reply, limitMs);
    if (reply.endsWith(barrier.reply)) return reply.slice(0, -barrier.reply.length);
    if (!this.ended) throw new Error('unreachable');
    return reply;
  }

  /** Ends our side; the other may still send (with allowHalfOpen). */
  end() {
    this.socket.end();
  }

  /** Drops the connection at once, with a reset. */
  reset() {
    this.socket.resetAndDestroy();
  }

  close() {
    this.socket.destroy();
  }
}

function toBuffer(bytes) {
  return typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
}

// A miss with an opaque of its own: unlike `mn` its reply cannot be mistaken for another command's.
function newBarrier() {
  const opaque = `bar${process.pid % 10000}-${++barriers}`;
  return { sent: `mg \x7f O${opaque}\r\n`, reply: `EN O${opaque}\r\n` };
}

/** Connects, calls, closes. */
export async function withClient(server, use, options) {
  const client = await RawClient.connect(server.address, options);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

/** `stats [...]` as an array of [name, value]. */
export async function readStats(client, what = '') {
  await client.send(`stats${what ? ` ${what}` : ''}\r\n`);
  const text = await client.readUntil('END\r\n');
  return text
    .split('\r\n')
    .filter((line) => line.startsWith('STAT '))
    .map((line) => {
      const [, name, value] = /^STAT (\S+) ?(.*)$/.exec(line);
      return [name, value];
    });
}

/** The same as an object. */
export async function statsOf(client, what) {
  return Object.fromEntries(await readStats(client, what));
}
