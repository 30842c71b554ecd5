// The clients that people have, each with the same steps (clients/steps.mjs), over a restart of the server, and with
// passwords where the client has them. The programs are in clients/, too. A table at the end says what was run.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { after, describe, test } from 'node:test';

import { RawClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { LineProgram } from '../lib/line-program.mjs';
import { login, passwordFiles } from '../lib/logins.mjs';
import { freePort, needIsocached, needMemcached, startIsocached, startMemcached, withServer } from '../lib/server.mjs';
import { CLIENTS, commandOf, needClient, packagedVersion } from './clients/clients.mjs';
import { playReconnect, playSteps } from './clients/steps.mjs';

const limit = { timeout: 240_000 };
const START_LIMIT_MS = 120_000;
const USER = ['ann', 'se cret'];
const passwordFile = passwordFiles();
// They wait for items to expire most of the time.
const CLIENTS_AT_ONCE = 6 * availableParallelism();
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

/** How many logins the server has refused. */
async function refusedLogins(server) {
  const client = await RawClient.connect(server.address);
  try {
    await client.ask(`${login(USER.join(' '))}mn\r\n`);
    return Number(/auth_errors (\d+)/.exec(await client.ask('stats\r\nmn\r\n'))[1]);
  } finally {
    client.close();
  }
}

/** With its password it is served; with another it is not. Some clients try for long, so nobody waits for them. */
async function withPassword(client, protocol) {
  await withServer(startIsocached, ['-Y', passwordFile(`${USER.join(':')}\n`)], async (server) => {
    const { port } = server;
    await withClient(await commandOf(client, port, protocol, USER), async (program) => {
      assert.equal((await program.call('set', 'a', 'text')).is, true);
      const [name, ...args] = await commandOf(client, port, protocol, [USER[0], 'wrong']);
      const thief = new LineProgram(name, args);
      const stolen = thief.hello().then(() => thief.call('set', 'a', 'stolen'));
      stolen.catch(() => {}); // it may end
      await eventually(async () => (await refusedLogins(server)) > 0, 'the server refuses a login', START_LIMIT_MS);
      thief.child.kill('SIGKILL');
      assert.equal((await program.call('get', 'a')).is, 'text');
    });
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
