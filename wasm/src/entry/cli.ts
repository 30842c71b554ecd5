#!/usr/bin/env node
// npx isocache: a memcached server. Its flags are memcached's, as far as they have a meaning here.

import { readFileSync, realpathSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';

import { createServer, type ListenAddress, type ServerOptions } from '../server/index.js';

const USAGE = `usage: isocache [FLAGS]

A cache that speaks memcached's text and meta protocols.

  -p, --port PORT            TCP port (11211; 0: any free one)
  -l, --listen ADDRESS       address to listen at (127.0.0.1)
  -s, --unix-socket PATH     unix socket to listen at, in place of TCP
  -w, --websocket PORT       also serve WebSocket at /memcached on this port (package ws)
      --origin ORIGIN        let pages of this origin connect by WebSocket; may be repeated; *: all
  -m, --memory-limit MIB     memory for items, index and bookkeeping (64)
  -I, --max-item-size SIZE   largest item, in bytes or with k or m (1m)
  -c, --conn-limit COUNT     connections at a time (1024)
  -h, --help
  -V, --version
`;

const MIB = 1 << 20;

class UsageError extends Error {}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', short: 'p' },
        listen: { type: 'string', short: 'l' },
        'unix-socket': { type: 'string', short: 's' },
        websocket: { type: 'string', short: 'w' },
        origin: { type: 'string', multiple: true },
        'memory-limit': { type: 'string', short: 'm' },
        'max-item-size': { type: 'string', short: 'I' },
        'conn-limit': { type: 'string', short: 'c' },
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'V' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

type Flags = ReturnType<typeof parse>;

function wholeNumber(flag: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`${flag}: a number from ${least} to ${most}, not ${text}`);
}

/** "512k" to bytes. */
function size(text: string | undefined): number | undefined {
  const unit = { k: 1 << 10, m: MIB }[text?.slice(-1).toLowerCase() ?? ''];
  const value = wholeNumber('-I', unit === undefined ? text : text?.slice(0, -1), 1, 1 << 30);
  return value === undefined ? undefined : value * (unit ?? 1);
}

function serverOptions(flags: Flags): ServerOptions {
  const mebibytes = wholeNumber('-m', flags['memory-limit'], 1, 4000);
  return {
    store: {
      maxBytes: mebibytes === undefined ? undefined : mebibytes * MIB,
      maxItemSize: size(flags['max-item-size']),
    },
    maxConnections: wholeNumber('-c', flags['conn-limit'], 1, 1 << 20),
    origins: flags.origin,
  };
}

function address(flags: Flags): ListenAddress {
  const path = flags['unix-socket'];
  const port = wholeNumber('-p', flags.port, 0, 65535);
  return {
    host: flags.listen,
    port: port ?? (path === undefined ? 11211 : undefined),
    path,
    websocketPort: wholeNumber('-w', flags.websocket, 0, 65535),
  };
}

/** Of the package, whose dist/esm/entry this file is in. npx calls it by a link. */
function version(): string {
  const file = path.join(realpathSync(process.argv[1] ?? ''), '../../../../package.json');
  return String((JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version);
}

async function serve(flags: Flags): Promise<void> {
  const where = address(flags);
  const server = await createServer(serverOptions(flags));
  await server.listen(where);
  const host = where.host ?? '127.0.0.1';
  if (server.port !== undefined) console.log(`listening ${host}:${server.port}`);
  if (where.path !== undefined) console.log(`listening ${where.path}`);
  if (server.websocketPort !== undefined) console.log(`listening ws://${host}:${server.websocketPort}/memcached`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close());
}

async function main(): Promise<void> {
  const flags = parse(process.argv.slice(2));
  if (flags.help) process.stdout.write(USAGE);
  else if (flags.version) console.log(`isocache ${version()}`);
  else await serve(flags);
}

main().catch((error: unknown) => {
  console.error(`isocache: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UsageError) console.error('isocache -h lists the flags');
  process.exitCode = 1;
});
