// A page's connection against a real isocached, over the package ws in place of the browser's WebSocket.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';

import { openInspector } from '../../../wasm/dist/esm/entry/inspect.js';
import { freePort, needIsocached, startIsocached } from '../../../tests/lib/server.mjs';
import { needWs, WebSocket } from '../../../tests/lib/websocket.mjs';
import { CasNames, compareReplies, connectLive } from '../../../build/web/unit/live/index.js';

const ORIGIN = 'http://app.example';
const bytes = (line) => Buffer.from(line, 'latin1');
const text = (some) => Buffer.from(some).toString('latin1');

/** As a browser has it: the page's origin goes along, and nothing else can be said. */
function browserSocket(origin) {
  return class extends WebSocket {
    constructor(url, protocols) {
      super(url, protocols, { origin, perMessageDeflate: false });
      this.on('error', () => {}); // a browser does not end the page
    }
  };
}

/** As a browser does it: what a server keeps from other origins is an error, like a server that is not there. */
const browserFetch = (origin) => async (url, options) => {
  const response = await fetch(url, options);
  const isOwn = new URL(url).origin === origin;
  if (!isOwn && response.headers.get('Cross-Origin-Resource-Policy') === 'same-origin') throw new TypeError('blocked');
  return response;
};

const connect = (url, { origin = ORIGIN, pageUrl = `${origin}/`, ...more } = {}) =>
  connectLive({
    url,
    WebSocket: browserSocket(origin),
    environment: { pageUrl, fetch: browserFetch(origin) },
    timeoutMs: 5000,
    ...more,
  });

describe('live, against isocached', { skip: needIsocached || needWs, concurrency: 1 }, () => {
  const servers = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'live-'));
  const start = async (...args) => {
    const server = await startIsocached(['--http', '127.0.0.1:0', ...args]);
    servers.push(server);
    return { server, url: `ws://127.0.0.1:${server.httpPort}/memcached` };
  };
  after(async () => {
    for (const server of servers) await server.stop();
    rmSync(folder, { recursive: true });
  });

  test('commands, values, quiet ones, errors, and large values', async () => {
    const { url } = await start('--allow-origin', ORIGIN);
    const { client, failure } = await connect(url);
    assert.equal(failure, undefined);
    const reply = async (line) => text((await client.send(bytes(line))).reply);
    assert.equal(await reply('ms a 5\r\nhello\r\n'), 'HD\r\n');
    assert.equal(await reply('mg a v q\r\nmg b v q\r\nmn\r\nmg z\r\n'), 'VA 5\r\nhello\r\nMN\r\nEN\r\n');
    assert.equal(await reply('nonsense\r\n'), 'ERROR\r\n');
    assert.equal(await reply('set b 0 0 1 noreply\r\nx\r\n'), '');
    assert.match(await reply('stats\r\n'), /^STAT pid \d+\r\n[^]*END\r\n$/);
    const value = 'MN\r\n'.repeat(200_000);
    assert.equal(await reply(`ms big ${value.length}\r\n${value}\r\n`), 'HD\r\n');
    assert.equal(await reply('mg big v\r\n'), `VA ${value.length}\r\n${value}\r\n`);
    const quit = await client.send(bytes('mg a\r\nquit\r\n'));
    assert.deepEqual([text(quit.reply), quit.closed], ['HD\r\n', true]);
  });

  test('the same commands in the tab give the same replies', async () => {
    const { url } = await start('--allow-origin', ORIGIN);
    const { client } = await connect(url);
    const tab = (await openInspector({ now: Date.now() })).connect();
    const names = new CasNames();
    await client.send(bytes('ms other 1\r\nx\r\nms other 1\r\ny\r\n')); // the server counts its own
    const CAS = /c(\d+)/;
    let cas = '';
    const LINES = [
      'mg page v c t N30',
      'mg page v c t N30',
      () => `ms page 5 C${cas} T60 c\r\nhello`,
      'mg page v c t h l f s k',
      'gets page',
      () => `ms page 5 C${cas} c\r\nstale`,
      'md page I T30',
      'mg page v c',
      'mg page v c',
      'me page',
      'ma visits N0 J1 c v',
      'ma visits D9 c v',
      'get visits page nothing',
      'mg page zz',
      'stats',
      'version',
    ];
    for (const line of LINES) {
      const sent = bytes(`${typeof line === 'string' ? line : line()}\r\n`);
      const { reply } = await client.send(sent);
      const comparison = compareReplies(sent, tab.feed(names.forTab(sent)), reply, names);
      assert.equal(comparison.same, true, JSON.stringify([text(sent), comparison.lines]));
      cas = CAS.exec(text(reply))?.[1] ?? cas;
    }
    const sent = bytes('mg other v\r\n');
    assert.equal(compareReplies(sent, tab.feed(sent), (await client.send(sent)).reply, names).same, false);
    client.close();
  });

  test('passwords: none, a wrong one, the right one', async () => {
    const users = path.join(folder, 'users');
    writeFileSync(users, 'app:pä:ss\n', { mode: 0o600 });
    const { url } = await start('--allow-origin', ORIGIN, '-Y', users);
    assert.equal((await connect(url)).failure.kind, 'password wanted');
    const { failure } = await connect(url, { login: { user: 'app', password: 'no' } });
    assert.equal(failure.kind, 'unreachable');
    assert.ok(failure.mends.some(({ say }) => say.includes('password')));
    const { client } = await connect(url, { login: { user: 'app', password: 'pä:ss' } });
    assert.equal(text((await client.send(bytes('mg a\r\n'))).reply), 'EN\r\n');
    client.close();
  });

  test('the page’s own server, with a wrong password, is known to be that', async () => {
    const users = path.join(folder, 'users');
    writeFileSync(users, 'app:pass\n', { mode: 0o600 });
    const { url, server } = await start('-Y', users);
    const origin = `http://127.0.0.1:${server.httpPort}`;
    const { failure } = await connect(url, { origin, login: { user: 'app', password: 'no' } });
    assert.equal(failure.kind, 'wrong password');
  });

  test('an origin that is not allowed: the mend that is told works', async () => {
    const { url } = await start();
    const { failure } = await connect(url);
    assert.equal(failure.kind, 'unreachable');
    const [{ command }, { command: flag }] = failure.mends;
    assert.equal(flag, `--allow-origin ${ORIGIN}`);
    assert.match(command, /^\.\/dev run --http 127\.0\.0\.1:\d+ --allow-origin http:\/\/app\.example$/);
    const flags = command.split(' ').slice(2);
    flags[1] = '127.0.0.1:0';
    const server = await startIsocached(flags);
    servers.push(server);
    const { client } = await connect(`ws://127.0.0.1:${server.httpPort}/memcached`);
    assert.ok(client);
    client.close();
  });

  test('a page from a file', async () => {
    const page = { origin: 'null', pageUrl: 'file:///tmp/playground.html' };
    const { url } = await start();
    const { failure } = await connect(url, page);
    assert.match(failure.mends[0].command, / --allow-origin null$/);
    const { url: allowed } = await start('--allow-origin', 'null');
    const { client } = await connect(allowed, page);
    assert.ok(client);
    client.close();
  });

  test('nobody there, another path, the memcached port itself', async () => {
    const port = await freePort();
    assert.equal((await connect(`ws://127.0.0.1:${port}/memcached`)).failure.kind, 'unreachable');
    const { url, server } = await start('--allow-origin', ORIGIN);
    const other = (await connect(url.replace('/memcached', '/metrics'))).failure;
    assert.equal(other.kind, 'unreachable');
    assert.ok(other.mends.some(({ say }) => say.includes('/memcached')));
    const memcached = (await connect(`ws://127.0.0.1:${server.port}/memcached`)).failure;
    assert.ok(memcached.mends.some(({ say }) => say.includes('not the memcached port')));
  });

  test('the server ends', async () => {
    const { url, server } = await start('--allow-origin', ORIGIN);
    const lost = new Promise((resolve) => {
      connect(url, { onLost: resolve }).then(() => server.stop());
    });
    const { kind, say } = await lost;
    assert.equal(kind, 'lost');
    assert.match(say, /the server ends/);
  });
});
