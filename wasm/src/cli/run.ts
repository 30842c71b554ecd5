// Runs a server as the command line asks.

import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, realpathSync, unlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';

import { DEFAULT_BYTES } from '../base/limits.js';
import { latin1 } from '../base/text.js';
import { createServer, type ListenAddress, type OnRequest, type Server, type ServerOptions } from '../server/index.js';
import { fileDevice } from '../tier/file-device.js';
import { defaultSettings, FLAGS, type Settings, usage } from './flags.js';
import { getopt, UsageError } from './getopt.js';

/** sysexits.h: the command line is wrong. */
const EX_USAGE = 64;
/** As isocached's --drain-timeout. */
const DRAIN_MS = 5000;
const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 11211;
// Tells a program that it is the one in the background.
const IN_BACKGROUND = 'ISOCACHE_IN_BACKGROUND';

export async function run(args: readonly string[]): Promise<void> {
  try {
    await carryOut(settingsOf(args), args);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    const message = `isocache: ${error instanceof Error ? error.message : String(error)}`;
    process.exitCode = isUsage ? EX_USAGE : 1;
    if (process.connected) tellStarter(message);
    else console.error(isUsage ? `${message}\nisocache -h lists the flags` : message);
  }
}

function settingsOf(args: readonly string[]): Settings {
  const settings = defaultSettings();
  for (const { flag, as, value } of getopt(args, FLAGS)) flag.apply(settings, value, as);
  checkItemSize(settings);
  return settings;
}

function checkItemSize({ maxBytes = DEFAULT_BYTES, maxItemSize = 0 }: Settings): void {
  if (maxItemSize <= maxBytes / 2) return;
  throw new UsageError('Cannot set item size limit higher than 1/2 of memory max.'); // memcached's words
}

async function carryOut(settings: Settings, args: readonly string[]): Promise<void> {
  if (settings.show === 'help') process.stdout.write(usage());
  else if (settings.show === 'version') console.log(`isocache ${version()}`);
  else if (settings.show === 'license') process.stdout.write(readFileSync(path.join(packageFolder(), 'LICENSE')));
  else if (settings.daemon && process.env[IN_BACKGROUND] === undefined) await startInBackground(settings, args);
  else await serve(settings);
}

// ---------------------------------------------------------------- the package

/** dist/esm/entry holds the program. npx calls it by a link. */
function packageFolder(): string {
  return path.join(realpathSync(process.argv[1] ?? ''), '../../../..');
}

function version(): string {
  return (JSON.parse(readFileSync(path.join(packageFolder(), 'package.json'), 'utf8')) as { version: string }).version;
}

// ---------------------------------------------------------------- serving

async function serve(settings: Settings): Promise<void> {
  if (process.env[IN_BACKGROUND] === undefined) tellNotes(settings);
  const addresses = addressesOf(settings);
  const user = settings.user === undefined ? undefined : findUser(settings.user);
  const opening = createServer(serverOptions(settings));
  stopOnSignals(opening);
  const server = await opening;
  for (const tuning of settings.tierTuning) server.store.execute(`extstore ${tuning}\r\n`);
  try {
    const places: string[] = [];
    for (const address of addresses) places.push(await listen(server, address, settings.unixMask));
    if (settings.pidFile !== undefined) keepPidFile(settings.pidFile);
    if (user !== undefined) becomeUser(user);
    for (const place of places) console.log(`listening ${place}`);
  } catch (error) {
    await server.close();
    throw error;
  }
  if (process.connected) tellStarter(LISTENING);
}

/**
 * The first signal ends the server in order, a second one ends the process. Without a listener, SIGUSR1 would have Node
 * open a port for debuggers.
 */
function stopOnSignals(opening: Promise<Server>): void {
  let stopping = false;
  const stop = () => {
    if (stopping) process.exit();
    stopping = true;
    void opening.then((server) => server.close({ drain: DRAIN_MS }));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGUSR1'] as const) process.on(signal, stop);
}

function tellNotes({ notes }: Settings): void {
  for (const note of notes) console.error(`isocache: ${note}`);
}

function serverOptions(settings: Settings): ServerOptions {
  const { maxBytes, maxItemSize, tierFile, maxConnections, protocol, origins, verbosity } = settings;
  const tier = tierFile && { device: fileDevice(tierFile.path, { bytes: tierFile.bytes }) };
  const onError = (error: unknown) => console.error(`isocache: ${String(error)}`);
  return {
    store: { maxBytes, maxItemSize, tier, onError },
    maxConnections,
    protocol,
    origins,
    onRequest: hookOf(settings),
    onError: verbosity > 0 ? onError : undefined,
  };
}

/** Undefined where nothing is asked for that needs one: a server without a hook is faster. */
function hookOf({ flushDisabled, dumpDisabled, verbosity }: Settings): OnRequest | undefined {
  if (!flushDisabled && !dumpDisabled && verbosity < 2) return undefined;
  return ({ command, args, bytes }) => {
    if (verbosity >= 2) console.error(`> ${latin1(bytes, 0, bytes.indexOf(10)).trimEnd()}`);
    if (flushDisabled && (command === 'flush_all' || command === 'flush_prefix'))
      return 'CLIENT_ERROR flush_all not allowed\r\n';
    if (!dumpDisabled) return undefined;
    const [what] = args;
    if (command === 'stats' && (what === 'cachedump' || what === 'detail'))
      return `CLIENT_ERROR stats ${what} not allowed\r\n`;
    const isDump = command === 'lru_crawler' && (what === 'metadump' || what === 'mgdump');
    if (isDump && args.length === 2) return 'ERROR metadump not allowed\r\n'; // as the core words both
    return undefined;
  };
}

/** In the order in which to listen. */
function addressesOf({ listen: given, port, unixSocket, websocketPort }: Settings): ListenAddress[] {
  const addresses: ListenAddress[] = [];
  const tcpPort = port ?? DEFAULT_PORT;
  const hosts = given.length > 0 ? given : [DEFAULT_HOST];
  if (unixSocket === undefined || port !== undefined || given.length > 0) {
    addresses.push(...hosts.map((where) => tcpAddress(where, tcpPort)));
  }
  if (unixSocket !== undefined) addresses.push({ path: unixSocket });
  if (websocketPort !== undefined) {
    const [first = DEFAULT_HOST] = given;
    addresses.push({ host: tcpAddress(first, tcpPort).host, websocketPort });
  }
  return addresses;
}

/** `127.0.0.1`, `localhost:11212`, `::1` or `[::1]:11212`. */
function tcpAddress(where: string, defaultPort: number): ListenAddress & { host: string; port: number } {
  const bracketed = /^\[(.*)\](?::(\d+))?$/.exec(where);
  const named = /^([^:]+):(\d+)$/.exec(where);
  const [, host = where, port] = bracketed ?? named ?? [];
  if (Number(port ?? 0) > 65535) throw new UsageError(`-l: ${where}: no such port`);
  return { host, port: port === undefined ? defaultPort : Number(port) };
}

/** Gives where the server listens now. */
async function listen(server: Server, address: ListenAddress, unixMask: number): Promise<string> {
  const before = address.path === undefined ? undefined : process.umask(0o777 & ~unixMask);
  try {
    await server.listen(address);
  } finally {
    if (before !== undefined) process.umask(before);
  }
  if (address.path !== undefined) return address.path;
  if (address.websocketPort === undefined) return `${address.host}:${server.port}`;
  return `ws://${address.host}:${server.websocketPort}/memcached`;
}

function keepPidFile(file: string): void {
  writeFileSync(file, `${process.pid}\n`);
  process.on('exit', () => {
    try {
      unlinkSync(file);
    } catch {
      // Somebody else has removed it, or it belongs to another user now.
    }
  });
}

interface User {
  uid: number;
  gid: number;
}

/** Undefined: we are not root, and stay who we are. */
function findUser(name: string): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (what: string) => Number(execFileSync('id', [what, name], { encoding: 'utf8', stdio: 'pipe' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    throw new Error(`-u: there is no user ${name}`);
  }
}

/** Called once the server listens: a port below 1024 is root's. */
function becomeUser({ uid, gid }: User): void {
  process.setgroups?.([gid]);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

// ---------------------------------------------------------------- in the background

// What the server in the background tells who started it. Anything else is why it failed.
const LISTENING = 'listening';

function tellStarter(message: string): void {
  process.send?.(message, undefined, undefined, () => process.disconnect());
}

/** The server keeps no stream of ours: a shell that waits for their end would wait for the server's. */
async function startInBackground(settings: Settings, args: readonly string[]): Promise<void> {
  tellNotes(settings);
  const child = spawn(process.execPath, [process.argv[1] ?? '', ...args], {
    detached: true,
    env: { ...process.env, [IN_BACKGROUND]: '1' },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const message = await new Promise<unknown>((resolve) => {
    child.once('message', resolve);
    child.once('exit', (code) => resolve(`isocache: the server in the background ended with ${code}`));
  });
  if (message !== LISTENING) {
    console.error(message);
    process.exitCode = 1;
  }
  if (child.connected) child.disconnect();
  child.unref();
}
