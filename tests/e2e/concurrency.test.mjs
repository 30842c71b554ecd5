// Many clients on several threads use the same items. Every command takes effect once, and as a whole.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { RawClient, withClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';

const limit = { timeout: 60_000 };
const CLIENTS = 16;
const seed = seedFromEnvironment(1);

/** Calls use(client, index) for that many clients at once, on a server with more threads than one. */
async function together(use, check, args = []) {
  await withServer(startIsocached, ['-t', '4', ...args], async (server) => {
    const clients = await Promise.all(Array.from({ length: CLIENTS }, () => RawClient.connect(server.address)));
    try {
      await Promise.all(clients.map(use));
    } finally {
      for (const client of clients) client.close();
    }
    await withClient(server, check);
  });
}

describe('isocached', { skip: needIsocached, concurrency: 1 }, () => {
  test('no increment is lost', limit, async () => {
    const each = 2000;
    await together(
      async (client) => {
        await client.ask('add n 0 0 1\r\n0\r\n');
        const reply = await client.ask('incr n 1\r\nma n D2 q\r\n'.repeat(each), 30_000);
        const numbers = reply.trim().split('\r\n').map(Number);
        assert.equal(numbers.length, each);
        assert.ok(
          numbers.every((number, index) => index === 0 || number > numbers[index - 1]),
          'a counter went back',
        );
      },
      async (client) => {
        assert.equal(await client.ask('incr n 0\r\n'), `${CLIENTS * each * 3}\r\n`);
      },
    );
  });

  test('of all that compare and set, one wins each time', limit, async () => {
    const each = 100;
    await together(
      async (client) => {
        await client.ask('add c 0 0 1\r\n0\r\n');
        for (let won = 0; won < each; ) {
          const [, cas, value] = /^VALUE c 0 \d+ (\d+)\r\n(\d+)/.exec(await client.ask('gets c\r\n'));
          const next = String(Number(value) + 1);
          const reply = await client.ask(`cas c 0 0 ${next.length} ${cas}\r\n${next}\r\n`);
          if (reply === 'STORED\r\n') ++won;
          else assert.equal(reply, 'EXISTS\r\n');
        }
      },
      async (client) => {
        assert.equal(
          await client.ask('get c\r\n'),
          `VALUE c 0 ${String(CLIENTS * each).length}\r\n${CLIENTS * each}\r\nEND\r\n`,
        );
      },
    );
  });

  test('appends and prepends are not lost or torn', limit, async () => {
    const each = 60;
    const mark = (index, i) =>
      `<${String(index).padStart(2, '0')}.${String(i).padStart(3, '0')}${'.'.repeat((i * 37) % 300)}>`;
    await together(
      async (client, index) => {
        await client.ask('add log 0 0 0\r\n\r\n');
        for (let i = 0; i < each; ++i) {
          const text = mark(index, i);
          assert.equal(
            await client.ask(`${i % 2 ? 'append' : 'prepend'} log 0 0 ${text.length}\r\n${text}\r\n`),
            'STORED\r\n',
          );
        }
      },
      async (client) => {
        const text = /^VALUE log 0 \d+\r\n(.*)\r\nEND\r\n$/s.exec(await client.ask('get log\r\n'))[1];
        const marks = text.match(/<[^>]*>/g);
        assert.equal(marks.join(''), text);
        const all = Array.from({ length: CLIENTS * each }, (_, n) => mark(Math.floor(n / each), n % each));
        assert.deepEqual(marks.sort(), all.sort());
      },
    );
  });

  test('add: one of many succeeds; a lease has one winner', limit, async () => {
    const wins = { add: new Map(), lease: new Map() };
    const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
    await together(
      async (client) => {
        for (let i = 0; i < 200; ++i) {
          if ((await client.ask(`add key${i} 0 0 1\r\nx\r\n`)) === 'STORED\r\n') count(wins.add, i);
          if (/ W/.test(await client.ask(`mg lease${i} N30\r\n`))) count(wins.lease, i);
        }
      },
      async () => {
        for (const map of Object.values(wins)) {
          assert.equal(map.size, 200);
          assert.ok([...map.values()].every((times) => times === 1));
        }
      },
    );
  });

  test('a value is never half old, half new', limit, async () => {
    const keys = ['k0', 'k1', 'k2'];
    await together(
      async (client, index) => {
        const random = new Random(seed + index);
        for (let i = 0; i < 150; ++i) {
          const key = random.pick(keys);
          if (random.oneIn(2)) {
            const value = String.fromCharCode(97 + random.below(26)).repeat(
              random.pick([10, 100, 5000, 20_000, 70_000, 200_000]),
            );
            assert.equal(await client.ask(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`), 'STORED\r\n');
          } else {
            const reply = await client.ask(`get ${keys.join(' ')}\r\n`);
            let rest = reply;
            for (let match; (match = /^VALUE k\d 0 (\d+)\r\n/.exec(rest)); ) {
              const value = rest.slice(match[0].length, match[0].length + Number(match[1]));
              assert.ok(value === value[0].repeat(value.length), `${value.length} bytes of a mixed value`);
              rest = rest.slice(match[0].length + value.length + 2);
            }
            assert.equal(rest, 'END\r\n');
          }
        }
      },
      async () => {},
    );
  });

  test('the same while evicting', limit, async () => {
    await together(async (client, index) => {
      const random = new Random(seed + index);
      for (let i = 0; i < 400; ++i) {
        const key = `key${random.below(400)}`;
        const value = `${key}:`.repeat(random.pick([1, 10, 1000, 8000]));
        assert.equal(await client.ask(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`), 'STORED\r\n');
        const asked = `key${random.below(400)}`;
        const reply = await client.ask(`get ${asked}\r\n`);
        if (reply === 'END\r\n') continue;
        const [head, length] = /^VALUE key\d+ 0 (\d+)\r\n/.exec(reply);
        const whole = `${asked}:`.repeat(Number(length) / (asked.length + 1));
        assert.ok(reply === `${head}${whole}\r\nEND\r\n`, `wrong bytes for ${asked}`);
      }
    }, async () => {}, ['-m', '16']);
  });
});
