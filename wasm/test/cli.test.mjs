// npx isocache.

import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';

import { createClient } from 'isocache/client';

import { exitOf, runProgram, spawnBound } from '../../tests/lib/server.mjs';

const root = path.dirname(createRequire(import.meta.url).resolve('isocache/package.json'));
const { version, bin } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const cli = path.join(root, bin.isocache);

const run = (...args) => runProgram(process.execPath, [cli, ...args]);

/** Runs it until it says where it listens, calls `use` with those lines, ends it. */
async function running(args, use) {
  const child = spawnBound(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  const wanted = args.includes('--websocket') ? 2 : 1;
  for (let i = 0; i < 2000 && output.split('\n').length <= wanted && child.exitCode === null; ++i) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  try {
    await use(output);
  } finally {
    child.kill('SIGTERM');
    assert.deepEqual(await exitOf(child, 10_000), { code: 0, signal: null }, output);
  }
}

test('serves TCP and WebSocket, with the limits given', { timeout: 60_000 }, () =>
  running(['-p', '0', '--websocket', '0', '-m', '2', '-I', '2k', '-c', '3'], async (output) => {
    const port = Number(/^listening 127\.0\.0\.1:(\d+)$/m.exec(output)[1]);
    const url = /^listening (ws:\S+)$/m.exec(output)[1];
    const [tcp, ws] = [createClient({ port }), createClient({ url })];
    await tcp.set('a', 'one');
    assert.equal(await ws.get('a'), 'one');
    assert.equal((await tcp.stats()).maxBytes, 2 << 20);
    await assert.rejects(tcp.set('b', 'x'.repeat(3000)), { code: 'TOO_LARGE' });
    await tcp.close();
    await ws.close();
  }),
);

test('serves a unix socket', { timeout: 60_000 }, async () => {
  const socket = `/tmp/isocache-cli-${process.pid}.sock`;
  await running(['-s', socket], async (output) => {
    assert.equal(output, `listening ${socket}\n`);
    const client = createClient({ path: socket });
    assert.equal(await client.get('a'), undefined);
    await client.close();
  });
});

test('help and version, also by a link as npx makes', { timeout: 60_000 }, async () => {
  const help = await run('-h');
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^usage: isocache/);
  const link = `/tmp/isocache-link-${process.pid}`;
  symlinkSync(cli, link);
  for (const program of [cli, link]) {
    assert.deepEqual(await runProgram(process.execPath, [program, '--version']), {
      code: 0,
      signal: null,
      stdout: `isocache ${version}\n`,
      stderr: '',
    });
  }
  unlinkSync(link);
});

test('what is wrong is said', { timeout: 60_000 }, async () => {
  for (const [args, message] of [
    [['--nonsense'], /nonsense/],
    [['-p', 'x'], /^isocache: -p: a number from 0 to 65535, not x/],
    [['-I', '5x'], /-I/],
    [['-m', '0'], /-m/],
    [['extra'], /extra/],
    [['-l', '192.0.2.1', '-p', '0'], /EADDRNOTAVAIL/],
  ]) {
    const { code, stdout, stderr } = await run(...args);
    assert.equal(code, 1, args.join(' '));
    assert.equal(stdout, '');
    assert.match(stderr, message);
  }
});
