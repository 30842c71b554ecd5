// What the bounds*.test.mjs share: the ways in, and what a crowd that holds on to what it can may cost a server.
//
//   peak of resident memory <= -m + 32 MB + what each connection may have    while they are there
//   resident memory <= before + 8 MB                                         2 s after they left

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { assertOthersServed, Attack, besideQuiet, MB, startOver } from './abuse.mjs';
import { needOpenssl } from './certificates.mjs';
import { RawClient, withClient } from './client.mjs';
import { eventually } from './eventually.mjs';
import { frame, OPCODE, upgraded } from './websocket.mjs';

const KB = 1024;
const ROOM = 32 * MB; // for the program, its threads and the allocator
const LEFT_BEHIND = 8 * MB;
const BACK_MS = 2000;
const SETTLE_MS = 10_000;

const asIs = (bytes) => bytes;
const inFrame = (bytes) => frame(OPCODE.binary, bytes);
const toPort = (server) => RawClient.connect(server.address);
const toSocket = (server) => RawClient.connect({ path: server.unixSocket });

/**
 * Each way in. `most`: what a connection may cost (the table in native/README.md). `crowd`: as many clients as a test
 * connects in a moment. `open` and `wrap` are the clients', `frames`: replies come in some.
 */
export const WAYS = [
  { way: 'TCP', transport: 'plain', most: 72 * KB, crowd: 600, open: toPort, wrap: asIs, skip: false },
  {
    way: 'unix socket',
    transport: 'plain',
    most: 72 * KB,
    crowd: 600,
    open: toSocket,
    wrap: asIs,
    unix: true,
    skip: false,
  },
  { way: 'TLS', transport: 'TLS', most: 144 * KB, crowd: 200, open: toPort, wrap: asIs, skip: needOpenssl },
  {
    way: 'WebSocket',
    transport: 'plain',
    most: 124 * KB,
    crowd: 400,
    open: upgraded,
    wrap: inFrame,
    frames: true,
    skip: false,
  },
  {
    way: 'WebSocket over TLS',
    transport: 'TLS',
    most: 204 * KB,
    crowd: 200,
    open: upgraded,
    wrap: inFrame,
    frames: true,
    skip: needOpenssl,
  },
];

let sockets;
let socketCount = 0;
function nextSocket() {
  if (!sockets) {
    sockets = mkdtempSync(path.join(tmpdir(), 'isocached-bounds-'));
    process.on('exit', () => rmSync(sockets, { recursive: true, force: true }));
  }
  return path.join(sockets, String(++socketCount));
}

/** A server that `way` leads to; it has TCP for the others in any case. */
export async function startFor(way, args = []) {
  if (!way.unix) return startOver(way.transport, args);
  const file = nextSocket();
  const server = await startOver(way.transport, ['-p', '0', '-s', file, ...args]);
  [server.socketPath, server.unixSocket] = [undefined, file];
  server.port = Number(/listening [\d.]+:(\d+)$/m.exec(server.stderr)[1]);
  return server;
}

export const set = (key, bytes) => `set ${key} 0 0 ${bytes.length}\r\n${bytes}\r\n`;

/** Stores, in one go: entries are [key, value]. */
export async function store(server, entries) {
  await withClient(
    server,
    async (client) => {
      for (const [key, bytes] of entries) {
        client.send(set(key, bytes));
        assert.equal(await client.readLine(), 'STORED\r\n', key);
      }
    },
    { limitMs: 30_000 },
  );
}

/** Until all of -m is in use, so that nothing that is stored later takes more of the system. */
export const fill = (server, megabytes) =>
  store(
    server,
    Array.from({ length: Math.ceil(1.2 * megabytes) }, (_, i) => [`fill${i}`, FILLING]),
  );
const FILLING = 'f'.repeat(1_000_000);

/** The server has done what it could: for a quarter of a second it hardly ran. */
export async function settled(server) {
  for (const end = Date.now() + SETTLE_MS; Date.now() < end; ) {
    const before = server.ranMs();
    await sleep(250);
    if (server.ranMs() - before < 25) return;
  }
}

/** A client that sends `bytes` and reads nothing. */
export async function sluggard(way, server, wrapped) {
  const client = await way.open(server);
  client.socket.pause();
  client.send(wrapped);
  return client;
}

const inMb = (bytes) => (bytes / MB).toFixed(1);

/**
 * Since resetPeak() the server has never held more than `megabytes` of -m, or than the `before` of a full server, and
 * what so many connections may have.
 */
export function assertBounded(server, way, { megabytes, connections, before }) {
  const bound = Math.min(megabytes * MB + ROOM, before + LEFT_BEHIND) + connections * way.most;
  const peak = server.peakBytes();
  const each = `${((peak - before) / KB / connections).toFixed()} KB each`;
  assert.ok(
    peak <= bound,
    `${inMb(peak)} MB with ${connections} connections, more than ${inMb(bound)}; ${inMb(before)} before, ${each}`,
  );
  if (process.env.BOUNDS_SHOW)
    console.log(`${way.way}: ${inMb(before)} MB, ${inMb(peak)} MB with ${connections} connections: ${each}`);
}

/** What came on top of `before` is with the system again soon. */
export async function assertBack(server, before) {
  const began = Date.now();
  let now = server.residentBytes();
  for (; now > before + LEFT_BEHIND; now = server.residentBytes()) {
    assert.ok(Date.now() < began + BACK_MS, `${inMb(now)} MB after they left, ${inMb(before)} before they came`);
    await sleep(20);
  }
}

/**
 * A crowd of `connections` against a server of -m `megabytes`, which is full unless said otherwise: come(server)
 * connects it and returns the clients, then look(server, clients), if given, sees how others fare, beside the probe.
 * Memory is bounded all the while, and back afterwards.
 */
export async function withstand(
  way,
  { megabytes = 64, args = [], full = true, connections, prepare = () => {} },
  come,
  look = () => {},
) {
  await besideQuiet(
    way.transport,
    ['-m', String(megabytes), ...args],
    async (server, probe) => {
      if (full) await fill(server, megabytes);
      await prepare(server);
      const before = server.residentBytes();
      server.resetPeak();
      const clients = await come(server);
      await settled(server);
      await assertOthersServed(probe, new Attack());
      await look(server, clients);
      assertBounded(server, way, { megabytes, connections, before });
      for (const client of clients) client.close();
      await assertBack(server, before);
      await withClient(server, (client) =>
        eventually(async () => (await client.ask('mn\r\n')) === 'MN\r\n', 'it does not answer'),
      );
    },
    () => startFor(way, ['-m', String(megabytes), ...args]),
  );
}
