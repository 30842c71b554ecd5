// onRequest: what user code executes with internal(), forwards, and leaves to the engine; in which order, and at what
// cost.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';
import { createServer } from 'isocache/server';

import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { needMemcached, startMemcached, withServer as withProcess } from '../../tests/lib/server.mjs';
import { sleep, withServer } from './lib/serve.mjs';

const text = (bytes) => Buffer.from(bytes).toString('latin1');

test('what internal() gives concerns nobody else', async () => {
  const seen = [];
  const onRequest = (request, internal) => {
    for (const [one, other] of [
      [internal('mg a v\r\n'), internal('mg a v\r\n')],
      [internal('set x 0 0 1 noreply\r\n1\r\n'), internal('mg none q\r\n')],
    ]) {
      seen.push(one.buffer === other.buffer);
      structuredClone(one, { transfer: [one.buffer] });
      structuredClone(other, { transfer: [other.buffer] });
    }
    return internal(request);
  };
  await withServer({ onRequest }, (server) =>
    withClient(server, async (client) => assert.equal(await client.ask('mg a v\r\n'), 'EN\r\n')),
  );
  assert.ok(seen.length >= 2 && !seen.includes(true));
});

test('internal() takes whole requests, and nothing else', async () => {
  const refused = [];
  const onRequest = (request, internal) => {
    if (request.command !== 'try') return internal(request);
    for (const part of [
      'get a',
      'set a 0 0 5\r\nab',
      'set a 0 0 3000000\r\n',
      `set a 0 0 500000\r\n${'x'.repeat(300_000)}`,
      `get ${'k '.repeat(3000)}`,
      'mn\r\nmg a',
      'ms a 2\r\nab',
      5,
      null,
      undefined,
      true,
      {},
      ['mn\r\n'],
      new Uint16Array(4),
      new ArrayBuffer(4),
    ]) {
      try {
        refused.push(text(internal(part)));
      } catch (error) {
        refused.push(error.code);
      }
      if (text(internal('mg b v\r\n')) !== 'VA 1\r\n2\r\n') refused.push(`${part}: the next one got something else`);
    }
    return text(internal(Buffer.from('mn\r\nmn\r\n')));
  };
  await withServer({ onRequest }, (server) =>
    withClient(server, async (client) => {
      server.store.set('b', '2');
      await client.send('try\r\n');
      assert.equal(await client.readUntil('MN\r\nMN\r\n'), 'MN\r\nMN\r\n');
      assert.deepEqual(refused, Array(15).fill('BAD_ARGUMENT'));
      assert.equal(server.store.get('a'), undefined);
    }),
  );
});

test('one request at a time, unless asked otherwise; replies in order in any case', async () => {
  for (const concurrency of [undefined, 1, 5]) {
    let now = 0;
    let most = 0;
    const onRequest = async (request) => {
      most = Math.max(most, ++now);
      await sleep(Math.random() * 10);
      --now;
      return `${request.command}\r\n`;
    };
    await withServer({ onRequest, concurrency }, (server) =>
      withClient(server, async (client) => {
        const commands = Array.from({ length: 50 }, (_, i) => `cmd${i}\r\n`).join('');
        await client.send(commands);
        assert.equal(await client.readUntil('cmd49\r\n'), commands);
      }),
    );
    assert.equal(most, concurrency ?? 1);
  }
});

test('each request sees what those before it did', async () => {
  const onRequest = async (request, internal) => {
    if (request.command === 'set') await sleep(10);
    return internal(request);
  };
  await withServer({ onRequest }, (server) =>
    withClient(server, async (client) => {
      await client.send('set a 0 0 1\r\n1\r\nget a\r\nappend a 0 0 1\r\n2\r\nget a\r\n');
      assert.equal(
        await client.readUntil('12\r\nEND\r\n'),
        'STORED\r\nVALUE a 0 1\r\n1\r\nEND\r\nSTORED\r\nVALUE a 0 2\r\n12\r\nEND\r\n',
      );
    }),
  );
});

test('quit among other requests: those before it are answered, those after it are not', async () => {
  for (const onRequest of [
    async () => {
      await sleep(5);
    },
    async (request, internal) => {
      await sleep(5);
      return internal(request);
    },
  ]) {
    await withServer({ onRequest }, (server) =>
      withClient(server, async (client) => {
        await client.send('mn\r\nversion\r\nquit\r\nmn\r\n');
        assert.match(await client.readToEnd(), /^MN\r\nVERSION [\d.]+\r\n$/);
      }),
    );
  }
});

test('a client that goes while the hook is busy', async () => {
  let release;
  let refused;
  const done = new Promise((resolve) => {
    release = resolve;
  });
  const onRequest = async (request, internal) => {
    await sleep(300); // by then the client is gone
    try {
      internal(request);
    } catch (error) {
      refused = error;
    }
    release();
    return 'TOO LATE\r\n';
  };
  await withServer({ onRequest }, async (server) => {
    const client = await RawClient.connect(server.address);
    await client.send('mn\r\n');
    await sleep(20);
    client.reset();
    await done;
    assert.equal(refused.code, 'CLOSED');
    const next = await RawClient.connect(server.address);
    await next.send('mn\r\n');
    assert.equal(await next.readLine(), 'TOO LATE\r\n');
    next.close();
  });
});

test('what a busy hook leaves waiting stays in the network', { timeout: 60_000 }, async () => {
  const onRequest = () => new Promise(() => {});
  await withServer({ onRequest }, async (server) => {
    const client = await RawClient.connect(server.address);
    const request = Buffer.from(`set a 0 0 1000000\r\n${'x'.repeat(1_000_000)}\r\n`);
    let taken = 0;
    for (let i = 0; i < 50; ++i)
      client.socket.write(request, () => {
        taken += request.length;
      });
    await sleep(500);
    assert.ok(taken < 20e6, `${taken} bytes`);
    client.close();
  });
});

test('internal() gives at most 64 MiB at a time', { timeout: 60_000 }, async () => {
  const onRequest = async (request, internal) => (request.command === 'get' ? internal(request) : undefined);
  await withServer({ onRequest }, async (server) => {
    server.store.set('big', 'v'.repeat(1_000_000));
    await withClient(server, async (client) => {
      assert.equal(await client.ask(`get ${'big '.repeat(100)}\r\n`), 'SERVER_ERROR out of memory writing a reply\r\n');
      assert.equal(await client.ask('get nokey\r\n'), 'END\r\n');
    });
  });
});

test('a value that is too large: the hook sees the request without it, and decides', { timeout: 60_000 }, async () => {
  const big = 'x'.repeat(3_000_000);
  const answers = {
    pass: () => undefined,
    execute: (request, internal) => internal(request),
    refuse: async () => {
      await sleep(10);
      return 'CLIENT_ERROR not here\r\n';
    },
  };
  for (const concurrency of [1, 4]) {
    let seen;
    const onRequest = (request, internal) => {
      if (request.command !== 'set') return undefined;
      seen = [request.key, request.tooLarge, request.value, text(request.bytes)];
      return answers[request.key](request, internal);
    };
    await withServer({ onRequest, concurrency }, (server) =>
      withClient(server, async (client) => {
        for (const [key, reply, kept] of [
          ['pass', 'SERVER_ERROR object too large for cache\r\n', false],
          ['execute', 'SERVER_ERROR object too large for cache\r\n', false],
          ['refuse', 'CLIENT_ERROR not here\r\n', true],
        ]) {
          server.store.set(key, 'old');
          const line = `set ${key} 0 0 ${big.length}\r\n`;
          assert.equal(await client.ask(`${line}${big}\r\nmn\r\n`), `${reply}MN\r\n`);
          assert.deepEqual(seen, [key, true, undefined, line]);
          assert.equal(server.store.has(key), kept, 'the engine drops the old value; a hook that refuses keeps it');
        }
      }),
    );
  }
});

test('after a value that was too large, a malformed line still gets its error', { timeout: 60_000 }, async () => {
  const onRequest = ({ command }) => (command === 'set' ? 'CLIENT_ERROR not here\r\n' : undefined);
  await withServer({ onRequest }, (server) =>
    withClient(server, async (client) => {
      assert.equal(
        await client.ask(`set a 0 0 3000000\r\n${'x'.repeat(3_000_000)}\r\n get a\r\nmn\r\n`),
        'CLIENT_ERROR not here\r\nERROR\r\nMN\r\n',
      );
    }),
  );
});

// ---------------------------------------------------------------- a cache before a cache

/** Reads are answered here, from items fetched once from `remote`; writes go there, and are forgotten here. */
function twoLevels(store, remote, longestTtl) {
  const reads = new Set(['get', 'gets', 'mg']);
  const fetch = async (key) => {
    const item = await remote.getItem(key);
    if (item) store.set(key, item.value, { ttl: Math.min(item.ttl ?? longestTtl, longestTtl), flags: item.flags });
  };
  return async (request, internal) => {
    if (reads.has(request.command)) {
      await Promise.all(request.keys.filter((key) => !store.has(key)).map(fetch));
      return internal(request);
    }
    if (request.keys.length === 0) return undefined;
    const reply = await remote.execute(request);
    store.deleteMany(request.keys);
    return reply;
  };
}

for (const [name, start] of [
  ['memcached', startMemcached],
  ['another isocache/server', undefined],
]) {
  test(`two levels: a local store before ${name}`, { skip: start && needMemcached }, async () => {
    const run = async ({ port }) => {
      const remote = createClient({ port });
      const store = await open();
      const local = await createServer({ store, onRequest: twoLevels(store, remote, 1000) });
      await local.listen({ port: 0 });
      const client = createClient({ port: local.port });

      await remote.set('a', 'from afar', { flags: 5 });
      assert.equal(await client.get('a'), 'from afar');
      assert.equal(store.get('a'), 'from afar');
      await client.set('a', 'written through', { flags: 6 });
      assert.equal(store.has('a'), false);
      assert.equal(await remote.get('a'), 'written through');
      assert.deepEqual(await client.getMany(['a', 'b']), ['written through', undefined]);
      assert.equal((await client.getItem('a')).flags, 6);
      assert.equal(await client.incr('n', 5n, { initial: 1n }), 1n);
      assert.equal(await client.delete('a'), true);
      assert.equal(await client.get('a'), undefined);
      assert.equal(
        text(await client.execute('set t 0 0 1 noreply\r\n1\r\nget t n\r\n')),
        'VALUE t 0 1\r\n1\r\nVALUE n 0 1\r\n1\r\nEND\r\n',
      );

      await client.close();
      await local.close();
      store.close();
      await remote.close();
    };
    if (start) await withProcess(start, [], run);
    else await withServer({}, run);
  });
}
