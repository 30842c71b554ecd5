// onRequest: what user code sees, answers, forwards and leaves to the engine.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { open } from 'isocache/inline';
import { createServer } from 'isocache/server';

import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { needMemcached, startMemcached, withServer as withProcess } from '../../tests/lib/server.mjs';
import { sleep, withServer } from './lib/serve.mjs';

const text = (bytes) => Buffer.from(bytes).toString('latin1');

test('a hook sees each request, with its parts', async () => {
  const seen = [];
  const onRequest = ({ command, key, keys, flags, value, bytes, noreply }) => {
    seen.push({ command, key, keys, flags, value: value && text(value), bytes: text(bytes), noreply });
  };
  await withServer({ onRequest }, (server) =>
    withClient(server, async (client) => {
      await client.send('set a 0 0 2 noreply\r\nhi\r\nget a b\r\nmg a v O7\r\nmn\r\n');
      assert.equal(await client.readUntil('MN\r\n'), 'VALUE a 0 2\r\nhi\r\nEND\r\nVA 2 O7\r\nhi\r\nMN\r\n');
    }),
  );
  assert.deepEqual(seen, [
    {
      command: 'set',
      key: 'a',
      keys: ['a'],
      flags: [],
      value: 'hi',
      bytes: 'set a 0 0 2 noreply\r\nhi\r\n',
      noreply: true,
    },
    { command: 'get', key: 'a', keys: ['a', 'b'], flags: [], value: undefined, bytes: 'get a b\r\n', noreply: false },
    {
      command: 'mg',
      key: 'a',
      keys: ['a'],
      flags: ['v', 'O7'],
      value: undefined,
      bytes: 'mg a v O7\r\n',
      noreply: false,
    },
    { command: 'mn', key: undefined, keys: [], flags: [], value: undefined, bytes: 'mn\r\n', noreply: false },
  ]);
});

test('a hook answers: as text, as bytes, later, with commands of its own, or with an error', async () => {
  const onRequest = async (request, internal) => {
    switch (request.command) {
      case 'greet':
        return `HELLO ${request.args.join(' ')}\r\n`;
      case 'bytes':
        return Uint8Array.of(0, 255, 13, 10);
      case 'later':
        await sleep(20);
        return 'AT LAST\r\n';
      case 'fail':
        throw new Error('out of\r\nluck');
      case 'double':
        return text(internal(request.bytes.subarray(7))).repeat(2);
      case 'set':
        return request.noreply ? 'NOBODY ASKED\r\n' : undefined;
      default:
        return undefined;
    }
  };
  await withServer({ onRequest }, (server) =>
    withClient(server, async (client) => {
      await client.send(
        'greet you there\r\nbytes\r\nlater\r\nfail\r\ndouble mg a\r\nset a 0 0 1 noreply\r\n1\r\nset a 0 0 1\r\n1\r\nmn\r\n',
      );
      assert.equal(
        await client.readUntil('MN\r\n'),
        'HELLO you there\r\n\0\xff\r\nAT LAST\r\nSERVER_ERROR out of luck\r\nEN\r\nEN\r\nSTORED\r\nMN\r\n',
      );
    }),
  );
});

test('an answer that is no reply is an error, for the client and for onError', async () => {
  const wrong = {
    number: 5,
    zero: 0,
    false: false,
    true: true,
    null: null,
    bigint: 5n,
    symbol: Symbol('x'),
    object: {},
    array: ['HD\r\n'],
    buffer: new ArrayBuffer(4),
    words: Uint16Array.of(72, 68),
    text: 'HD',
    newline: 'HD\n',
    empty: '',
    bytes: Buffer.from('HD'),
    none: new Uint8Array(0),
    function: () => 'HD\r\n',
  };
  const seen = [];
  const onError = (error, request) => seen.push([error.code, request.command]);
  for (const wrap of [(value) => value, async (value) => value, (value) => ({ then: (resolve) => resolve(value) })]) {
    const onRequest = ({ command }) => (command in wrong ? wrap(wrong[command]) : undefined);
    seen.length = 0;
    await withServer({ onRequest, onError }, (server) =>
      withClient(server, async (client) => {
        for (const command of Object.keys(wrong)) {
          assert.match(await client.ask(`${command}\r\n`), /^SERVER_ERROR onRequest gave [^\r\n]+\r\n$/, command);
        }
        assert.equal(await client.ask('mg a v\r\n'), 'EN\r\n');
      }),
    );
    assert.deepEqual(
      seen,
      Object.keys(wrong).map((command) => ['BAD_ARGUMENT', command]),
    );
  }
});

test('whatever a hook throws, and whatever onError does: an error reply, and the next request is served', async () => {
  const unprintable = {
    toString() {
      throw new Error('no text');
    },
  };
  const odd = Object.assign(new Error('x'), { message: 7 });
  const getter = Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('no message');
    },
  });
  const thrown = [
    new Error('plain'),
    'text',
    5,
    null,
    undefined,
    Symbol('x'),
    Object.create(null),
    unprintable,
    odd,
    getter,
    new Error('a\r\nb'),
  ];
  const onErrors = [
    undefined,
    () => {
      throw new Error('in onError');
    },
    async () => {
      throw new Error('in onError');
    },
  ];
  for (const inner of onErrors) {
    const seen = [];
    const onError = (error) => {
      seen.push(error);
      return inner?.();
    };
    const onRequest = ({ command, args }) => {
      if (command === 'fail') throw thrown[args[0]];
      if (command === 'reject') return Promise.reject(thrown[args[0]]);
    };
    await withServer({ onRequest, onError: inner === undefined ? undefined : onError }, (server) =>
      withClient(server, async (client) => {
        for (const command of ['fail', 'reject']) {
          for (let i = 0; i < thrown.length; ++i)
            assert.match(await client.ask(`${command} ${i}\r\n`), /^SERVER_ERROR [^\r\n]*\r\n$/);
        }
        await client.send('set fail 0 0 1 noreply\r\n1\r\n');
        assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
      }),
    );
    if (inner !== undefined) assert.deepEqual(seen, [...thrown, ...thrown]);
  }
});

test('an empty answer, where no reply is expected', async () => {
  const onError = (error) => assert.fail(error);
  for (const onRequest of [
    (request, internal) => internal(request),
    ({ args }) => (args.includes('noreply') || args.includes('q') ? '' : undefined),
  ]) {
    await withServer({ onRequest, onError }, (server) =>
      withClient(server, async (client) => {
        await client.send(
          'mg a v q\r\nms a 1 q\r\n1\r\nset a 0 0 1 noreply\r\n1\r\ncache_memlimit 64 noreply\r\nverbosity 1 noreply\r\n',
        );
        assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
      }),
    );
  }
});

test('answers that wait for the one before them are bounded', async () => {
  let asked = 0;
  const onRequest = ({ command }) => (
    ++asked, command === 'hang' ? new Promise(() => {}) : `${'x'.repeat(500_000)}\r\n`
  );
  await withServer({ onRequest, concurrency: 100 }, async (server) => {
    const client = await RawClient.connect(server.address);
    await client.send('hang\r\n');
    for (let i = 0; i < 30; ++i) {
      await sleep(5);
      await client.send('more\r\n');
    }
    assert.equal(asked, 1 + 3, 'a little more than 1 MiB');
    client.close();
  });
});

test('an answer is one whole reply, for commands whose replies are known', async () => {
  const table = [
    [
      'mg k v',
      [
        'VA 10\r\nab\r\n',
        '\r\n',
        'HD\r\nHD\r\n',
        'VA 2\r\nabcd\r\n',
        'VA 2\r\nab\r\nHD\r\n',
        'HD\nHD\r\n',
        'VA 99999999999\r\nab\r\n',
      ],
      ['VA 2\r\nab\r\n', 'VA 4 f0\r\n\r\n\r\n\r\n', 'HD\r\n', 'EN\r\n', 'SERVER_ERROR x\r\n', 'VA 0\r\n\r\n'],
    ],
    [
      'get k l',
      ['VALUE k 0 10\r\nab\r\nEND\r\n', 'VALUE k 0 2\r\nab\r\n', 'END\r\nEND\r\n', '\r\n', 'OK\r\n\r\n'],
      [
        'CLIENT_ERROR bad command line format\r\n\r\n',
        'END\r\n',
        'VALUE k 0 2\r\nab\r\nVALUE \xfc 0 1 7\r\n\n\r\nEND\r\n',
        'VALUE k 0 2\r\nab\r\nSERVER_ERROR x\r\n',
      ],
    ],
    ['flush_all', ['OK\r\nOK\r\n', '\r\n'], ['OK\r\n']],
    ['stats', ['STAT a 1'], ['STAT a 1\r\nEND\r\n', 'RESET\r\n']],
    ['own', [], ['one\ntwo\r\n', 'a\r\nb\r\n']],
  ];
  let answer;
  let errors = 0;
  const onRequest = ({ command }) => (command === 'mn' ? undefined : Buffer.from(answer, 'latin1'));
  await withServer(
    {
      onRequest,
      onError: () => {
        ++errors;
      },
    },
    (server) =>
      withClient(server, async (client) => {
        for (const [line, wrong, right] of table) {
          for (answer of wrong) {
            await client.send(`${line}\r\nmn\r\n`);
            assert.match(await client.readUntil('MN\r\n'), /^SERVER_ERROR onRequest gave [^\r\n]+\r\nMN\r\n$/, answer);
          }
          assert.equal(errors, wrong.length, line);
          errors = 0;
          for (answer of right) {
            await client.send(`${line}\r\nmn\r\n`);
            assert.equal(await client.readUntil('MN\r\n'), `${answer}MN\r\n`);
          }
        }
      }),
  );
});

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
    await sleep(50);
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
