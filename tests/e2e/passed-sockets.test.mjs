// Sockets that the service manager keeps (isocached.socket): a restart refuses nobody.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { RawClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { getPage } from '../lib/metrics.mjs';
import { exitOf, isocachedPath, needIsocached, spawnBound } from '../lib/server.mjs';

const PYTHON = '/usr/bin/python3';
const PARENT = fileURLToPath(new URL('../lib/socket_parent.py', import.meta.url));
const limit = { timeout: 30_000 };
const skip = needIsocached || (existsSync(PYTHON) ? false : 'no python3 here');
const EX_USAGE = 64;
const EX_OSERR = 71;

/** The parent with its sockets: addresses by name, and servers that it starts. */
class Parent {
  /** `sockets`: 'name=tcp' and so on. */
  static async withSockets(sockets, args, use) {
    const parent = new Parent();
    parent.child = spawnBound(PYTHON, [PARENT, ...sockets, '--', isocachedPath, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    parent.log = '';
    parent.child.stderr.setEncoding('utf8').on('data', (text) => {
      parent.log += text;
    });
    parent.lines = readline.createInterface({ input: parent.child.stdout })[Symbol.asyncIterator]();
    try {
      parent.addresses = [];
      for (const _ of sockets) {
        const [, address] = (await parent.#line()).split(' ');
        parent.addresses.push(address.startsWith('/') ? { path: address } : { host: '127.0.0.1', port: +address });
      }
      await use(parent);
    } finally {
      await parent.stop();
      parent.child.stdin.end();
      await exitOf(parent.child, 5000);
    }
  }

  async #line() {
    return (await this.lines.next()).value;
  }

  async start() {
    this.child.stdin.write('\n');
    this.log = '';
    this.pid = Number((await this.#line()).replace('started ', ''));
  }

  async started() {
    await this.start();
    await eventually(() => /\bready\b/.test(this.log), this.log);
  }

  /** Its status, when it has ended. */
  async ended() {
    this.pid = null;
    return Number((await this.#line()).replace('ended ', ''));
  }

  async stop() {
    if (!this.pid) return null;
    process.kill(this.pid, 'SIGTERM');
    return this.ended();
  }
}

describe('sockets of the service manager', { skip, concurrency: 1 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-passed-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('a client that comes while the server restarts is answered by the next one', limit, () =>
    Parent.withSockets(['a=tcp'], ['-t', '1'], async (parent) => {
      await parent.started();
      const client = await RawClient.connect(parent.addresses[0]);
      assert.equal(await client.ask('set a 0 0 1\r\nx\r\nget a\r\n'), 'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n');
      assert.equal(await parent.stop(), 0);
      const waiting = net.connect(parent.addresses[0]);
      await once(waiting, 'connect');
      waiting.write('version\r\n');
      await parent.started();
      assert.match(String((await once(waiting, 'data'))[0]), /^VERSION /);
      waiting.destroy();
    }),
  );

  test('one named http is the HTTP port, unix sockets work and stay, and flags give way', limit, () =>
    Parent.withSockets(
      ['a=tcp', 'http=tcp', `b=${path.join(folder, 'socket')}`],
      ['-p', '0', '-s', path.join(folder, 'other'), '--http', '127.0.0.1:1'],
      async (parent) => {
        await parent.started();
        const [tcp, http, unix] = parent.addresses;
        assert.match(parent.log, /warning.*-l, -p and -s have no effect: the service manager passes sockets/i);
        assert.match(parent.log, /warning.*--http has no effect: the service manager passes a socket for it/i);
        assert.equal(parent.log.match(/listening/g).length, 3, parent.log);
        assert.ok(!existsSync(path.join(folder, 'other')));
        for (const address of [tcp, unix]) {
          const client = await RawClient.connect(address);
          assert.match(await client.ask('version\r\n'), /^VERSION /);
          await client.close();
        }
        const { text } = await getPage({ httpPort: http.port }, '/metrics');
        assert.match(text, /^memcached_up 1$/m);
        assert.match(text, /^isocache_turn_duration_seconds_count\{transport="memcached"\} [1-9]/m);
        assert.equal(await parent.stop(), 0);
        assert.ok(existsSync(unix.path), 'it is the service manager that removes it');
      },
    ),
  );

  test('with a socket for HTTP only, the server listens for memcached by itself', limit, () =>
    Parent.withSockets(['http=tcp'], ['-p', '0'], async (parent) => {
      await parent.started();
      const port = Number(/listening 127\.0\.0\.1:(\d+)$/m.exec(parent.log)[1]);
      const client = await RawClient.connect({ host: '127.0.0.1', port });
      assert.match(await client.ask('version\r\n'), /^VERSION /);
      await client.close();
      assert.match((await getPage({ httpPort: parent.addresses[0].port }, '/readyz')).text, /\S/);
    }),
  );

  test('mtls: is refused where a passed socket would not ask for certificates, and only there', {
    ...limit,
    skip: needOpenssl,
  }, async () => {
    const certificates = new Certificates();
    const tls = certificates.serverArgs(certificates.issue('server'), `ssl_ca_cert=${certificates.authority.cert}`);
    for (const [socket, flag] of [
      ['a=tcp', '-l'],
      ['http=tcp', '--http'],
    ]) {
      await Parent.withSockets([socket], [...tls, '-p', '0', flag, 'mtls:127.0.0.1:0'], async (parent) => {
        await parent.start();
        assert.equal(await parent.ended(), EX_USAGE);
        assert.match(
          parent.log,
          new RegExp(`${flag} mtls: the service manager passes the sockets; -o ssl_verify_mode=2`),
        );
      });
    }
    await Parent.withSockets(['http=tcp'], [...tls, '-l', 'mtls:127.0.0.1:0'], (parent) => parent.started());
  });

  test('-d is refused: the sockets are for the process that it would leave', limit, () =>
    Parent.withSockets(['a=tcp'], ['-d', '-p', '0'], async (parent) => {
      await parent.start();
      assert.equal(await parent.ended(), EX_USAGE);
      assert.match(parent.log, /-d: the service manager passes sockets .*leave out -d/);
    }),
  );

  test('a datagram socket is refused', limit, () =>
    Parent.withSockets(['a=datagram'], [], async (parent) => {
      await parent.start();
      assert.equal(await parent.ended(), EX_OSERR);
      assert.match(parent.log, /LISTEN_FDS: descriptor 3 is no stream socket that listens/);
    }),
  );
});
