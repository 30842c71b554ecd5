// The fields that every answer of the HTTP port has, page or error, plain or encrypted. Also HEAD, which is GET without
// the body.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { httpAddress, raw, request } from '../lib/http.mjs';
import { needIsocached, startIsocached } from '../lib/server.mjs';
import { upgradeRequest } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const FIXED = ['/pages', '/healthz', '/readyz'];
const FIGURES = ['/metrics', '/stats.json']; // no two answers need have the same length
const HTTP_RESERVE = 16; // Acceptor::kHttpReserve

const SECURITY = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** {status, fields, body} of an answer as bytes. */
function parse(reply) {
  assert.match(reply, /^HTTP\/1\.1 \d+ /);
  const [head, ...rest] = reply.split('\r\n\r\n');
  const [line, ...fields] = head.split('\r\n');
  const named = fields.map((field) => /^([^:]+): (.*)$/.exec(field).slice(1));
  return {
    status: Number(/^HTTP\/1\.1 (\d+) /.exec(line)[1]),
    fields: Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value])),
    body: rest.join('\r\n\r\n'),
  };
}

function assertSafe({ fields, body }, what) {
  for (const [name, value] of Object.entries(SECURITY)) assert.equal(fields[name], value, `${what}: ${name}`);
  assert.ok(Math.abs(Date.parse(fields.date) - Date.now()) < 15_000, `${what}: date ${fields.date}`);
  assert.equal(fields['access-control-allow-origin'], undefined, what);
  assert.equal(fields.server, undefined, what);
  assert.match(fields['content-type'], /^(text\/(html|plain)|application\/json)/, what);
  if (body !== '') assert.equal(Number(fields['content-length']), Buffer.byteLength(body, 'latin1'), what);
}

for (const scheme of ['http', 'https']) {
  describe(`answers over ${scheme}`, {
    skip: needIsocached || (scheme === 'https' && needOpenssl),
    concurrency: 1,
  }, () => {
    const certificates = scheme === 'https' ? new Certificates() : null;
    const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-http-'));
    after(() => rmSync(folder, { recursive: true }));

    async function onServer(args, use) {
      const server = await startIsocached([
        '--http',
        '127.0.0.1:0',
        ...args,
        ...(certificates?.serverArgs(certificates.issue('server')) ?? []),
      ]);
      if (certificates) server.tls = certificates.clientOptions();
      try {
        return await use(server);
      } finally {
        await server.stop('SIGTERM');
        await server.stop('SIGKILL');
      }
    }
    const ask = async (server, bytes, limitMs) => parse(await raw(server, bytes, limitMs));
    const get = (page, more = '') => `GET ${page} HTTP/1.1\r\nHost: localhost\r\n${more}Connection: close\r\n\r\n`;
    const isHead = (bytes) => bytes.replace(/^GET/, 'HEAD');

    test('HEAD of every page: the same fields, no body', limit, () =>
      onServer([], async (server) => {
        const comparable = ({ status, fields }) => ({ status, fields: { ...fields, date: null } });
        for (const page of [...FIXED, '/nothing', '/memcached']) {
          const [got, head] = [await ask(server, get(page)), await ask(server, isHead(get(page)))];
          assert.deepEqual(comparable(head), comparable(got), page);
          assert.equal(head.body, '');
          assert.equal(Number(head.fields['content-length']), got.body.length);
        }
        for (const page of FIGURES) {
          // Of a few in a row, two have figures of the same length.
          const seen = { GET: [], HEAD: [] };
          while (!seen.GET.some((length) => seen.HEAD.includes(length))) {
            assert.ok(seen.GET.length < 20, `${page}: ${JSON.stringify(seen)}`);
            const [got, head] = [await ask(server, get(page)), await ask(server, isHead(get(page)))];
            assert.deepEqual(
              { ...comparable(head).fields, 'content-length': 0 },
              { ...comparable(got).fields, 'content-length': 0 },
            );
            assert.deepEqual([head.status, head.body], [200, '']);
            assert.ok(got.body.length > 1000 && Number(got.fields['content-length']) === got.body.length);
            for (const [method, { fields }] of Object.entries({ GET: got, HEAD: head }))
              seen[method].push(fields['content-length']);
          }
        }
      }),
    );

    test('behind the answer to a HEAD comes the next, at once', limit, () =>
      onServer([], async (server) => {
        await withClient({ address: httpAddress(server) }, async (client) => {
          const keep = (page) => get(page).replace('Connection: close\r\n', '');
          for (const page of [...FIXED, ...FIGURES]) {
            await client.send(isHead(keep(page)) + keep('/healthz'));
            assert.match(await client.readUntil('\r\n\r\n'), /^HTTP\/1\.1 200 OK\r\n/);
            assert.match(await client.readUntil('ok\n'), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok\n$/, page);
          }
        });
      }),
    );

    test('what a browser is told to forbid, whatever it asked for', limit, async () => {
      const users = path.join(folder, 'users');
      writeFileSync(users, 'ann:secret\n', { mode: 0o600 });
      await onServer(['-Y', users], async (server) => {
        // Half a request, whose time is up while the others are asked for.
        const late = raw(server, 'GET /healthz HTTP/1.1\r\nX: ', 20_000);
        const login = `Authorization: Basic ${Buffer.from('ann:secret').toString('base64')}\r\n`;
        for (const [status, bytes] of [
          ...FIXED.map((page) => [200, get(page)]),
          ...FIGURES.map((page) => [200, get(page, login)]),
          [401, get('/metrics')],
          [404, get('/nothing')],
          [405, get('/').replace('GET', 'POST')],
          [400, 'nonsense\r\n\r\n'],
          [400, get('/healthz').replace('Host: localhost\r\n', '')],
          [421, get('/metrics', login).replace('localhost', 'evil.example')],
          [426, get('/memcached')],
          [403, upgradeRequest({ Origin: 'https://evil.example' })],
          [431, get(`/${'a'.repeat(9000)}`)],
          [431, get('/', `X: ${'a'.repeat(9000)}\r\n`)],
          [505, 'GET / HTTP/9.9\r\n\r\n'],
        ]) {
          const answer = await ask(server, bytes);
          assert.equal(answer.status, status, bytes.slice(0, 60));
          assertSafe(answer, `${status} to ${bytes.slice(0, 60)}`);
        }
        const answer = parse(await late);
        assert.equal(answer.status, 408);
        assertSafe(answer, '408');
      });
    });

    test('an upgrade that is none', limit, () =>
      onServer([], async (server) => {
        for (const [status, fields] of [
          [400, { 'Sec-WebSocket-Key': undefined }],
          [400, { 'Sec-WebSocket-Key': 'short' }],
          [400, { 'Sec-WebSocket-Version': undefined }],
          [426, { 'Sec-WebSocket-Version': '12' }],
        ]) {
          const answer = await ask(server, upgradeRequest(fields), 2000);
          assert.equal(answer.status, status);
          assertSafe(answer, JSON.stringify(fields));
        }
      }),
    );

    test('503 while it drains', limit, () =>
      onServer(['--drain-delay', '30'], async (server) => {
        server.child.kill('SIGTERM');
        for (const late = Date.now() + 5000; ; ) {
          const { status, rawHeaders, body } = await request(server, '/readyz');
          if (status === 503) {
            const fields = Object.fromEntries(
              rawHeaders.flatMap((name, i) => (i % 2 ? [] : [[name.toLowerCase(), rawHeaders[i + 1]]])),
            );
            return assertSafe({ fields, body }, '503');
          }
          assert.ok(Date.now() < late, 'it does not drain');
        }
      }),
    );

    /** With as many connections as -c allows, and the reserve of the HTTP port but for `free`. */
    const crowded = (free, use) =>
      onServer(['-c', '1'], async (server) => {
        const clients = [await RawClient.connect(server.address)];
        assert.equal(await clients[0].ask('mn\r\n'), 'MN\r\n');
        for (let i = 0; i < HTTP_RESERVE - free; ++i) clients.push(await RawClient.connect(httpAddress(server)));
        await use(server);
        for (const client of clients) client.close();
      });

    test('503 to a WebSocket beyond -c, whose health is still told', limit, () =>
      crowded(2, async (server) => {
        const healthy = await ask(server, get('/healthz'));
        assert.equal(healthy.status, 200);
        assertSafe(healthy, '200');
        const answer = await ask(server, upgradeRequest());
        assert.equal(answer.status, 503);
        assertSafe(answer, '503');
      }),
    );

    // Beyond the reserve a TLS client is just closed: an answer would need a handshake.
    if (scheme === 'http') {
      // Written before there is anything that knows of HTTP.
      test('503 beyond the reserve', limit, () =>
        crowded(0, async (server) => {
          const answer = await ask(server, '');
          assert.equal(answer.status, 503);
          assertSafe(answer, '503');
        }),
      );
    }
  });
}
