// `isocached healthcheck`, and what a full server answers to it and to other clients.

import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { describe, test } from 'node:test';

import { RawClient, statsOf } from '../lib/client.mjs';
import { run, temporaryFiles, until } from '../lib/operations.mjs';
import { freePort, needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };

/** The status with which it ends; it says one line. */
const check = async (args, env, line = /./) => {
  const { code, stdout, stderr } = await run(['healthcheck', ...args], env);
  assert.match(stdout, /^(un)?healthy: [^\n]+\n$/, stderr);
  assert.match(stdout, line);
  return code;
};
const says = async (...args) => (await run(['healthcheck', ...args])).stdout;

describe('healthcheck', { skip: needIsocached, concurrency: 1 }, () => {
  const { folder, file } = temporaryFiles();

  test('healthcheck', limit, async () => {
    const port = await freePort();
    await withServer(startIsocached, ['-p', String(port), '--http', '0'], async (server) => {
      assert.equal(await check([`127.0.0.1:${port}`]), 0);
      assert.equal(await says(String(port)), `healthy: 127.0.0.1:${port}\n`);
      assert.equal(await check(['--no-verify', `127.0.0.1:${port}`]), 0);
      // Asked in the wrong way.
      assert.match(
        await says(`127.0.0.1:${server.httpPort}`),
        new RegExp(`it speaks HTTP; try http://127\\.0\\.0\\.1:${server.httpPort}\n`),
      );
      assert.match(await says(`http://127.0.0.1:${port}`), new RegExp(` 127\\.0\\.0\\.1:${port} or`));
      assert.match(await says(`https://127.0.0.1:${server.httpPort}`), /it does not speak TLS; try http:/);
    });
    const scheme = await run(['healthcheck', `memcached://127.0.0.1:${port}`]);
    assert.equal(scheme.code, 64);
    assert.match(scheme.stderr, /'memcached:\/\/127\.0\.0\.1:\d+': tls:\/\/, http:\/\/, https:\/\/ or none/);
    for (const flag of ['-h', '--help']) {
      const help = await run(['healthcheck', flag]);
      assert.equal(help.code, 0);
      for (const form of ['host:port', '/path/of/socket', 'tls://', 'http://', 'https://', '--no-verify'])
        assert.ok(help.stdout.includes(form), form);
    }
    await withServer(startIsocached, ['-p', String(port)], async () => {
      assert.equal(await check([], { ISOCACHED_PORT: String(port), ISOCACHED_LISTEN: '0.0.0.0' }), 0);
      assert.equal(await check(['--config', file(`port = ${port}\n`)]), 0);
      assert.equal(await check([`http://127.0.0.1:${port}`]), 1);
    });
    assert.equal(await check([`127.0.0.1:${port}`]), 1);
    const socket = path.join(folder, 'health.sock');
    await withServer(startIsocached, ['-s', socket], async () => {
      assert.equal(await check([socket]), 0);
      assert.equal(await check(['-s', socket]), 0);
    });
  });

  test('servers of one protocol, with passwords or without, with the same flags and without', limit, async () => {
    const passwords = file('user:secret\n');
    for (const flags of [
      ['-B', 'binary'],
      ['-B', 'ascii'],
      ['-S', '-Y', passwords],
      ['-Y', passwords],
    ]) {
      const port = await freePort();
      await withServer(startIsocached, ['-p', String(port), ...flags], async () => {
        assert.equal(await says(...flags, '-p', String(port)), `healthy: 127.0.0.1:${port}\n`, flags.join(' '));
        assert.equal(await says(String(port)), `healthy: 127.0.0.1:${port}\n`, flags.join(' '));
        const others = flags[1] === 'binary' ? 'ascii' : 'binary';
        assert.equal(await check([String(port), '-B', others]), 0, flags.join(' '));
      });
    }
    const socket = path.join(folder, 'binary.sock');
    await withServer(startIsocached, ['-s', socket, '-B', 'binary'], async () => {
      assert.equal(await check(['-s', socket, '-B', 'binary']), 0);
      assert.equal(await check([socket]), 0);
    });
    const port = await freePort();
    const listener = ['-l', `proto[binary]:127.0.0.1:${port}`];
    await withServer(startIsocached, ['-p', String(port), ...listener], async () => {
      assert.equal(await check(listener), 0);
    });
  });

  test('healthcheck takes the word of /readyz; silence is no health', limit, async () => {
    for (const [status, expected, line] of [
      ['200 OK', 0],
      ['503 Service Unavailable', 1],
      [null, 1, / http:\/\/127\.0\.0\.1:\d+: no answer within 2 s\n/],
    ]) {
      const sockets = [];
      const http = net
        .createServer((peer) => {
          sockets.push(peer);
          peer.on('error', () => {});
          peer.once('data', (request) => {
            if (status && request.toString().startsWith('GET /readyz HTTP/1.1\r\n'))
              peer.end(`HTTP/1.1 ${status}\r\n\r\n`);
          });
        })
        .listen(0, '127.0.0.1');
      await new Promise((resolve) => http.once('listening', resolve));
      try {
        const began = Date.now();
        assert.equal(await check(['--http', String(http.address().port)], {}, line), expected, status);
        assert.ok(Date.now() - began < 4000);
      } finally {
        for (const peer of sockets) peer.destroy();
        http.close();
      }
    }
  });

  test('beyond -c: HTTP says 503, memcached its error', limit, () =>
    withServer(startIsocached, ['-c', '1', '--http', '0'], async (server) => {
      const first = await RawClient.connect(server.address);
      assert.equal(await first.ask('mn\r\n'), 'MN\r\n');
      const connect = () => RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
      const reserve = []; // a full server answers whether it lives
      for (let i = 0; i < 16; ++i) reserve.push(await connect());
      const counts = async (open, what) =>
        until(
          async () => (await statsOf(first)).curr_connections === String(open),
          () => what,
        );
      await counts(17, 'all are in');
      await reserve[0].send('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
      assert.match(await reserve[0].readUntil('ok\n'), /^HTTP\/1\.1 200 OK\r\n/);
      // Its place is free when it has been counted out.
      await counts(16, 'one of 17 gone');
      reserve.push(await connect());
      const http = await connect();
      const answer = await http.readToEnd();
      assert.match(answer, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
      for (const header of ['Connection: close', 'Retry-After: 1', 'Content-Type: text/plain; charset=utf-8'])
        assert.ok(answer.includes(`\r\n${header}\r\n`), header);
      const [head, body] = answer.split('\r\n\r\n');
      assert.equal(Number(/Content-Length: (\d+)/.exec(head)[1]), body.length);
      const second = await RawClient.connect(server.address);
      assert.equal(await second.readToEnd(), 'ERROR Too many open connections\r\n');
      for (const client of [first, http, second, ...reserve]) client.close();
    }),
  );
});
