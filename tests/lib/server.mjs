// Starts a server on a free loopback port and ends it by its own process.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 10_000;

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function find(program) {
  if (program.includes('/')) return existsSync(program) ? program : null;
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/bin', '/usr/local/bin'];
  return folders.map((folder) => path.join(folder, program)).find(existsSync) ?? null;
}

/** The server under test, or null: then there is nothing to test. A path that was given must exist. */
export const isocachedPath = process.env.ISOCACHED ? find(process.env.ISOCACHED) : null;
if (process.env.ISOCACHED && !isocachedPath) throw new Error(`ISOCACHED: no such file: ${process.env.ISOCACHED}`);
/** The server to compare with, or null. */
export const memcachedPath = find(process.env.MEMCACHED ?? 'memcached');

/** For `test(name, { skip: needIsocached }, ...)`: why a test cannot run, or false. */
export const needIsocached = isocachedPath ? false : 'ISOCACHED is not set';
export const needMemcached = memcachedPath ? false : 'no memcached here';

/** Starts a program that ends when this process does, however that ends. */
export function spawnBound(program, args, options = {}) {
  const setpriv = find('setpriv');
  const child = setpriv
    ? spawn(setpriv, ['--pdeathsig', 'KILL', program, ...args], options)
    : spawn(program, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Resolves to {code, signal}; kills the process when it takes longer than limitMs. */
export function exitOf(child, limitMs) {
  if (child.exitCode !== null || child.signalCode !== null) {
    return Promise.resolve({ code: child.exitCode, signal: child.signalCode });
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`process ${child.pid} did not end within ${limitMs} ms`));
    }, limitMs);
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    });
  });
}

/** Runs a program to its end: {code, signal, stdout, stderr}. */
export async function runProgram(program, args, { limitMs = 30_000, ...options } = {}) {
  const child = spawnBound(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  }
  const closed = new Promise((resolve) => child.once('close', resolve));
  const ended = await exitOf(child, limitMs);
  await closed;
  return { ...ended, ...output };
}

/** A port nobody listens on at the moment. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = net.createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A running server. */
export class Server {
  constructor(child, name) {
    this.child = child;
    this.name = name;
    this.pid = child.pid;
    this.port = null;
    this.httpPort = null; // of --http
    this.tls = undefined; // how clients speak TLS with it: the options of tls.connect()
    this.stderr = '';
    this.stopSignal = 'SIGTERM';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      this.stderr += text;
    });
  }

  get alive() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Where RawClient.connect() finds it; net.connect() does, too. */
  get address() {
    return this.socketPath ? { path: this.socketPath } : { host: '127.0.0.1', port: this.port, tls: this.tls };
  }

  /** Resident memory, bytes. */
  residentBytes() {
    return this.#memory('VmRSS');
  }

  /** The most that residentBytes() has been since resetPeak(). */
  peakBytes() {
    return this.#memory('VmHWM');
  }
  resetPeak() {
    writeFileSync(`/proc/${this.pid}/clear_refs`, '5');
  }

  /** For how long its threads have run by now. */
  ranMs() {
    const threads = readdirSync(`/proc/${this.pid}/task`);
    return (
      threads.reduce(
        (sum, id) => sum + Number(readFileSync(`/proc/${this.pid}/task/${id}/schedstat`, 'latin1').split(' ')[0]),
        0,
      ) / 1e6
    );
  }

  #memory(name) {
    const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
    return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)[1]) * 1024;
  }

  /** Sends a signal and waits for the end: {code, signal}. */
  async stop(signal = this.stopSignal) {
    if (this.alive) this.child.kill(signal);
    return exitOf(this.child, STOP_LIMIT_MS);
  }
}

/** Waits until `ready()` gives something true; fails when the server ends or takes too long. */
async function untilReady(server, ready) {
  const end = Date.now() + START_LIMIT_MS;
  for (;;) {
    const found = await ready();
    if (found) return found;
    if (!server.alive) {
      throw new Error(
        `${server.name} ended with ${server.child.exitCode ?? server.child.signalCode}: ${server.stderr}`,
      );
    }
    if (Date.now() > end) {
      server.child.kill('SIGKILL');
      throw new Error(`${server.name} was not ready within ${START_LIMIT_MS} ms: ${server.stderr}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function connects(address) {
  return new Promise((resolve) => {
    const socket = net.connect(address);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** isocached; on a free port unless `args` name a port or a socket (`-s`). `env` is added to the environment. */
export async function startIsocached(args = [], env = {}, program = isocachedPath) {
  if (!program) throw new Error(needIsocached);
  const socketAt = args.indexOf('-s');
  const own = args.includes('-p') || socketAt >= 0 ? [] : ['-p', '0'];
  const child = spawnBound(program, [...own, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  const server = new Server(child, 'isocached');
  await untilReady(server, () => /\bready\b/.test(server.stderr));
  if (socketAt >= 0) server.socketPath = args[socketAt + 1];
  else server.port = Number(/listening \S+?:(\d+)/.exec(server.stderr)[1]);
  server.httpPort = Number(/listening \S+:(\d+)(?: tls)? http$/m.exec(server.stderr)?.[1] ?? 0) || null;
  return server;
}

/**
 * memcached without its background threads: they hold on to items now and then, and what an item that
 * is held answers (a decr that gets shorter) is not what it answers otherwise.
 */
export const QUIET_MEMCACHED = ['-o', 'no_lru_crawler,no_lru_maintainer'];

/** memcached, text protocol on a free port unless `args` name one (`-p`). */
export async function startMemcached(args = []) {
  const user = process.getuid() === 0 ? ['-u', 'root'] : [];
  const portAt = args.indexOf('-p');
  for (let attempt = 0; ; ++attempt) {
    const port = portAt >= 0 ? Number(args[portAt + 1]) : await freePort();
    const child = spawnBound(memcachedPath, [...user, '-l', '127.0.0.1', '-p', String(port), '-U', '0', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const server = new Server(child, 'memcached');
    server.port = port;
    server.stopSignal = 'SIGKILL'; // it takes a second to end politely
    try {
      await untilReady(server, () => connects(server.address));
      return server;
    } catch (error) {
      if (attempt === 3) throw error; // somebody took the port between our look and its bind
    }
  }
}

/** Starts, calls, stops: `await withServer(startIsocached, ['-m', '8'], async (server) => ...)`. */
export async function withServer(start, args, use) {
  const server = await start(args);
  try {
    return await use(server);
  } finally {
    await server.stop();
  }
}
