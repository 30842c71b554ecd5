// nginx on a free loopback port, as one process, with all of its files in a folder of its own.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { eventually } from './eventually.mjs';
import { Server, freePort, spawnBound } from './server.mjs';

const NGINX = '/usr/sbin/nginx';
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

/** For `test(name, { skip: needNginx }, ...)`. */
export const needNginx = existsSync(NGINX) ? false : 'no nginx here';

class Nginx extends Server {
  constructor(child, folder, port) {
    super(child, 'nginx');
    this.folder = folder;
    this.port = port;
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
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** `http`: what stands in its http block besides the server; `locations`: what stands in the server. */
export async function startNginx(http, locations) {
  const port = await freePort();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-nginx-'));
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(
    file,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr;
    events {}
    http {
      access_log off;
      ${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};`).join('\n')}
      ${http}
      server { listen 127.0.0.1:${port}; ${locations} }
    }`,
  );
  const child = spawnBound(NGINX, ['-e', 'stderr', '-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const server = new Nginx(child, folder, port);
  try {
    await eventually(() => {
      if (!server.alive) throw new Error(server.stderr);
      return listens(port);
    }, 'nginx listens');
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}
