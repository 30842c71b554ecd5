// onRequest: what user code sees and answers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { RawClient, withClient } from '../../tests/lib/client.mjs';
import { eventually } from '../../tests/lib/eventually.mjs';
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
  // biome-ignore lint/suspicious/noThenProperty: a promise of another make is what this tries
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
  const onRequest = ({ command }) => {
    ++asked;
    return command === 'hang' ? new Promise(() => {}) : `${'x'.repeat(500_000)}\r\n`;
  };
  await withServer({ onRequest, concurrency: 100 }, async (server) => {
    const client = await RawClient.connect(server.address);
    await client.send('hang\r\n');
    for (let i = 0; i < 30; ++i) {
      await sleep(5);
      await client.send('more\r\n');
    }
    await eventually(() => asked >= 1 + 3, 'less than 1 MiB');
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
