// client.execute() with what an attacker words: his requests get what they get, and nobody else's reply moves.

import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';

import { createClient } from 'isocache/client';

import { servers } from './lib/servers.mjs';
import { sleep, withServer } from './lib/serve.mjs';

const LONG_KEY = 'k'.repeat(251);
// As a value, 19 bytes; as requests, three replies.
const SMUGGLED = 'version\r\nmn\r\nmg a\r\n\r\n';
const base64 = (text) => Buffer.from(text, 'latin1').toString('base64');

const EVIL = [
  ...[
    'set LONG 0 0 19',
    'set k x 0 19',
    'set k 0 y 19',
    'set k 0 0 19 junk',
    'set k 4294967296 0 19',
    'set k 0 99999999999999999999 19',
    'set k -1 0 19',
    'add k 0 0 19 0 0',
    'cas k 0 0 19 x',
    'cas k 0 0 19',
    'cas k 0 0 19 -1',
    'cas LONG 0 0 19 1',
    'append LONG 0 0 19 noreply',
    'set  k 0 0 19',
    'set k 0 0 019',
    'set k 0 0 19 noreply',
    'set k\t 0 0 19',
    'set LONG 0 0 19 noreply',
    'ms LONG 19',
    'ms k 19 Z',
    'ms k 19 C',
    'ms k 19 Cx',
    'ms k 19 Fx',
    'ms k 19 F4294967296',
    'ms k 19 T1 T2',
    'ms k 19 MZ',
    'ms k 19 Tx',
    'ms !!! 19 b',
    'ms k 19 b',
    'ms k 19 q',
    'ms k 19 q q',
    'ms k 19 qx',
    'ms k 19 I',
    'ms k 19 E5',
    'ms k 19 N5',
    'ms k 19 c',
    'ms k 19 k b',
    'ms aGk= 19 b k',
    'ms k 19 Oabc k',
    'ms k 19 C1',
    'ms k 19 ME',
    'ms k 19 MS F1 T5',
    `ms k 19 O${'o'.repeat(40)}`,
    'ms k 019',
  ].map((line) => `${line.replace('LONG', LONG_KEY)}\r\n${SMUGGLED}`),
  // Names that look like replies where they are printed raw.
  ...['x\r\nMN\r\n', '\r\nEND\r\n', '\r\nVA 1\r\na\r\n'].map((key) => `ms ${base64(key)} 1 b\r\nx\r\n`),
  ...[
    'stats',
    'stats cachedump 1 100',
    'stats cachedump 2 0',
    'stats items',
    'stats settings',
    'stats reset',
    'lru_crawler metadump all',
    'lru_crawler mgdump all',
    'lru_crawler crawl all',
    'me k',
    'me a',
    'verbosity 1',
    'verbosity 1 noreply',
    'version',
    'version noreply',
    'mn',
    'mn q',
    'mn\r\nmn',
    'nonsense',
    'MN',
    'get',
    `get a ${LONG_KEY} b`,
    'get k noreply',
    'gets k k',
    'gat 0 k',
    'gat x k',
    'gats 0 0 k',
    'incr k -1',
    'incr k 99999999999999999999',
    'decr k 1 noreply',
    'incr k 1 x',
    'touch k x',
    'touch k 0 noreply',
    'delete k 5',
    'delete k 0',
    'delete k noreply',
    'delete noreply',
    'delete k x noreply',
    'mg k v q',
    'mg k v q\r\nmg a v q\r\nmg none q v',
    'mg k v q q',
    'mg k qq v',
    'mg k v Q',
    'mg',
    `mg ${LONG_KEY} v`,
    'mg !! b v',
    `mg k v ${'x '.repeat(60)}`,
    'md none q',
    'md none',
    'ma none q',
    'ma k q v',
    'ma k Dx',
    'ma none N0 J5 v',
    'ms',
    'ms k',
    'ms k x',
    'set k',
    'cache_memlimit',
    'slabs automove 2',
    'flush_all x',
    'refresh_certs',
    `get ${'key '.repeat(1000)}`,
    `get ${Array.from({ length: 300 }, (_, i) => `key-${i}`).join(' ')}`,
    `gat 0 ${'x '.repeat(2000)}`,
    '\r\n',
    ' get k',
    'set k 0 0 0\r\n',
    'ms k 0\r\n',
    `set k 0 0 2000000\r\n${'version\r\n'.repeat(222_222)}xx`,
    'set k 0 0 -1',
  ].map((request) => `${request}\r\n`),
];

async function serving([, start, skip], use) {
  if (skip) return;
  const server = await start();
  const client = createClient({ port: server.port, timeout: 2000 });
  try {
    await client.setMany(Array.from({ length: 4 }, (_, i) => [`neighbour-${i}`, `value-${i}`]));
    await use(client, server.port);
  } finally {
    await client.close();
    await server.stop();
  }
}

for (const server of servers) {
  const [name, , skip] = server;
  test(`${name}: whatever is executed, the requests before and after it get their own replies`, { skip }, () =>
    serving(server, async (client) => {
      for (const request of EVIL) {
        const ask = () => Promise.all([0, 1, 2, 3].map((i) => client.get(`neighbour-${i}`)));
        const [before, , after] = await Promise.allSettled([ask(), client.execute(request), ask()]);
        for (const { reason, value } of [before, after, { value: await ask() }]) {
          assert.deepEqual(
            value,
            ['value-0', 'value-1', 'value-2', 'value-3'],
            `${JSON.stringify(request.slice(0, 80))}: ${reason}`,
          );
        }
      }
    }),
  );

  test(`${name}: a hook that forwards serves an attacker and his neighbours, each his own`, { skip }, () =>
    serving(server, async (far) => {
      const onRequest = (request) => (request.command === 'quit' ? undefined : far.execute(request));
      await withServer({ onRequest, concurrency: 8 }, async ({ port }) => {
        let attacking = true;
        const neighbours = [0, 1, 2, 3].map(async (i) => {
          const client = createClient({ port });
          const key = `neighbour-${i}`;
          let asked = 0;
          for (; attacking; ++asked) {
            assert.equal(await client.get(key), `value-${i}`);
            await client.set(`own-${i}`, `${asked}`);
            assert.equal(await client.get(`own-${i}`), `${asked}`);
          }
          await client.close();
          return asked;
        });
        for (let round = 0; round < 2; ++round) {
          for (const request of EVIL.filter((evil) => evil.length < 3000)) {
            const attacker = net.connect({ port, host: '127.0.0.1' }).on('error', () => {});
            attacker.resume().write(request.repeat(10));
            await sleep(4);
            attacker.destroy();
          }
        }
        attacking = false;
        for (const asked of await Promise.all(neighbours)) assert.ok(asked > 20, `${asked} rounds`);
      });
    }),
  );

  test(`${name}: noreply and q are silence, also together with others`, { skip }, () =>
    serving(server, async (client) => {
      const text = async (request) => new TextDecoder().decode(await client.execute(request));
      assert.equal(
        await text('set a 5 0 1 noreply\r\n1\r\nincr a 1 noreply\r\nget a\r\ndelete a noreply\r\nget a\r\n'),
        'VALUE a 5 1\r\n2\r\nEND\r\nEND\r\n',
      );
      assert.equal(
        await text('ms a 1 q\r\n1\r\nmg a q v\r\nmg none q v\r\nmd none q\r\nmd a q\r\nmn\r\n'),
        'VA 1\r\n1\r\nNF\r\nMN\r\n', // md q keeps back success alone
      );
      assert.equal(
        await text('get neighbour-0 none neighbour-1 neighbour-0\r\n'),
        'VALUE neighbour-0 0 7\r\nvalue-0\r\nVALUE neighbour-1 0 7\r\nvalue-1\r\nVALUE neighbour-0 0 7\r\nvalue-0\r\nEND\r\n',
      );
      assert.equal(
        await text('incr neighbour-0 1\r\n'),
        'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n',
      );
    }),
  );
}

test('an answer that its request cannot have: PROTOCOL, and the connection is not used again', async () => {
  const cases = [
    ['get a\r\n', 'VALUE b 0 1\r\nx\r\nEND\r\n'],
    ['get a b\r\n', 'VALUE b 0 1\r\nx\r\nVALUE a 0 1\r\nx\r\nEND\r\n'],
    ['get a\r\n', 'STORED\r\n'],
    ['gat 7 a\r\n', 'VALUE 7 0 1\r\nx\r\nEND\r\n'],
    ['set a 0 0 1\r\nx\r\n', 'END\r\n'],
    ['set a 0 0 1\r\nx\r\n', 'ERROR\r\n'],
    ['set a 0 0 1\r\nx\r\n', 'CLIENT_ERROR bad command line format\r\n'],
    ['ms a 1\r\nx\r\n', 'CLIENT_ERROR invalid flag\r\n'],
    ['md a\r\n', 'VA 1\r\nx\r\n'],
    ['incr a 1\r\n', 'x\r\n'],
    ['version\r\n', 'MN\r\n'],
    ['mn\r\n', 'OK\r\n'],
  ];
  for (const [request, reply] of cases) {
    let connections = 0;
    const transport = (receiver) => {
      const first = connections++ === 0;
      return {
        send() {
          receiver.receive(Buffer.from(first ? reply : 'EN\r\n'));
        },
        close() {},
      };
    };
    const client = createClient({ transport });
    await assert.rejects(client.execute(request), { code: 'PROTOCOL' }, request);
    assert.equal(await client.get('x'), undefined);
    assert.equal(connections, 2);
  }
});

test('a value that the server took for requests: set() fails with PROTOCOL, and nobody gets the replies', async () => {
  let connections = 0;
  const transport = (receiver) => {
    const first = connections++ === 0;
    return {
      send() {
        receiver.receive(Buffer.from(first ? 'ERROR\r\nVA 1\r\nx\r\n' : 'EN\r\n'));
      },
      close() {},
    };
  };
  const client = createClient({ transport });
  const [set, get] = await Promise.allSettled([client.set('k', 'mg b v'), client.get('a')]);
  assert.equal(set.reason.code, 'PROTOCOL');
  assert.notEqual(get.value, 'x');
  assert.equal(await client.get('a'), undefined);
});

test('close() waits for a request on a connection of its own, and ends it at last', async () => {
  const server = net.createServer((socket) => {
    socket.on('error', () => {});
  });
  await new Promise((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = createClient({ port: server.address().port, timeout: 200 });
  const asked = assert.rejects(client.execute('stats\r\n'), (error) => ['TIMEOUT', 'CLOSED'].includes(error.code));
  const start = performance.now();
  await client.close();
  await asked;
  assert.ok(performance.now() - start < 1000);
  server.close();
});
