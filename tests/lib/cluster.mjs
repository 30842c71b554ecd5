// Several nodes: started at ports that stay theirs, killed, brought back, asked who holds what.

import assert from 'node:assert/strict';
import net from 'node:net';

import { RawClient } from './client.mjs';
import { replyDifference } from './reply.mjs';
import { startIsocached, startMemcached } from './server.mjs';

export const NODES = 3;
/** The node that tests kill. */
export const DEAD = 1;
const STARTS = { isocached: startIsocached, memcached: startMemcached };

// Below the range that outgoing connections take their ports from (32768 on), so that no connection of another
// program sits on the port of a dead node when it comes back.
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;

const CONDITION_LIMIT_MS = 25_000;

/** Keys that every node gets a share of, and a value for each. */
export const KEYS = Array.from({ length: 300 }, (_, n) => `key${n}`);
export const valueOf = (key) => `${key} `.repeat(1 + (Number(key.slice(3)) % 50));

function isFree(port) {
  return new Promise((resolve) => {
    const probe = net.createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/** A port for each node. */
export async function clusterPorts() {
  const ports = new Set();
  while (ports.size < NODES) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

class Cluster {
  /** `kind`: 'isocached' or 'memcached'. */
  static async start(kind, ports) {
    const cluster = new Cluster(kind, ports);
    try {
      for (let node = 0; node < NODES; ++node) await cluster.restart(node);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  constructor(kind, ports) {
    this.kind = kind;
    this.ports = ports;
    this.servers = ports.map(() => null);
  }

  async restart(node) {
    this.servers[node] = await STARTS[this.kind](['-l', '127.0.0.1', '-p', String(this.ports[node])]);
  }

  async kill(node) {
    const server = this.servers[node];
    this.servers[node] = null;
    await server?.stop('SIGKILL');
  }

  stop() {
    return Promise.all(this.servers.map((_, node) => this.kill(node)));
  }

  /** The keys that a node holds, of those asked for. */
  async held(node, keys) {
    const client = await RawClient.connect(this.servers[node].address);
    try {
      const reply = await ask(client, `get ${keys.join(' ')}\r\n`);
      return reply
        .split('\r\n')
        .filter((line) => line.startsWith('VALUE '))
        .map((line) => line.split(' ')[1]);
    } finally {
      client.close();
    }
  }

  /** The same for each node. */
  holdings(keys) {
    return Promise.all(this.servers.map((_, node) => this.held(node, keys)));
  }
}

/** Starts nodes, calls, stops them. */
export async function withCluster(kind, ports, use) {
  const cluster = await Cluster.start(kind, ports);
  try {
    return await use(cluster);
  } finally {
    await cluster.stop();
  }
}

/** One reply: a line, or VALUE blocks up to the line that ends them. '' when the connection was closed. */
export async function readReply(client) {
  let reply = '';
  for (;;) {
    const line = await client.readLine();
    reply += line;
    const match = /^VALUE \S+ \d+ (\d+)/.exec(line);
    if (!match) return reply;
    reply += await client.read(Number(match[1]) + 2);
  }
}

/**
 * Sends one request and reads one reply. Proxies speak fewer commands than servers: RawClient.ask(), which has a
 * meta command end the reply, is not for them.
 */
export async function ask(client, request) {
  client.send(request);
  return readReply(client);
}

/** Calls until it gives something true; how long does not matter, that it happens does. */
export async function until(what, condition) {
  const end = Date.now() + CONDITION_LIMIT_MS;
  for (;;) {
    const result = await condition();
    if (result) return result;
    if (Date.now() > end) throw new Error(`not within ${CONDITION_LIMIT_MS} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Numbers are cas ids of three nodes, in no order that two runs share. */
const anyCas = { same: (expected, actual) => /^\d+$/.test(expected) && /^\d+$/.test(actual) };

/** [ours, memcached's] replies to the same requests: equal, except for cas ids, times and versions. */
export function assertSameReplies(requests, [ours, theirs]) {
  assert.equal(ours.length, theirs.length);
  ours.forEach((reply, index) => {
    const difference = replyDifference(theirs[index], reply, anyCas);
    assert.equal(difference, null, `${JSON.stringify(requests[index].slice(0, 200))}: ${difference}`);
  });
}
