// The program of probe.mjs: asks two servers in turn, over each kind of connection, how long an answer takes.
// Started with {servers, kinds} as JSON; told {ms} by its parent, it answers with the times.

import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';

const FINDING = 50; // requests that show which thread serves a connection
const NS_IN_MS = 1e6;
const REST_EVERY = 8;
const ASK = Buffer.from('mn\r\n');
const REPLY_BYTES = 4;
const FRAME_HEADER_BYTES = 2;
const MASK = Buffer.alloc(4); // zeros are one, too

/**
 * What the scheduler says of a thread: nanoseconds that it ran, and that it was ready and waited for a processor.
 * Zeros where the kernel does not say.
 */
function schedule(file) {
  try {
    const [ran, waited] = readFileSync(file, 'latin1').split(' ', 2);
    return { ran: Number(ran), waited: Number(waited) };
  } catch {
    return { ran: 0, waited: 0 };
  }
}
const threadsOf = (pid) => readdirSync(`/proc/${pid}/task`).map((id) => `/proc/${pid}/task/${id}/schedstat`);
const OWN = `/proc/${process.pid}/task/${process.pid}/schedstat`;

function connectTo(port, encrypted) {
  const options = { host: '127.0.0.1', port, noDelay: true };
  // Who the server is, is no question here.
  const socket = encrypted ? tls.connect({ ...options, rejectUnauthorized: false }) : net.connect(options);
  return new Promise((resolve, reject) => {
    socket.once(encrypted ? 'secureConnect' : 'connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

async function openWebSocket(server) {
  const socket = await connectTo(server.httpPort, server.encrypted);
  socket.write(
    'GET /memcached HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  );
  const head = await new Promise((resolve) => socket.once('data', resolve));
  if (!/^HTTP\/1\.1 101 .*\r\n\r\n$/s.test(head.toString('latin1'))) throw new Error(`no WebSocket: ${head}`);
  return socket;
}

class Asker {
  static async open(server, kind) {
    if (kind === 'tcp') return new Asker(await connectTo(server.port, server.encrypted), ASK, REPLY_BYTES);
    const frame = Buffer.concat([Buffer.of(0x82, 0x80 | ASK.length), MASK, ASK]);
    return new Asker(await openWebSocket(server), frame, FRAME_HEADER_BYTES + REPLY_BYTES);
  }

  constructor(socket, request, replyBytes) {
    this.socket = socket;
    this.request = request;
    this.left = 0;
    this.replyBytes = replyBytes;
    socket.on('data', (data) => {
      this.left -= data.length;
      if (this.left <= 0) this.answered();
    });
    socket.on('close', () => {
      throw new Error('the server closed a well-behaved connection');
    });
  }

  ask() {
    this.left = this.replyBytes;
    return new Promise((resolve) => {
      this.answered = resolve;
      this.socket.write(this.request);
    });
  }

  /** Learns which of the server's threads answers here. */
  async findThread(pid) {
    const threads = threadsOf(pid);
    const before = threads.map((file) => schedule(file).ran);
    for (let i = 0; i < FINDING; ++i) await this.ask();
    const ran = threads.map((file, i) => schedule(file).ran - before[i]);
    this.thread = threads[ran.indexOf(Math.max(...ran))];
  }

  /**
   * From the question to the answer, milliseconds: all of it, in which of that the client's thread (this one) and the
   * server's were ready and the processor was someone else's, and in which the server's ran.
   */
  async time() {
    const before = schedule(this.thread);
    const ownBefore = schedule(OWN).waited;
    const began = performance.now();
    await this.ask();
    const wall = performance.now() - began;
    const after = schedule(this.thread);
    return {
      wall,
      clientWaited: (schedule(OWN).waited - ownBefore) / NS_IN_MS,
      serverWaited: (after.waited - before.waited) / NS_IN_MS,
      serverRan: (after.ran - before.ran) / NS_IN_MS,
    };
  }
}

const { servers, kinds } = JSON.parse(process.argv[2]);
const askers = [];
for (const kind of kinds) {
  for (const [which, server] of servers.entries()) {
    const asker = await Asker.open(server, kind);
    await asker.findThread(server.pid);
    askers.push({ kind, which, asker });
  }
}

process.on('disconnect', () => process.exit());
process.on('message', async ({ ms }) => {
  const times = Object.fromEntries(kinds.map((kind) => [kind, servers.map(() => [])]));
  const end = performance.now() + ms;
  for (let turn = 0; performance.now() < end; ++turn) {
    for (const { kind, which, asker } of turn % 2 ? askers : askers.toReversed())
      times[kind][which].push(await asker.time());
    if (turn % REST_EVERY === 0) await sleep(1);
  }
  process.send(times);
});
process.send('ready');
