// The clients that people have, each with the same steps (clients/steps.mjs), over a restart of the server, and with
// passwords where the client has them. The programs are in clients/, too. A table at the end says what was run.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { after, describe, test } from 'node:test';

import { LineProgram } from '../lib/line-program.mjs';
import { passwordFiles } from '../lib/logins.mjs';
import { freePort, needIsocached, needMemcached, startIsocached, startMemcached, withServer } from '../lib/server.mjs';
import { CLIENTS, commandOf, needClient, packagedVersion } from './clients/clients.mjs';
import { playReconnect, playSteps } from './clients/steps.mjs';

const limit = { timeout: 240_000 };
const USER = ['ann', 'se cret'];
const passwordFile = passwordFiles();
// They wait for items to expire most of the time.
const CLIENTS_AT_ONCE = 3 * availableParallelism();
const PAGE = readFileSync(new URL('../../native/docs/compatibility.md', import.meta.url), 'utf8');
const rows = [];

/** Starts the client, uses it, ends it. */
async function withClient(command, use) {
  const [name, ...args] = command;
  const program = new LineProgram(name, args);
  try {
    const result = await use(program, await program.hello());
    await program.stop();
    return result;
  } finally {
    program.child.kill('SIGKILL');
  }
}

const lacksOf = ({ lacks }, protocol) => (Array.isArray(lacks) ? lacks : lacks[protocol]);

async function overRestart(client, protocol) {
  const from = performance.now();
  const port = await freePort();
  let server = await startIsocached(['-p', String(port)]);
  try {
    await withClient(await commandOf(client, port, protocol), async (program, hello) => {
      const { client: name, version = packagedVersion(client), verbs } = hello;
      assert.ok(PAGE.includes(`\n| ${name} |`), `${name} is in the table of native/docs/compatibility.md`);
      const { played, left } = await playSteps(program, verbs);
      assert.deepEqual(left.toSorted(), lacksOf(client, protocol).toSorted(), 'what it has no verbs for');
      assert.equal((await program.call('set', 'before', 'x')).is, true);
      await server.stop();
      server = await startIsocached(['-p', String(port)]);
      await playReconnect(program);
      const seconds = ((performance.now() - from) / 1000).toFixed(1);
      rows.push({ client: name, version, protocol, steps: played.length, without: left.join(', '), seconds });
    });
  } finally {
    await server.stop();
  }
}

/** With its password it is served; with another it is not. */
async function withPassword(client, protocol) {
  await withServer(startIsocached, ['-Y', passwordFile(`${USER.join(':')}\n`)], async ({ port }) => {
    await withClient(await commandOf(client, port, protocol, USER), async (program) => {
      assert.equal((await program.call('set', 'a', 'text')).is, true);
      assert.equal((await program.call('get', 'a')).is, 'text');
    });
    const stored = await withClient(await commandOf(client, port, protocol, [USER[0], 'wrong']), (program) =>
      program.call('set', 'a', 'stolen'),
    ).catch(() => 'it ended');
    assert.notEqual(stored.is, true);
  });
}

const onMemcached = (client) =>
  withServer(startMemcached, [], async ({ port }) => {
    const command = await commandOf(client, port, client.protocols[0]);
    await withClient(command, (program, { verbs }) => playSteps(program, verbs));
  });

describe('clients that people have', { skip: needIsocached, concurrency: CLIENTS_AT_ONCE }, () => {
  for (const client of CLIENTS) {
    const skip = needClient(client);
    for (const protocol of client.protocols) {
      const title = `${client.file}, ${protocol}`;
      test(title, { ...limit, skip }, () => overRestart(client, protocol));
      if (client.login && protocol === 'binary') {
        test(`${title}, with a password`, { ...limit, skip }, () => withPassword(client, protocol));
      }
    }
    // The steps ask for no more than memcached gives.
    test(`memcached: ${client.file}`, { ...limit, skip: skip || needMemcached }, () => onMemcached(client));
  }
  after(() => console.table(rows));
});
