// The memory limit is lowered while the server is full. No client waits for that, and the memory goes back to the
// system.
// Runs alone: it measures how others are served, and memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { limit, MB } from '../lib/abuse.mjs';
import { set } from '../lib/bounds.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const LARGE = 1000;
const MEDIUM = 200;
const SMALL = 64;
const ROOM = 32 * MB;
const BACK_MS = 5000;
const VALUE = 'v'.repeat(1000);
const BATCH = 4000;
const RECORD = `ms k0000.0000 1000 q\r\n${VALUE}\r\n`;

/** Stores values of 1 KB until the limit is reached. */
const fillUp = (server, megabytes) =>
  withClient(server, async (client) => {
    const digits = (n) => String(n).padStart(4, '0');
    const batch = Buffer.from(
      Array.from({ length: BATCH }, (_, i) => RECORD.replace('.0000', `.${digits(i)}`)).join(''),
    );
    for (let number = 0; number * BATCH < megabytes * 1000; ++number) {
      for (let i = 0; i < BATCH; ++i) batch.write(digits(number), i * RECORD.length + RECORD.indexOf('0000'), 'latin1');
      assert.equal(await client.ask(batch), '');
    }
  });

const percentile99 = (times) => times.toSorted((a, b) => a - b)[Math.floor(0.99 * times.length)];

/**
 * Sets, one after the other: how long each took, ms. On a busy machine a set may wait for a processor: what counts is
 * for how long the server's threads ran meanwhile, if that is less.
 */
class Setter {
  static async start(server) {
    const setter = new Setter();
    setter.server = server;
    setter.client = await RawClient.connect(server.address);
    setter.running = setter.#run();
    setter.running.catch(() => {}); // stop() tells
    return setter;
  }

  times = [];
  stopped = false;

  async #run() {
    for (let i = 0; !this.stopped; ++i) {
      const [began, ran] = [performance.now(), this.server.ranMs()];
      this.client.send(set(`probe${i % 1000}`, 'x'));
      assert.equal(await this.client.readLine(), 'STORED\r\n');
      this.times.push(Math.min(performance.now() - began, this.server.ranMs() - ran));
      if (i % 4 === 0) await sleep(1);
    }
  }

  /** Those of the next `ms`. */
  async during(ms) {
    this.times = [];
    await sleep(ms);
    return this.times;
  }

  async stop() {
    this.stopped = true;
    await this.running;
    this.client.close();
  }
}

const setLimit = async (server, megabytes) => {
  assert.equal(await withClient(server, (client) => client.ask(`cache_memlimit ${megabytes}\r\n`)), 'OK\r\n');
};

const assertSmall = (server) =>
  eventually(
    () => server.residentBytes() <= SMALL * MB + ROOM,
    `still ${(server.residentBytes() / MB).toFixed(1)} MB`,
    BACK_MS,
  );

describe('isocached', { skip: needIsocached, concurrency: 1 }, () => {
  test('cache_memlimit from 1000 MB to 64, and again, and behind flush_all', limit, () =>
    withServer(startIsocached, ['-m', String(LARGE), '-t', '1'], async (server) => {
      await fillUp(server, LARGE);
      assert.ok(server.residentBytes() > 0.9 * LARGE * MB);
      const setter = await Setter.start(server);
      try {
        const quiet = percentile99(await setter.during(500));
        setter.times = [];
        await setLimit(server, SMALL);
        await assertSmall(server);
        await sleep(300);
        const longest = Math.max(...setter.times);
        assert.ok(longest <= 2 * quiet + 10, `a set took ${longest.toFixed(1)} ms, usually ${quiet.toFixed(1)}`);
      } finally {
        await setter.stop();
      }
      await setLimit(server, MEDIUM);
      await fillUp(server, MEDIUM);
      assert.ok(server.residentBytes() > 0.9 * MEDIUM * MB);
      await setLimit(server, SMALL);
      await assertSmall(server);

      await setLimit(server, MEDIUM);
      await fillUp(server, MEDIUM);
      assert.equal(await withClient(server, (client) => client.ask('flush_all\r\n')), 'OK\r\n');
      await setLimit(server, SMALL);
      await assertSmall(server);
      assert.equal(
        await withClient(server, (client) => client.ask(`${set('after', VALUE)}get after\r\n`)),
        `STORED\r\nVALUE after 0 1000\r\n${VALUE}\r\nEND\r\n`,
      );
    }),
  );
});
