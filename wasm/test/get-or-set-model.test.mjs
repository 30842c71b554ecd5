// Seeds of the model of getOrSet: MODEL_SEEDS=1..100000 runs others than these.

import net from 'node:net';
import { once } from 'node:events';
import { test } from 'node:test';

import { open } from 'isocache';

import { needMemcached, startMemcached } from '../../tests/lib/server.mjs';
import { runModel } from './lib/get-or-set-model.mjs';

const [first, last] = (process.env.MODEL_SEEDS ?? '1..300').split('..').map(Number);
const text = (bytes) => (bytes === undefined ? undefined : new TextDecoder().decode(bytes));

async function inProcess() {
  const clock = { ms: 1_800_000_000_000 };
  const store = await open({ maxBytes: 1 << 20, now: () => clock.ms });
  const connections = [store.connect(), store.connect()];
  return {
    store,
    now: () => clock.ms,
    advance: (ms) => {
      clock.ms += ms;
    },
    execute: (client, bytes) => connections[client].feed(bytes).slice(),
    peek: () => text(store.getItem('k', { peek: true })?.value),
  };
}

/** Its clock cannot be turned: no lease runs out there. */
async function overMemcached(port) {
  const sockets = await Promise.all(
    [0, 1, 2].map(async () => {
      const socket = net.connect(port, '127.0.0.1');
      await once(socket, 'connect');
      return socket;
    }),
  );
  const execute = async (client, bytes) => {
    const socket = sockets[client];
    socket.write(Buffer.concat([bytes, Buffer.from('mn\r\n')]));
    const parts = [];
    for (;;) {
      const [part] = await once(socket, 'data');
      parts.push(part);
      const whole = Buffer.concat(parts);
      if (whole.subarray(-4).toString() === 'MN\r\n') return whole.subarray(0, -4);
    }
  };
  return {
    now: Date.now,
    execute,
    peek: async () => /\r\n(\w+)\r\n/.exec((await execute(2, Buffer.from('get k\r\n'))).toString())?.[1],
    end: () => {
      for (const socket of sockets) socket.destroy();
    },
    clear: () => execute(2, Buffer.from('md k\r\n')),
  };
}

test(`seeds ${first} to ${last}, in process`, async () => {
  for (let seed = first; seed <= last; ++seed) await runModel(seed, await inProcess());
});

test('a few seeds on memcached', { skip: needMemcached }, async (t) => {
  const server = await startMemcached();
  t.after(() => server.stop());
  for (let seed = 1; seed <= 30; ++seed) {
    const cache = await overMemcached(server.port);
    try {
      await runModel(seed, cache);
    } finally {
      await cache.clear();
      cache.end();
    }
  }
});
