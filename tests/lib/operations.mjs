// For tests of how the server is operated: configuration, signals, the end.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

import { RawClient } from './client.mjs';
import { isocachedPath, runProgram } from './server.mjs';

export const EX_USAGE = 64;
export const EX_CONFIG = 78;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
/** Runs isocached to its end. */
export const run = (args, env = {}) =>
  runProgram(isocachedPath, args, { limitMs: 10_000, env: { ...process.env, ...env } });

/** Fails unless `condition()` comes true in time. */
export async function until(condition, what, limitMs = 5000) {
  for (const end = Date.now() + limitMs; !(await condition()); await sleep(20)) {
    assert.ok(Date.now() < end, `not in time: ${what()}`);
  }
}

/** A client with more replies under way than its socket takes, and one that stops reading. */
export async function sluggard(server) {
  const client = await RawClient.connect(server.address, { highWaterMark: 1024 });
  assert.equal(await client.ask(`set big 0 0 1000000\r\n${'x'.repeat(1_000_000)}\r\n`), 'STORED\r\n');
  client.socket.pause();
  client.send('get big\r\n'.repeat(20));
  await sleep(200);
  return client;
}

/** {folder, file}: a folder that goes away after the tests of a describe(), and what writes a new file there. */
export function temporaryFiles() {
  const folder = mkdtempSync(path.join(tmpdir(), 'isocache-operations-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  let files = 0;
  const file = (text) => {
    const name = path.join(folder, `file${++files}`);
    writeFileSync(name, text);
    return name;
  };
  return { folder, file };
}
