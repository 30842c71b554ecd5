// The playground as isocached serves it, byte by byte: forms, tags, fields. What it does in a browser is tested in
// web/test/browser.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { request } from '../lib/http.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const HTTP = ['--http', '127.0.0.1:0'];
const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const YEAR = 'public, max-age=31536000, immutable';
const TYPES = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  wasm: 'application/wasm',
};

/** request() with the body as bytes. */
const get = (server, page, headers = {}, options = {}) =>
  request(server, page, { headers, encoding: 'latin1', ...options }).then((reply) => ({
    ...reply,
    bytes: Buffer.from(reply.body, 'latin1'),
  }));

/** The addresses that a page or a script names: "./assets/main-1a2b3c4d.js". */
const namedIn = (text) => [
  ...new Set([...text.matchAll(/\bassets\/[\w.-]+\.(?:js|css|svg|wasm)\b/g)].map(([at]) => at)),
];

/** Every file that the page leads to, by its path, as its plain bytes. */
async function filesOf(server) {
  const found = new Map([['/', (await get(server, '/')).bytes]]);
  for (const [path, bytes] of found) {
    const inside = /\.(wasm|svg)$/.test(path) ? [] : namedIn(bytes.toString('latin1'));
    const beside =
      path === '/'
        ? []
        : [...bytes.toString('latin1').matchAll(/["'`]\.?\/?([\w.-]+-[\w-]{8}\.(?:js|css|wasm))["'`]/g)];
    for (const next of [...inside.map((name) => `/${name}`), ...beside.map(([, name]) => `/assets/${name}`)]) {
      if (found.has(next)) continue;
      const reply = await get(server, next);
      assert.equal(reply.status, 200, `${next}, named in ${path}`);
      found.set(next, reply.bytes);
    }
  }
  return found;
}

const built = async (server) => /data-server="isocached"/.test((await get(server, '/')).body);

describe('the playground of isocached', { skip: needIsocached }, () => {
  let server;
  before(async () => {
    server = await startIsocached(HTTP);
  });
  after(() => server?.stop());

  test('each file in both forms, with its type and the time it may be kept', limit, async (t) => {
    if (!(await built(server))) return t.skip('built without the playground');
    const files = await filesOf(server);
    assert.ok([...files.keys()].some((name) => name.endsWith('.wasm')) && files.size >= 4, [...files.keys()].join());
    const tags = new Set();
    for (const [path, plain] of files) {
      const zipped = await get(server, path, { 'accept-encoding': 'gzip, deflate, br, zstd' });
      assert.equal(zipped.headers['content-encoding'], 'gzip', path);
      assert.equal(Number(zipped.headers['content-length']), zipped.bytes.length);
      assert.ok(gunzipSync(zipped.bytes).equals(plain), path);
      const bare = await get(server, path, { 'accept-encoding': 'gzip;q=0, br' });
      assert.ok(bare.bytes.equals(plain) && bare.headers['content-encoding'] === undefined, path);
      for (const { headers } of [zipped, bare]) {
        tags.add(headers.etag);
        assert.match(headers.etag, /^"[^"]+"$/);
        assert.equal(headers.vary, 'Accept-Encoding');
        assert.equal(headers['content-security-policy'], POLICY);
        assert.equal(headers['cache-control'], /^\/assets\//.test(path) ? YEAR : 'no-cache', path);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.equal(headers['referrer-policy'], 'no-referrer');
        assert.equal(
          headers['content-type'],
          path === '/' ? 'text/html; charset=utf-8' : TYPES[path.split('.').at(-1)],
        );
      }
    }
    assert.equal(tags.size, 2 * files.size, 'a tag for each form of each file');
    assert.equal((await get(server, '/', { 'accept-encoding': 'identity;q=0' })).status, 406);
  });

  test('what the browser has is not sent again', limit, async (t) => {
    if (!(await built(server))) return t.skip('built without the playground');
    for (const coding of ['gzip', 'identity']) {
      const accept = { 'accept-encoding': coding };
      const first = await get(server, '/', accept);
      for (const names of [first.headers.etag, `"x", W/${first.headers.etag}`, '*']) {
        const again = await get(server, '/', { ...accept, 'if-none-match': names });
        assert.deepEqual([again.status, again.body], [304, ''], names);
        assert.equal(again.headers.etag, first.headers.etag);
        assert.equal(again.headers['cache-control'], 'no-cache');
        assert.equal(again.headers['content-length'], undefined);
        assert.equal(again.headers['content-type'], undefined);
      }
      assert.equal((await get(server, '/', { ...accept, 'if-none-match': '"other"' })).status, 200);
    }
    const both = await get(server, '/', { 'if-none-match': ['"x"', '*'] });
    assert.equal(both.status, 304, 'the field may come twice');
  });

  test('HEAD is GET without the body', limit, async (t) => {
    if (!(await built(server))) return t.skip('built without the playground');
    for (const coding of ['gzip', 'identity']) {
      const headers = { 'accept-encoding': coding };
      const [got, head] = [await get(server, '/', headers), await get(server, '/', headers, { method: 'HEAD' })];
      assert.equal(head.body, '');
      assert.deepEqual({ ...head.headers, date: '' }, { ...got.headers, date: '' });
    }
    assert.equal((await get(server, '/', {}, { method: 'POST' })).status, 405);
  });

  test('the same bytes over TLS', { ...limit, skip: needOpenssl }, async (t) => {
    if (!(await built(server))) return t.skip('built without the playground');
    const certificates = new Certificates();
    const args = [...HTTP, ...certificates.serverArgs(certificates.issue('server'))];
    await withServer(startIsocached, args, async (encrypted) => {
      encrypted.tls = certificates.clientOptions();
      const hash = (files) =>
        [...files].map(([path, bytes]) => [path, createHash('sha256').update(bytes).digest('hex')]);
      assert.deepEqual(hash(await filesOf(encrypted)), hash(await filesOf(server)));
    });
  });

  test('--no-playground: / lists the pages, and no file is there', limit, async () => {
    const files = (await built(server)) ? await filesOf(server) : new Map();
    await withServer(startIsocached, [...HTTP, '--no-playground'], async (bare) => {
      const listed = await get(bare, '/');
      assert.match(listed.body, /<h1>isocache<\/h1>[^]*\/metrics/);
      assert.equal(listed.body, (await get(bare, '/pages')).body);
      assert.equal(listed.headers['content-security-policy'], "default-src 'none'; frame-ancestors 'none'");
      for (const path of files.keys()) if (path !== '/') assert.equal((await get(bare, path)).status, 404, path);
    });
    if (files.size > 0) assert.match((await get(server, '/pages')).body, /<a href="\/">/);
  });
});
