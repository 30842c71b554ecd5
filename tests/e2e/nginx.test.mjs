// nginx's memcached_pass: pages that an application left in the cache, from there; all others from the application.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { RawClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { needNginx, startNginx } from '../lib/nginx.mjs';
import { freePort, needIsocached, startIsocached } from '../lib/server.mjs';

const GZIPPED = 2; // the client flag that memcached_gzip_flag looks for
const limit = { timeout: 60_000 };

const HTTP = (port) => `upstream cache { server 127.0.0.1:${port}; keepalive 4; }`;
const LOCATIONS = `
  location / {
    set $memcached_key "page:$uri$is_args$args";
    memcached_pass cache;
    memcached_gzip_flag ${GZIPPED};
    default_type text/html;
    error_page 404 502 504 = @application;
  }
  location @application { return 203 "made for $uri"; }`;

describe('memcached_pass of nginx', { skip: needIsocached || needNginx, concurrency: 1 }, () => {
  let port;
  let server;
  let nginx;

  before(async () => {
    port = await freePort();
    server = await startIsocached(['-p', String(port)]);
    nginx = await startNginx(HTTP(port), LOCATIONS);
  });
  after(async () => {
    await nginx?.stop();
    await server?.stop();
  });

  const page = (path, options) => fetch(`http://127.0.0.1:${nginx.port}${path}`, options);

  async function store(key, value, flags = 0, exptime = 0) {
    const client = await RawClient.connect(server.address);
    try {
      const bytes = Buffer.from(value);
      const line = `set page:${key} ${flags} ${exptime} ${bytes.length}\r\n`;
      const answer = await client.ask(Buffer.concat([Buffer.from(line), bytes, Buffer.from('\r\nmn\r\n')]));
      assert.match(String(answer), /^STORED/);
    } finally {
      client.close();
    }
  }

  async function assertPage(path, text) {
    const answer = await page(path);
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), text);
  }

  async function assertMade(path) {
    const answer = await page(path);
    assert.equal(answer.status, 203);
    assert.equal(await answer.text(), `made for ${path}`);
  }

  test('a page from the cache, and one from the application', limit, async () => {
    await store('/a', '<p>a</p>');
    await assertPage('/a', '<p>a</p>');
    assert.equal((await page('/a')).headers.get('content-type'), 'text/html');
    assert.equal((await page('/a', { method: 'HEAD' })).headers.get('content-length'), '8');
    await assertMade('/none');
  });

  test('keys with arguments and escaped letters; an empty page', limit, async () => {
    await store('/search?q=x&n=2', 'found');
    await assertPage('/search?q=x&n=2', 'found');
    await store('/with%20space', 'spacious'); // nginx escapes what a key must not have
    await assertPage('/with%20space', 'spacious');
    await store('/empty', '');
    await assertPage('/empty', '');
  });

  test('a large page, many at once, on connections that stay', limit, async () => {
    const large = 'large page '.repeat(80_000);
    await store('/large', large);
    await Promise.all(Array.from({ length: 20 }, () => assertPage('/large', large)));
    const client = await RawClient.connect(server.address);
    const stats = String(await client.ask('stats\r\nmn\r\n'));
    client.close();
    // 20 pages and those of the tests before: fewer connections than requests, or none would have stayed.
    assert.ok(Number(/curr_connections (\d+)/.exec(stats)[1]) > 2, 'connections of nginx');
    assert.ok(Number(/total_connections (\d+)/.exec(stats)[1]) < Number(/cmd_get (\d+)/.exec(stats)[1]), stats);
  });

  test('a page that is compressed in the cache', limit, async () => {
    await store('/packed', gzipSync('unpacked by the browser'), GZIPPED);
    const answer = await page('/packed', { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(answer.headers.get('content-encoding'), 'gzip');
    assert.equal(await answer.text(), 'unpacked by the browser');
  });

  test('an expired page is made again', limit, async () => {
    await store('/short', 'x', 0, 1);
    await eventually(async () => (await page('/short')).status === 203, 'it expires');
  });

  test('over a restart of the server', limit, async () => {
    await store('/a', 'old');
    await server.stop();
    await assertMade('/a');
    server = await startIsocached(['-p', String(port)]);
    await store('/a', 'new');
    // It asks a server that failed again after 10 s (fail_timeout), unless there is no other, as here.
    await eventually(async () => (await page('/a')).status === 200, 'it asks the server again');
    await assertPage('/a', 'new');
  });
});
