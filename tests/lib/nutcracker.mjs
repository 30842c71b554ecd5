// twemproxy (Debian calls it nutcracker) in front of nodes, on free loopback ports.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { RawClient } from './client.mjs';
import { Server, freePort, spawnBound } from './server.mjs';

const START_LIMIT_MS = 20_000;
const NUTCRACKER = '/usr/sbin/nutcracker';

/** For `test(name, { skip: needNutcracker }, ...)`. */
export const needNutcracker = existsSync(NUTCRACKER) ? false : 'no nutcracker here';

class Nutcracker extends Server {
  constructor(child, folder, port, statsPort) {
    super(child, 'nutcracker');
    this.folder = folder;
    this.port = port;
    this.statsPort = statsPort;
  }

  /** What its statistics port tells: one JSON object, whole, to whoever connects. At most a second old. */
  async stats() {
    const client = await RawClient.connect({ host: '127.0.0.1', port: this.statsPort });
    try {
      return JSON.parse(await client.readToEnd());
    } finally {
      client.close();
    }
  }

  async stop() {
    const ended = await super.stop('SIGKILL');
    rmSync(this.folder, { recursive: true });
    return ended;
  }
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** REQUIRES: `configuration`, YAML, has a single pool. The address of its `listen` is replaced by a free one. */
export async function startNutcracker(configuration) {
  for (let attempt = 0; ; ++attempt) {
    const [port, statsPort] = [await freePort(), await freePort()];
    const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-nutcracker-'));
    const [file, log] = [path.join(folder, 'nutcracker.yml'), path.join(folder, 'log')];
    writeFileSync(file, configuration.replace(/listen: \S+/, `listen: 127.0.0.1:${port}`));
    const child = spawnBound(
      NUTCRACKER,
      ['-c', file, '-o', log, '-p', path.join(folder, 'pid'), '-a', '127.0.0.1', '-s', String(statsPort), '-i', '1000'],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    const nutcracker = new Nutcracker(child, folder, port, statsPort);
    const end = Date.now() + START_LIMIT_MS;
    while (nutcracker.alive && Date.now() < end) {
      if (await listens(port)) return nutcracker;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const said = nutcracker.stderr + (existsSync(log) ? readFileSync(log, 'utf8') : '');
    await nutcracker.stop();
    // Somebody may have taken a port between our look and its bind.
    if (attempt === 3) throw new Error(`nutcracker did not start: ${said}`);
  }
}
