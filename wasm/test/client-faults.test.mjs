// isocache/client when things go wrong: servers that hang up, hang, dawdle, or talk nonsense.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';
import { createServer } from 'isocache/server';

import { freePort } from '../../tests/lib/server.mjs';
import { servers } from './lib/servers.mjs';
import { closed, sleep, withScript, scripted } from './lib/scripted-server.mjs';

test('requests made in one go leave in one write', async () => {
  const { sent, transport } = scripted((request) =>
    request
      .split('\r\n')
      .slice(1)
      .map(() => 'EN\r\n'),
  );
  const client = createClient({ transport });
  await Promise.all([client.get('a'), client.has('b'), (async () => client.get('c'))()]);
  assert.deepEqual(sent, ['mg a v c\r\nmg b u s c\r\nmg c v c\r\n']);
  await client.get('d');
  assert.equal(sent.length, 2);
});

test('replies may come byte by byte', async () => {
  const store = await open();
  const { transport } = scripted((request) =>
    Buffer.from(store.execute(Buffer.from(request, 'latin1'))).toString('latin1'),
  );
  const client = createClient({ transport });
  await client.set('a', 'one\r\ntwo', { flags: 3 });
  await client.set('n', '5');
  assert.equal(await client.get('a'), 'one\r\ntwo');
  assert.equal((await client.getItem('a')).flags, 3);
  assert.deepEqual(await client.getMany(['a', 'x', 'n']), ['one\r\ntwo', undefined, '5']);
  assert.equal(await client.incr('n'), 6n);
  assert.equal(await client.size(), 2);
  assert.deepEqual((await client.execute('get a\r\n')).length, 'VALUE a 3 8\r\none\r\ntwo\r\nEND\r\n'.length);
  const keys = [];
  for await (const key of client.keys()) keys.push(key);
  assert.deepEqual(keys.sort(), ['a', 'n']);
});

test('a server that hangs up in the middle of a reply: what is in flight fails, the next request connects anew', async () => {
  await withScript(
    (socket, before) =>
      socket.on('data', () => {
        if (before === 0) socket.end('VA 5\r\nfirst\r\nVA 100\r\nonly a part');
        else socket.write('VA 5\r\nagain\r\n');
      }),
    async (client) => {
      const [first, second, third] = await Promise.allSettled([client.get('a'), client.get('b'), client.set('c', '1')]);
      assert.equal(first.value, 'first');
      for (const { reason } of [second, third]) assert.equal(reason.code, 'CLOSED');
      assert.equal(await client.get('d'), 'again');
    },
  );
});

test('nobody listens: CLOSED, with the cause; later somebody does', async () => {
  const port = await freePort();
  const client = createClient({ port });
  for (const result of await Promise.allSettled([client.get('a'), client.get('b')])) {
    assert.equal(result.reason.code, 'CLOSED');
    assert.equal(result.reason.cause.code, 'ECONNREFUSED');
  }
  const server = await createServer();
  await server.listen({ port });
  assert.equal(await client.get('a'), undefined);
  await client.close();
  await server.close();
});

test('a silent server: TIMEOUT, and the connection is given up', async () => {
  let connections = 0;
  await withScript(
    (socket, before) => {
      connections = before + 1;
      socket.on('data', () => {
        if (before > 0) socket.write('EN\r\n');
      });
    },
    async (client) => {
      const start = performance.now();
      const first = client.get('a');
      await sleep(60);
      const second = client.get('b');
      await assert.rejects(first, { name: 'IsocacheError', code: 'TIMEOUT' });
      assert.ok(performance.now() - start >= 498);
      await assert.rejects(second, closed);
      assert.equal(await client.get('c'), undefined);
      assert.equal(connections, 2);
    },
    { timeout: 500 },
  );
});

test('a slow server: TIMEOUT for who waited too long, the late reply goes to nobody else', async () => {
  let connections = 0;
  await withScript(
    (socket) => {
      ++connections;
      socket.once('data', () => {
        socket.write('VA 4\r\n'); // a sign of life
        setTimeout(() => socket.write('late\r\nVA 4\r\ngood\r\n'), 600);
      });
    },
    async (client) => {
      const first = client.get('a');
      await sleep(300);
      const second = client.get('b');
      await assert.rejects(first, { code: 'TIMEOUT' });
      assert.equal(await second, 'good');
      assert.equal(connections, 1);
    },
    { timeout: 500 },
  );
});

test('an address that never answers: TIMEOUT', async () => {
  const client = createClient({ transport: () => new Promise(() => {}), timeout: 50 });
  await assert.rejects(client.get('a'), { code: 'TIMEOUT' });
});

test('nonsense: PROTOCOL, and the connection is given up', async () => {
  for (const nonsense of ['what?\r\n', 'VA x\r\n', 'VA 1\r\nabc\r\n', 'MN\r\n', 'STAT a b\r\n']) {
    await withScript(
      (socket, before) => socket.on('data', () => socket.write(before === 0 ? nonsense : 'VA 2\r\nok\r\n')),
      async (client) => {
        const [first, second] = await Promise.allSettled([client.get('a'), client.get('b')]);
        assert.equal(first.reason.code, 'PROTOCOL', nonsense);
        assert.ok(['PROTOCOL', 'CLOSED'].includes(second.reason.code));
        assert.equal(await client.get('c'), 'ok');
      },
    );
  }
});

test('a reply to no request: the connection is not used again', async () => {
  await withScript(
    (socket, before) =>
      socket.on('data', () => socket.write(before === 0 ? 'EN\r\nVA 3\r\nbad\r\n' : 'VA 4\r\ngood\r\n')),
    async (client) => {
      assert.equal(await client.get('a'), undefined);
      await sleep(20);
      assert.equal(await client.get('b'), 'good');
    },
  );
});

test('an error reply fails its request alone', async () => {
  await withScript(
    (socket) => socket.on('data', () => socket.write('SERVER_ERROR out of memory\r\nVA 2\r\nok\r\n')),
    async (client) => {
      const [first, second] = await Promise.allSettled([client.get('a'), client.get('b')]);
      assert.equal(first.reason.code, 'NO_MEMORY');
      assert.equal(second.value, 'ok');
    },
  );
});

test('close waits for what is due; then everything is CLOSED', async () => {
  await withScript(
    (socket) => socket.on('data', () => setTimeout(() => socket.write('VA 2\r\nok\r\nHD\r\n'), 50)),
    async (client) => {
      const due = [client.get('a'), client.set('b', '1')];
      const done = client.close();
      assert.equal(await due[0], 'ok');
      await due[1];
      await done;
      await assert.rejects(client.get('a'), closed);
      await assert.rejects(async () => {
        for await (const key of client.keys()) assert.fail(key);
      }, closed);
    },
  );
});

test('close before the first request, and twice', async () => {
  const client = createClient({ port: 1 });
  await client.close();
  await client.close();
});

test('a transport that is full is waited for', async () => {
  let full = false;
  let release = () => {};
  const transport = (receiver) => ({
    send(bytes) {
      assert.equal(full, false, 'sent while it was full');
      full = true;
      receiver.receive(Buffer.from('EN\r\n'.repeat(Buffer.from(bytes).toString().split('\n').length - 1)));
      return new Promise((resolve) => {
        release = () => {
          full = false;
          resolve();
        };
      });
    },
    close: () => receiver.closed(),
  });
  const client = createClient({ transport });
  for (let i = 0; i < 5; ++i) {
    const wait = client.get('a');
    await sleep(5);
    release();
    await wait;
  }
});

test('a slow reader of keys() stops the server, not the client', async () => {
  let written = 0;
  await withScript(
    (socket) => {
      const line = `key=${'k'.repeat(200)} exp=-1 la=1 cas=1 fetch=no cls=1 size=60\n`;
      socket.on('data', (data) => {
        if (!String(data).startsWith('lru_crawler')) return socket.write('EN\r\n');
        const block = line.repeat(1000);
        const more = () => {
          while (written < 300_000_000) {
            written += block.length;
            if (!socket.write(block)) return;
          }
          socket.write('END\r\n');
        };
        socket.on('drain', more);
        more();
      });
    },
    async (client) => {
      let count = 0;
      for await (const key of client.keys()) {
        assert.equal(key.length, 200);
        if (++count === 10) await sleep(300);
        if (count === 20) break;
      }
      assert.ok(written < 100_000_000, `${written} bytes`);
      assert.equal(await client.get('a'), undefined);
    },
  );
});

for (const [name, start, skip] of servers) {
  test(`getOrSet over ${name}: one loader for all clients, stale values meanwhile`, { skip }, async () => {
    const server = await start();
    const clients = Array.from({ length: 4 }, () => createClient({ port: server.port }));
    let loads = 0;
    const load = async () => {
      const value = `value ${++loads}`;
      await sleep(50);
      return value;
    };
    const ask = (options) =>
      Promise.all(clients.flatMap((client) => [1, 2, 3].map(() => client.getOrSet('key', load, options))));
    assert.deepEqual(new Set(await ask({ ttl: 60_000 })), new Set(['value 1']));
    assert.deepEqual(new Set(await ask({ ttl: 60_000 })), new Set(['value 1']));
    assert.equal(loads, 1);
    await clients[0].markStale('key');
    const values = await ask({ ttl: 60_000 });
    assert.equal(loads, 2);
    assert.ok(values.includes('value 1') && values.includes('value 2'), String(values));
    assert.equal(await clients[3].get('key'), 'value 2');
    await assert.rejects(
      clients[0].getOrSet('other', () => {
        throw new Error('no luck');
      }),
      /no luck/,
    );
    assert.equal(await clients[1].getOrSet('other', () => 'luck', { lease: 1000 }), 'luck', 'the lease was given up');
    assert.deepEqual(await clients[1].getOrSetBytes('bytes', () => Uint8Array.of(1, 255)), Uint8Array.of(1, 255));
    for (const client of clients) await client.close();
    await server.stop();
  });
}

test("bytes from getBytes() and getItem() are the caller's: transferring them hurts nobody", async () => {
  const big = 'x'.repeat(40_000);
  let receive;
  const client = createClient({
    transport: (receiver) => {
      receive = (text) => receiver.receive(new Uint8Array(Buffer.from(text, 'latin1')));
      return { send() {}, close() {} };
    },
  });
  for (const [method, bytes] of [
    ['getBytes', (found) => found],
    ['getItem', ({ value }) => value],
  ]) {
    const first = client[method]('a');
    const second = client.get('b');
    await sleep(1);
    receive(`VA 40000 c1\r\n${big}\r\nVA 6\r\nsec`);
    const found = bytes(await first);
    assert.equal(found.byteLength, found.buffer.byteLength, 'no other reply is to be seen through it');
    structuredClone(found, { transfer: [found.buffer] });
    receive('ret\r\n');
    assert.equal(await second, 'secret');
  }
});
