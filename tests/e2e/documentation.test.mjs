// What the documentation tells a reader to type: the commands start servers, and the programs talk to them. Only
// addresses, ports and folders are replaced.

import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { RawClient } from '../lib/client.mjs';
import { needIsocached, runProgram, startIsocached } from '../lib/server.mjs';
import { needWs, WebSocket } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const PROMTOOL = '/usr/bin/promtool';
const PYTHON = '/usr/bin/python3';
const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache';
const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

/** The code blocks of a page in that language, in order. */
const blocks = (page, language) =>
  [...readFileSync(path.join(root, page), 'utf8').matchAll(/^```(\S*)\n(.*?)^```$/gms)]
    .filter(([, of]) => of === language)
    .map(([, , text]) => text);
const EXPOSING = 'native/docs/exposing-safely.md';

/** The commands of a block of shell, a line each. */
const commands = (block) => block.replaceAll('\\\n', ' ').trim().split('\n');

/**
 * What a page's program for the browser receives after it has sent what it sends; its WebSocket goes to `server`, as a
 * page of `origin`.
 */
function received(program, server, options) {
  class Browser extends WebSocket {
    constructor(url, protocols) {
      const { pathname, protocol } = new URL(url);
      super(`${protocol}//localhost:${server.httpPort}${pathname}`, protocols, options);
    }
  }
  const socket = new Function('WebSocket', 'console', `${program}; return socket;`)(Browser, { log() {} });
  return new Promise((resolve, reject) => {
    socket.onmessage = ({ data }) => resolve(new TextDecoder().decode(data));
    socket.onerror = ({ message }) => reject(new Error(message));
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
  }).finally(() => socket.terminate());
}

describe('documentation', { skip: needIsocached || needOpenssl, concurrency: 1 }, () => {
  const certificates = needOpenssl ? null : new Certificates();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-documentation-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  if (certificates) {
    const pair = certificates.issue('server');
    copyFileSync(pair.cert, path.join(folder, 'chain.pem'));
    copyFileSync(pair.key, path.join(folder, 'key.pem'));
    copyFileSync(certificates.authority.cert, path.join(folder, 'clients.pem'));
  }

  /** Starts a server with the flags of a page's command. */
  const start = (flags) =>
    startIsocached([
      '-p',
      '0',
      ...flags
        .replaceAll('10.0.0.5', '127.0.0.2')
        .replaceAll('/etc/isocached/', '')
        .replaceAll(/\b(\w+\.pem|users)\b/g, `${folder}/$1`)
        .replaceAll(/(--http \S+:)\d+/g, '$10')
        .trim()
        .split(/\s+/),
    ]);

  for (const [index, block] of blocks(EXPOSING, 'sh').entries()) {
    test(`exposing-safely.md: shell, block ${index + 1}`, limit, async () => {
      for (const command of commands(block)) {
        if (!command.startsWith('isocached ')) {
          const { code, stderr } = await runProgram('/bin/bash', ['-c', command], { cwd: folder });
          assert.deepEqual([code, stderr], [0, ''], command);
          continue;
        }
        const server = await start(command.slice('isocached '.length));
        await server.stop();
        assert.doesNotMatch(server.stderr, /warning/, command);
      }
    });
  }

  test('exposing-safely.md: the words beside the commands', limit, async () => {
    const text = readFileSync(path.join(root, EXPOSING), 'utf8');
    for (const [flag, more] of [
      ['', /`(-l 10\.0\.0\.5,notls:127\.0\.0\.1)`/],
      ['-o', /`(ssl_verify_mode=2,ssl_ca_cert=\S+)`/],
    ]) {
      const server = await start(`-Z -o ssl_chain_cert=chain.pem,ssl_key=key.pem ${flag} ${more.exec(text)[1]}`);
      await server.stop();
      assert.match(server.stderr, /^ready$/m);
    }
  });

  test('exposing-safely.md: the page in a browser logs in', { ...limit, skip: needWs }, async () => {
    const command = blocks(EXPOSING, 'sh')
      .flatMap(commands)
      .find((line) => line.includes('--http'));
    writeFileSync(path.join(folder, 'users'), 'app:password\n', { mode: 0o600 });
    const server = await start(command.slice('isocached '.length));
    const [program] = blocks(EXPOSING, 'js');
    try {
      const trust = certificates.clientOptions();
      assert.equal(await received(program, server, { ...trust, origin: 'https://app.example' }), 'EN\r\n');
      await assert.rejects(received(program, server, { ...trust, origin: 'https://other.example' }), /403/);
      await assert.rejects(
        received(program.replace('app:password', 'app:other'), server, { ...trust, origin: 'https://app.example' }),
        /401/,
      );
    } finally {
      await server.stop();
    }
  });

  test('exposing-safely.md: promtool takes the configuration for Prometheus', {
    ...limit,
    skip: existsSync(PROMTOOL) ? false : 'no promtool here',
  }, async () => {
    const file = path.join(folder, 'prometheus.yml');
    writeFileSync(
      file,
      blocks(EXPOSING, 'yaml')[0].replace('/etc/prometheus/isocache-password', path.join(folder, 'key.pem')),
    );
    const { code, stdout, stderr } = await runProgram(PROMTOOL, ['check', 'config', file]);
    assert.equal(code, 0, stdout + stderr);
  });

  test('README.md: the session in a terminal', limit, async () => {
    const session = blocks('README.md', '').find((block) => block.startsWith('$ nc'));
    const [, ...lines] = session.trimEnd().split('\n');
    const server = await startIsocached();
    const typed = /^(set|get|mg|ms|ma|quit)\b/;
    try {
      const client = await RawClient.connect(server.address);
      // "hello" is typed once, and then an answer: a value is typed behind the command that stores it.
      let stores = false;
      for (const line of lines) {
        if (stores || typed.test(line)) await client.send(`${line}\r\n`);
        else if (/\bt\d+\b/.test(line)) assert.match(await client.readLine(), /^VA 5 t(59|60) f0\r\n$/);
        else assert.equal(await client.readLine(), `${line}\r\n`);
        stores = !stores && /^(set|ms) /.test(line);
      }
      assert.equal(await client.readToEnd(), '');
    } finally {
      await server.stop();
    }
  });

  test('README.md: the program in Python', {
    ...limit,
    skip: existsSync(PYMEMCACHE) ? false : 'no python3-pymemcache here',
  }, async () => {
    const block = blocks('README.md', '').find((text) => text.includes('pymemcache'));
    const [, program, answer] = /-c "\n(.*?)"\n(.*)\n$/s.exec(block);
    const server = await startIsocached();
    try {
      const { stdout, stderr } = await runProgram(PYTHON, ['-c', program.replace('11211', String(server.port))]);
      assert.equal(stdout, `${answer}\n`, stderr);
    } finally {
      await server.stop();
    }
  });

  test('README.md: the web page', { ...limit, skip: needWs }, async () => {
    const [command] = blocks('README.md', '')
      .flatMap(commands)
      .filter((line) => /^\.\/dev run --http/.test(line));
    const program = blocks('README.md', 'js').find((text) => text.includes('new WebSocket'));
    const server = await start(command.slice('./dev run '.length));
    try {
      assert.equal(await received(program, server, { origin: 'http://localhost:3000' }), 'EN\r\n');
      await assert.rejects(received(program, server, { origin: 'http://localhost:3001' }), /403/);
    } finally {
      await server.stop();
    }
  });
});
