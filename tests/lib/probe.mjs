// How long well-behaved clients of a server wait for an answer, beside those of a server that is left alone.
//
// A request takes some 30 microseconds, and whatever else the machine does easily triples that. To see what the
// server itself adds:
//
// * two servers are asked in turn, one abused and one not, request by request, so that what happens on the machine
//   happens to both;
// * both and the asking process are bound to one processor: to wake a thread there takes always the same time, on
//   another one 20 or 70 microseconds, as that is awake or asleep;
// * the time in which the server's thread or the asking one was ready to run and the processor was someone else's (the
//   attackers', a neighbour's, the other server's) is taken off, by what the scheduler says of these threads.
//
// What is left is what a client would wait if there were processors enough: for work that the thread did for others
// first, and while it slept. Two ways lead there. Both can come out too short, and neither too long, so the longer
// one counts: all of it without the waits (a thread that was waiting before has that counted, too); and the time that
// the server's thread ran, with the usual rest of the way, less the client's wait (the thread may have run on).

import { execFileSync, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('probe-client.mjs', import.meta.url));

/** The last processor that this process may use: the first has more of the interrupts. */
function someProcessor() {
  const list = /^Cpus_allowed_list:\s+(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  return /\d+$/.exec(list)[0];
}

/** Binds all threads of a process; where there is no taskset the times are only less even. */
function bind(pid, processor) {
  try {
    execFileSync('taskset', ['-a', '-c', '-p', processor, String(pid)], { stdio: 'ignore' });
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1];
const sum = (times) => times.reduce((total, time) => total + time, 0);
const withoutWaits = ({ wall, clientWaited, serverWaited }) => wall - clientWaited - serverWaited;

/** Of the times of one kind, in milliseconds: the medians, the longest wait, and what the abused server added. */
function compare([quiet, abused]) {
  const rest = median(quiet.map((time) => withoutWaits(time) - time.serverRan));
  const own = (time) => Math.max(rest, withoutWaits(time), rest + time.serverRan - time.clientWaited);
  const normal = median(quiet.map(own));
  const times = abused.map(own);
  return {
    normal,
    median: median(times),
    longest: Math.max(...abused.map(({ wall }) => wall)),
    beyondTwice: sum(times.map((time) => Math.max(0, time - 2 * normal))),
  };
}

export class Probe {
  /** Connects to both servers, on the memcached port (tcp) and by WebSocket on the HTTP port (ws). */
  static async start(quiet, abused) {
    const processor = someProcessor();
    const servers = [quiet, abused].map(({ pid, port, httpPort, tls }) => ({
      pid,
      port,
      httpPort,
      encrypted: Boolean(tls),
    }));
    for (const { pid } of servers) bind(pid, processor);
    const child = fork(PROGRAM, [JSON.stringify({ servers, kinds: ['tcp', 'ws'] })], { execArgv: [] });
    bind(child.pid, processor);
    const probe = new Probe(child);
    await probe.#answer();
    await probe.measure(100); // warm
    return probe;
  }

  constructor(child) {
    this.child = child;
  }

  #answer() {
    return new Promise((resolve, reject) => {
      const failed = (code) => reject(new Error(`the probe ended with ${code}`));
      this.child.once('exit', failed);
      this.child.once('message', (message) => {
        this.child.off('exit', failed);
        resolve(message);
      });
    });
  }

  /**
   * Asks for `ms`. {kinds: {tcp: {normal, median, longest}, ...}, stalled}: medians without the waits for a
   * processor, the longest wait with them, milliseconds; `stalled`: the share of the time in which the abused server
   * kept the probe beyond twice the normal median. Few long waits do not show in a median of requests made one after
   * the other.
   */
  async measure(ms) {
    this.child.send({ ms });
    const times = await this.#answer();
    const kinds = Object.fromEntries(Object.entries(times).map(([kind, lists]) => [kind, compare(lists)]));
    return { kinds, stalled: sum(Object.values(kinds).map(({ beyondTwice }) => beyondTwice)) / ms };
  }

  stop() {
    this.child.kill('SIGKILL');
  }
}
