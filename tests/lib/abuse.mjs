// What the abuse*.test.mjs share: a server that is abused beside one that is not, and what has to hold meanwhile.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { Certificates, needOpenssl } from './certificates.mjs';
import { RawClient, withClient } from './client.mjs';
import { Probe } from './probe.mjs';
import { startIsocached, withServer } from './server.mjs';

export const MB = 2 ** 20;
export const limit = { timeout: 60_000 };
const ROUND_MS = 300;
// A round may meet what is not the server's doing (interrupts, the host). A server that is slow, is so in each.
const ROUNDS = 4;
const LONGEST_MS = 1000;
// A client that comes at any time meets a stalled server this rarely at most.
const STALLED = 0.1;

/** Each way in that abuse may come, for tests of each. */
export const TRANSPORTS = [
  { transport: 'plain', skip: false },
  { transport: 'TLS', skip: needOpenssl },
];

let issued;
function certificates() {
  if (!issued) {
    const authority = new Certificates();
    issued = { authority, server: authority.issue('server') };
  }
  return issued;
}

/** A server that is reached by `transport`, on both ports. */
export async function startOver(transport, args = []) {
  // One thread of each sort: who is abused and the others share it.
  const all = ['--http', '127.0.0.1:0', '-t', '1', ...args];
  if (transport === 'plain') return startIsocached(all);
  const { authority, server: pair } = certificates();
  const server = await startIsocached([...authority.serverArgs(pair), ...all]);
  server.tls = authority.clientOptions();
  return server;
}

export const many = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)));

/** What a client gets that sends `bytes` and waits for the end: {reply, error}. */
export async function outcome(address, bytes) {
  const client = await RawClient.connect(address);
  client.send(bytes);
  const reply = await client.readToEnd();
  client.close();
  return { reply, error: client.error?.code };
}

/** What attackers do again and again. */
export class Attack {
  #stopped = false;
  #tasks = [];
  steps = 0;

  get active() {
    return this.#tasks.length > 0;
  }

  /** Calls `step` for each of `clients`, one after the other, with a pause behind them all, until stop(). */
  keepDoing(clients, step, pauseMs = 10) {
    const task = async () => {
      while (!this.#stopped) {
        for (const client of clients) {
          if (this.#stopped) return;
          await step(client);
          ++this.steps;
        }
        await sleep(pauseMs);
      }
    };
    const running = task();
    running.catch(() => {}); // stop() tells
    this.#tasks.push(running);
  }

  /** Fails if a step did. */
  async stop() {
    this.#stopped = true;
    await Promise.all(this.#tasks);
  }
}

const shown = ({ kinds, stalled }) =>
  Object.entries(kinds)
    .map(
      ([kind, { normal, median, longest }]) =>
        `${kind}: median ${(1000 * median).toFixed()} us instead of ${(1000 * normal).toFixed()}, longest ${longest.toFixed()} ms`,
    )
    .concat(`stalled ${(100 * stalled).toFixed()} %`)
    .join('; ');

/** What the probe measured is at most twice as long as ever, over each kind of connection. */
const asEver = ({ kinds, stalled }) =>
  stalled <= STALLED && Object.values(kinds).every(({ median, normal }) => median <= 2 * normal);

/** Others are served as ever while the attack goes on. */
export async function assertOthersServed(probe, attack) {
  const seen = [];
  for (let round = 0; round < ROUNDS; ++round) {
    const stepsBefore = attack.steps;
    const measured = await probe.measure(ROUND_MS);
    assert.ok(
      Object.values(measured.kinds).every(({ longest }) => longest < LONGEST_MS),
      shown(measured),
    );
    const attacked = !attack.active || attack.steps > stepsBefore;
    if (attacked && asEver(measured)) return;
    seen.push(`${shown(measured)}${attacked ? '' : ' (no attack)'}`);
  }
  assert.fail(`others wait:\n${seen.join('\n')}`);
}

/** Starts two servers and a probe of both: use(server to abuse, probe). `start`: starts the one or the other. */
export async function besideQuiet(transport, args, use, start = () => startOver(transport, args)) {
  await withServer(start, [], (quiet) =>
    withServer(start, [], async (server) => {
      const probe = await Probe.start(quiet, server);
      try {
        await use(server, probe);
      } finally {
        probe.stop();
      }
    }),
  );
}

/**
 * Starts two servers and a probe of both; abuses one by abuse(server, attack), which returns clients that stay
 * connected, and looks how others are served meanwhile. Then, while the attack still goes on, afterwards(server,
 * clients, attack), if given. At no time of the abuse the server may need more than `growth` bytes beyond what it had
 * before.
 */
export async function endure({ transport = 'plain', args = [], growth }, abuse, afterwards = () => {}) {
  await besideQuiet(transport, args, async (server, probe) => {
    const attack = new Attack();
    try {
      server.resetPeak();
      const before = server.residentBytes();
      const clients = (await abuse(server, attack)) ?? [];
      await assertOthersServed(probe, attack);
      const grown = server.peakBytes() - before;
      assert.ok(grown <= growth, `grew by ${(grown / MB).toFixed(1)} MB`);
      await afterwards(server, clients, attack);
      await attack.stop();
      for (const client of clients) client.close();
      assert.equal(await withClient(server, (client) => client.ask('mn\r\n')), 'MN\r\n');
    } finally {
      await attack.stop().catch(() => {}); // what failed first was told
    }
  });
}
