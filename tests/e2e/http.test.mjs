// The pages of the HTTP port: what browsers, probes and scrapers get, and what other clients get.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { until } from '../lib/cluster.mjs';
import { raw, request, statusOf } from '../lib/http.mjs';
import {
  memcachedPath,
  needIsocached,
  needMemcached,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { connectOverWebSocket, needWs, openWebSocket, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const HTTP = ['--http', '127.0.0.1:0'];
const PAGES = ['/pages', '/healthz', '/readyz', '/metrics', '/stats.json'];

describe('isocached --http', { skip: needIsocached }, () => {
  let server;
  before(async () => {
    server = await startIsocached(HTTP);
  });
  after(() => server?.stop());

  test('its pages', limit, async () => {
    for (const [page, type, body] of [
      ['/pages', 'text/html; charset=utf-8', /<h1>isocache<\/h1>[^]*\/memcached[^]*\/metrics/],
      ['/healthz', 'text/plain; charset=utf-8', /^ok\n$/],
      ['/readyz', 'text/plain; charset=utf-8', /^ready\n$/],
      ['/metrics', 'text/plain; version=0.0.4; charset=utf-8', /^memcached_up 1$/m],
      ['/stats.json', 'application/json', /"curr_items": ?0/],
      ['/healthz?probe=1', 'text/plain; charset=utf-8', /^ok\n$/],
      [`http://127.0.0.1:${server.httpPort}/healthz`, 'text/plain; charset=utf-8', /^ok\n$/],
    ]) {
      const reply = await request(server, page);
      assert.equal(reply.status, 200, page);
      assert.equal(reply.headers['content-type'], type);
      assert.match(reply.body, body);
    }
  });

  test('what a browser is told to forbid', limit, async () => {
    for (const page of [...PAGES, '/nothing', '/memcached']) {
      const { headers } = await request(server, page);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-frame-options'], 'DENY');
      assert.equal(headers['referrer-policy'], 'no-referrer');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.match(headers['content-security-policy'], /^default-src 'none'/);
      assert.equal(headers['access-control-allow-origin'], undefined);
      assert.ok(Math.abs(Date.parse(headers.date) - Date.now()) < 5000, headers.date);
    }
  });

  test('HEAD is GET without the body', limit, async () => {
    for (const page of ['/pages', '/healthz', '/readyz']) {
      const got = await request(server, page);
      const head = await request(server, page, { method: 'HEAD' });
      assert.equal(head.status, 200);
      assert.equal(head.body, '');
      assert.equal(head.headers['content-length'], String(got.body.length));
    }
    assert.equal((await request(server, '/nothing', { method: 'HEAD' })).status, 404);
  });

  test('no other page, and no way out of these', limit, async () => {
    for (const page of [
      '/nothing',
      '/metrics/',
      '/METRICS',
      '//metrics',
      '/./metrics',
      '/%6detrics',
      '/../../etc/passwd',
      '/..%2f..%2fetc%2fpasswd',
      '/memcached/../metrics',
      '/metrics%00',
      '/favicon.ico',
      '*',
      'metrics',
    ]) {
      const reply = await raw(server, `GET ${page} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      assert.equal(statusOf(reply), 404, page);
    }
  });

  test('no other method', limit, async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']) {
      const reply = await request(server, '/metrics', { method });
      assert.equal(reply.status, 405, method);
      assert.equal(reply.headers.allow, 'GET, HEAD');
    }
    assert.equal(statusOf(await raw(server, 'BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')), 405);
  });

  test('a body is not read', limit, async () => {
    const head = 'POST /healthz HTTP/1.1\r\nHost: a\r\n';
    assert.equal(statusOf(await raw(server, `${head}Content-Length: 20000\r\n\r\n${'x'.repeat(20_000)}`)), 405);
    assert.equal(statusOf(await raw(server, `${head}Content-Length: 99999999999\r\n\r\n`)), 405);
    assert.equal(statusOf(await raw(server, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`)), 405);
    // A second request must not hide in a body.
    const smuggled =
      'GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n';
    assert.equal((await raw(server, smuggled)).match(/HTTP\/1\.1 /g).length, 1);
  });

  test('what may be understood in two ways is refused, or the last', limit, async () => {
    for (const fields of ['', 'Host: a\r\nHost: b\r\n', 'Host: a\r\nOrigin: http://a\r\nOrigin: http://b\r\n']) {
      assert.equal(statusOf(await raw(server, `GET /healthz HTTP/1.1\r\n${fields}\r\n`)), 400, fields);
    }
    for (const coding of ['xchunked', 'gzip', 'identity', 'chunked, chunked']) {
      const reply = await raw(
        server,
        `GET /healthz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ${coding}\r\n\r\nGET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`,
      );
      assert.equal(reply.match(/HTTP\/1\.1 /g).length, 1, coding);
    }
  });

  test('on loopback, figures are not for every name', limit, async () => {
    for (const page of ['/metrics', '/stats.json']) {
      for (const [host, status] of [
        ['127.0.0.1:1', 200],
        ['localhost', 200],
        [os.hostname(), 200],
        ['evil.example', 421],
      ]) {
        assert.equal((await request(server, page, { headers: { host } })).status, status, host);
      }
    }
    assert.equal((await request(server, '/healthz', { headers: { host: 'evil.example' } })).status, 200);
    await withServer(startIsocached, [...HTTP, '--allow-origin', 'https://cache.example'], async (named) => {
      assert.equal((await request(named, '/metrics', { headers: { host: 'cache.example' } })).status, 200);
    });
  });

  test('one connection, many requests, also pipelined', limit, async () => {
    const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
    const asked = 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n';
    await client.send(asked.repeat(50));
    for (let i = 0; i < 50; ++i) assert.match(await client.readUntil('ok\n'), /^HTTP\/1\.1 200 OK\r\n/);
    await client.send(asked.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
    assert.match(await client.readToEnd(), /\r\nConnection: close\r\n[^]*ok\n$/);
    client.close();
    assert.match(await raw(server, 'GET /healthz HTTP/1.0\r\n\r\n'), /ok\n$/); // closes by itself
  });

  test('byte by byte', limit, async () => {
    const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
    await client.sendPieces([...'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n']);
    assert.match(await client.readUntil('ok\n'), /^HTTP\/1\.1 200 /);
    client.close();
  });

  test('bad requests get an answer and the door', limit, async () => {
    for (const [bytes, status] of [
      ['nonsense\r\n\r\n', 400],
      ['GET  / HTTP/1.1\r\n\r\n', 400],
      ['GET /healthz HTTP/1.1\nHost: a\n\n', 400],
      ['GET /healthz HTTP/1.0\n\n', 400],
      ['GET /healthz HTTP/1.1\r\nHost: a\n\n', 400],
      ['GET /healthz HTTP/1.12\r\nHost: a\n\n', 505],
      ['GET / HTTP/1.1\r\nno colon\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nBad Name: x\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n', 400],
      ['GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 400],
      ['GET /\0 HTTP/1.1\r\n\r\n', 400],
      ['GET / HTTP/9.9\r\n\r\n', 505],
      ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505],
      [`GET /${'a'.repeat(9000)} HTTP/1.1\r\n\r\n`, 431],
      [`GET / HTTP/1.1\r\nX: ${'a'.repeat(9000)}\r\n\r\n`, 431],
      [`GET / HTTP/1.1\r\n${'X: a\r\n'.repeat(3000)}\r\n`, 431],
      ['get a\r\n', 400],
      ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400], // the beginning of a TLS handshake
    ]) {
      const reply = await raw(server, bytes);
      assert.equal(statusOf(reply), status, `${JSON.stringify(bytes.slice(0, 60))}: ${reply.slice(0, 100)}`);
      assert.match(reply, /\r\nConnection: close\r\n/);
    }
    assert.equal((await request(server, '/healthz')).status, 200);
  });

  test('who hangs up in the middle is forgotten', limit, async () => {
    for (const bytes of ['', 'G', 'GET / HT', 'GET / HTTP/1.1\r\nHost: a\r\n']) {
      const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort }, { allowHalfOpen: true });
      await client.send(bytes);
      client.end();
      assert.equal(await client.readToEnd(), '');
      client.close();
    }
  });

  test('passwords guard what tells of the cache, not health', limit, async () => {
    const file = path.join(os.tmpdir(), `isocached-users-${process.pid}`);
    writeFileSync(file, 'ann:secret\nbob:colon:s\n');
    await withServer(startIsocached, [...HTTP, '-v', '-Y', file], async (guarded) => {
      for (const page of ['/', '/pages', '/healthz', '/readyz'])
        assert.equal((await request(guarded, page)).status, 200);
      for (const page of ['/metrics', '/stats.json']) {
        const refused = await request(guarded, page);
        assert.equal(refused.status, 401);
        assert.match(refused.headers['www-authenticate'], /^Basic realm="isocache"/);
        assert.equal((await request(guarded, page, { auth: 'ann:secret' })).status, 200);
        assert.equal((await request(guarded, page, { auth: 'bob:colon:s' })).status, 200);
        const guess = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic eDp5\r\n\r\n';
        assert.equal(
          (await raw(guarded, guess.repeat(3))).match(/HTTP\/1\.1 401 /g).length,
          1,
          'one guess a connection',
        );
        for (const auth of ['ann:wrong', 'ann:', ':secret', 'eve:secret', 'ann:secret2', 'ann']) {
          assert.equal((await request(guarded, page, { auth })).status, 401, auth);
        }
        for (const authorization of [
          'Basic',
          'Basic ',
          'Basic !!!!',
          'Bearer YW5uOnNlY3JldA==',
          `Basic ${'A'.repeat(6000)}`,
        ]) {
          assert.equal((await request(guarded, page, { headers: { authorization } })).status, 401, authorization);
        }
      }
      assert.match(guarded.stderr, /^warning: login failed: tcp:127\.0\.0\.1:\d+$/m);
    });
  });

  test('passwords over WebSocket: a token, a header, or a set', { ...limit, skip: needWs }, async () => {
    const file = path.join(os.tmpdir(), `isocached-users-ws-${process.pid}`);
    writeFileSync(file, 'ann:sec?ret>\n');
    await withServer(startIsocached, [...HTTP, '-Y', file], async (guarded) => {
      const url = webSocketUrl(guarded);
      const token = (text) => `bearer.${Buffer.from(text).toString('base64url')}`;
      const ask = async (options, bytes) => {
        const client = await connectOverWebSocket(url, options);
        try {
          await client.send(bytes);
          return await client.readLine();
        } finally {
          client.close();
        }
      };
      const good = ['memcached', token('ann:sec?ret>')];
      assert.equal(await ask({ protocols: good }, 'mn\r\n'), 'MN\r\n');
      assert.equal((await openWebSocket(url, { protocols: good })).protocol, 'memcached');
      const headers = { Authorization: `Basic ${Buffer.from('ann:sec?ret>').toString('base64')}` };
      assert.equal(await ask({ headers }, 'mn\r\n'), 'MN\r\n');
      assert.equal(await ask({}, 'set x 0 0 12\r\nann sec?ret>\r\n'), 'STORED\r\n');
      assert.equal(await ask({}, 'mn\r\n'), 'CLIENT_ERROR unauthenticated\r\n');
      for (const wrong of ['ann:sec', 'ann', '', 'eve:sec?ret>']) {
        await assert.rejects(
          ask({ protocols: ['memcached', token(wrong)] }, 'mn\r\n'),
          (error) => error.status === 401 || assert.fail(error.message),
          wrong,
        );
      }
      await assert.rejects(
        ask({ headers: { Authorization: 'Basic eDp5' } }, 'mn\r\n'),
        (error) => error.status === 401,
      );
    });
  });

  test('with -Z all of it is https and wss', { ...limit, skip: needOpenssl || needWs }, async () => {
    const certificates = new Certificates();
    const pair = certificates.issue('server');
    const { default: https } = await import('node:https');
    await withServer(startIsocached, [...HTTP, '-v', ...certificates.serverArgs(pair)], async (encrypted) => {
      const trust = certificates.clientOptions();
      const reply = await request(encrypted, '/healthz', { client: https, ...trust });
      assert.deepEqual([reply.status, reply.body], [200, 'ok\n']);
      const client = await connectOverWebSocket(webSocketUrl(encrypted, 'wss'), trust);
      const value = 'v'.repeat(1_000_000);
      assert.equal(await client.ask(`set a 0 0 ${value.length}\r\n${value}\r\n`), 'STORED\r\n');
      assert.ok((await client.ask('get a\r\n')) === `VALUE a 0 ${value.length}\r\n${value}\r\nEND\r\n`);
      client.close();
      await assert.rejects(request(encrypted, '/healthz', { client: https }), { code: /UNABLE_TO_VERIFY|SELF_SIGNED/ });
      assert.equal(await raw(encrypted, 'GET /healthz HTTP/1.1\r\n\r\n').then(statusOf), NaN); // plain bytes
      await until('a line in the log', () =>
        /^TLS handshake with tcp:127\.0\.0\.1:\d+ failed: /m.test(encrypted.stderr),
      );
      const figures = (await request(encrypted, '/metrics', { client: https, ...trust })).body;
      assert.match(figures, /^isocache_tls_handshake_errors_total [1-9]/m);
      // Many at once: none waits for ever for its turn.
      const crowd = await Promise.all(
        Array.from({ length: 200 }, () => request(encrypted, '/healthz', { client: https, ...trust })),
      );
      assert.ok(crowd.every(({ status }) => status === 200));
    });
  });

  test('a full server is asked for its health, also where clients beyond -c wait', limit, () =>
    withServer(startIsocached, [...HTTP, '-c', '2', '-o', 'no_maxconns_fast'], async (server) => {
      const clients = [await RawClient.connect(server.address), await RawClient.connect(server.address)];
      for (const client of clients) assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
      const waiting = await RawClient.connect(server.address);
      await waiting.send('mn\r\n');
      for (let i = 0; i < 3; ++i) assert.equal((await request(server, '/healthz')).status, 200);
      clients[0].close();
      assert.equal(await waiting.read(4), 'MN\r\n');
      clients[1].close();
      waiting.close();
    }),
  );

  test('an HTTP request on the memcached port is closed, as memcached does', {
    ...limit,
    skip: needMemcached,
  }, async () => {
    const ask = (to, bytes) =>
      withClient(to, async (client) => {
        await client.send(bytes);
        return client.readToEnd();
      });
    assert.ok(memcachedPath);
    await withServer(startMemcached, [], async (memcached) => {
      for (const method of ['GET', 'POST', 'PUT', 'HEAD']) {
        const bytes = `${method} /?a=b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\nset x 0 0 1\r\na\r\nget x`;
        assert.equal(await ask(server, bytes), await ask(memcached, bytes), method);
      }
      assert.equal(await withClient(server, (client) => client.ask('get x\r\n')), 'END\r\n');
    });
  });
});
