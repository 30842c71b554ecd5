// The servers that are compared: started on free loopback ports and a core of their own, asked for
// their stats, ended by their handle.
import { readFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

import { exitOf, freePort, runProgram, spawnBound } from '../../lib/server.mjs';

const startLimitMs = 30_000;
const stopLimitMs = 60_000; // callgrind has much to write

// Server and load each get a core where there are two.
const severalCores = os.availableParallelism() > 1;
const serverCore = 0;
export const loadCore = severalCores ? 1 : 0;

const programs = {
  memcached: process.env.MEMCACHED ?? 'memcached',
  isocached: process.env.ISOCACHED ?? 'build/release/bin/isocached',
};

// Sends one command, resolves with everything up to the line `end`.
function ask(port, command, end) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    let reply = '';
    socket.setEncoding('latin1').on('data', (data) => {
      reply += data;
      if (!reply.endsWith(`${end}\r\n`)) return;
      socket.end();
      resolve(reply);
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error(`connection closed on ${command}`)));
  });
}

async function untilUp(child, port) {
  for (const end = Date.now() + startLimitMs; Date.now() < end && child.exitCode === null; ) {
    try {
      return await ask(port, 'mn', 'MN');
    } catch {
      await sleep(10);
    }
  }
  throw new Error(child.exitCode === null ? 'not ready in time' : `ended with ${child.exitCode}`);
}

function commandLine(name, port, { memoryMb, threads, wrapper, args, pinned, listen }) {
  const flags = ['-l', listen, '-p', port, '-m', memoryMb, '-t', threads, ...args].map(String);
  if (name === 'memcached') flags.push('-U', '0');
  if (process.getuid() === 0) flags.push('-u', 'root'); // else memcached will not run as root
  const pin = pinned && severalCores ? ['taskset', '-c', `${serverCore}`] : [];
  return [...pin, ...wrapper, programs[name], ...flags];
}

// `name`: memcached or isocached. `wrapper`: words before the program, such as valgrind's.
// `pinned`: to the core that the load leaves alone. `listen`: the address of the port that is asked.
async function startServer(
  name,
  { memoryMb = 64, threads = 1, wrapper = [], args = [], pinned = true, listen = '127.0.0.1' },
) {
  const port = await freePort();
  const [program, ...words] = commandLine(name, port, { memoryMb, threads, wrapper, args, pinned, listen });
  // `detached`: a session of its own, which Linux schedules as a group (autogroup). In one session with the
  // load, a server that needs less of its core than the load does would also be given less on a busy machine.
  const child = spawnBound(program, words, { detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (complaints = (complaints + text).slice(-2000)));
  try {
    await untilUp(child, port);
  } catch (error) {
    child.kill('SIGKILL');
    throw new Error(`${name}: ${error.message}\n${complaints}`);
  }
  return {
    name,
    pid: child.pid,
    address: `127.0.0.1:${port}`,
    // The answer to `stats`, or to `stats GROUP`, as numbers.
    async stats(group) {
      const lines = (await ask(port, group === undefined ? 'stats' : `stats ${group}`, 'END'))
        .split('\r\n')
        .map((line) => line.split(' '));
      return Object.fromEntries(lines.map(([, key, value]) => [key, Number(value)]));
    },
    rssMb() {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'latin1'))[1]) / 1024;
    },
    async stop() {
      // memcached takes a second to end politely, and has nothing to say; callgrind has.
      child.kill(name === 'memcached' && wrapper.length === 0 ? 'SIGKILL' : 'SIGTERM');
      await exitOf(child, stopLimitMs);
    },
  };
}

// Starts, calls, stops.
export async function withServer(name, options, use) {
  const server = await startServer(name, options);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}

// Several at once: `wanted` are [name, options].
export function withServers([first, ...rest], use, started = []) {
  if (first === undefined) return use(started);
  return withServer(...first, (server) => withServers(rest, use, [...started, server]));
}

// memcached and isocached, in this order.
export function withBoth(options, use) {
  return withServers(
    [
      ['memcached', options],
      ['isocached', options],
    ],
    use,
  );
}

export async function version(name) {
  const { code, stdout } = await runProgram(programs[name], ['-V']).catch(() => ({ code: 1 }));
  if (code !== 0) throw new Error(`${name}: cannot run ${programs[name]}`);
  return stdout.trim().split('\n')[0];
}
