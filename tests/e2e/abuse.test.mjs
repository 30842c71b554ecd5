// Clients that mean harm, over each way in: memory stays bounded, they get a clear end, and the others
// wait at most twice as long as ever.

import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { latency } from '../lib/probe.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { closeCode, connectOverWebSocket, frame, FrameClient, needWs, OPCODE, readFrame, upgraded, upgradeRequest,
  webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 120_000 };
const MB = 2 ** 20;
const HTTP = ['--http', '127.0.0.1:0'];
// What the clock and two busy cores may add to a median of some 50 microseconds.
const NOISE_MS = 0.25;
const LONGEST_MS = 1000;

/**
 * Starts a server and a well-behaved client's measure of it; calls abuse(server), and while what it did lasts
 * measures again. `growth`: by how many bytes the server may have grown then.
 */
async function endure({ args = [], growth }, abuse, afterwards = () => {}) {
  await withServer(startIsocached, [...HTTP, ...args], async (server) => {
    await latency(server, 100);
    const normal = await latency(server);
    const before = server.residentBytes();
    try {
      const clients = await abuse(server);
      const under = await latency(server);
      const grown = server.residentBytes() - before;
      assert.ok(grown <= growth, `grew by ${(grown / MB).toFixed(1)} MB`);
      assert.ok(under.median <= 2 * normal.median + NOISE_MS, `median ${under.median} ms instead of ${normal.median}`);
      assert.ok(under.longest < LONGEST_MS, `longest ${under.longest} ms`);
      await afterwards(server, clients);
      for (const client of clients ?? []) client.close();
    } finally {
      for (const { stop } of goingOn) await stop();
      goingOn.clear();
    }
    assert.equal(await withClient(server, (client) => client.ask('mn\r\n')), 'MN\r\n');
  });
}

const httpAddress = (server) => ({ host: '127.0.0.1', port: server.httpPort });
const many = (count, make) => Promise.all(Array.from({ length: count }, (_, i) => make(i)));
const statusOf = (reply) => Number(/^HTTP\/1\.1 (\d+) /.exec(reply)?.[1]);

const goingOn = new Set();  // of keepDoing()

/** Keeps calling `step` for each client, some at a time, until stop(). */
function keepDoing(clients, step, pauseMs = 10) {
  let stopped = false;
  const running = (async () => {
    while (!stopped) {
      for (const client of clients) await step(client);
      await sleep(pauseMs);
    }
  })();
  const task = { stop: () => { stopped = true; return running.catch(() => {}); } };
  goingOn.add(task);
  return task;
}

describe('isocached', { skip: needIsocached || needWs, concurrency: 1 }, () => {
  test('slow-loris: 500 headers that trickle in', limit, async () => {
    let trickle;
    await endure({ growth: 30 * MB }, async (server) => {
      const clients = await many(500, () => RawClient.connect(httpAddress(server)));
      for (const client of clients) await client.send('GET / HTTP/1.1\r\nX-Slow: ');
      trickle = keepDoing(clients, (client) => client.send('a'), 500);
      return clients;
    }, async (server, clients) => {
      const began = Date.now();
      const replies = await Promise.all(clients.map((client) => client.readToEnd(30_000)));
      assert.ok(Date.now() - began < 20_000);
      assert.ok(replies.every((reply) => statusOf(reply) === 408), replies.find((reply) => statusOf(reply) !== 408));
      await trickle.stop();
    });
  });

  test('half-open: 500 connections that never say a word, 500 that stop in the middle', limit, () => endure({ growth: 30 * MB },
    async (server) => [
      ...await many(500, () => RawClient.connect(httpAddress(server))),
      ...await many(500, async () => {
        const client = await RawClient.connect(httpAddress(server));
        await client.send('GET /memcached HTTP/1.1\r\nUpgrade: webs');
        return client;
      }),
    ], async (server, clients) => {
      const replies = await Promise.all(clients.map((client) => client.readToEnd(30_000)));
      assert.equal(replies.filter((reply) => reply === '').length, 500);
      assert.equal(replies.filter((reply) => statusOf(reply) === 408).length, 500);
    }));

  test('1000 idle WebSockets', limit, () => endure({ growth: 60 * MB },
    async (server) => many(1000, () => upgraded(server)),
    async (server, clients) => {  // and each still works
      await Promise.all(clients.map(async (client) => {
        await client.send(frame(OPCODE.binary, 'mn\r\n'));
        assert.equal((await readFrame(client)).payload, 'MN\r\n');
      }));
    }));

  test('900 WebSockets that want no reply', limit, () => endure({ growth: 30 * MB },
    async (server) => many(900, async () => {
      const client = await upgraded(server);
      await client.send(frame(OPCODE.binary, 'set k 0 0 1 noreply\r\nx\r\n'));
      return client;
    })));

  describe('a million bytes that ask for nothing', () => {
    const junk = 'x'.repeat(1_000_000);
    test('to the memcached port', limit, () => endure({ growth: 8 * MB }, (server) => many(20, async () => {
      const client = await RawClient.connect(server.address);
      client.send(junk);
      await client.readToEnd();
      return client;
    })));
    test('to the HTTP port', limit, () => endure({ growth: 8 * MB }, (server) => many(20, async () => {
      const client = await RawClient.connect(httpAddress(server));
      client.send(junk);
      assert.ok([400, 431, undefined].includes(statusOf(await client.readToEnd()) || undefined));
      return client;
    })));
    test('in a WebSocket frame', limit, () => endure({ growth: 16 * MB }, (server) => many(20, async () => {
      const client = await FrameClient.connect(webSocketUrl(server));
      client.send(junk);
      assert.deepEqual(await client.closed, { code: 1008, reason: 'not the memcached protocol' });
      return client;
    })));
    test('blank lines', limit, () => endure({ growth: 16 * MB }, (server) => many(5, async () => {
      const client = await FrameClient.connect(webSocketUrl(server));
      const count = 100_000;
      client.send(`${'\r\n'.repeat(count)}mn\r\n`);
      const expected = `${'CLIENT_ERROR bad command line format\r\n'.repeat(count)}MN\r\n`;
      assert.ok(await client.until('MN\r\n') === expected, client.received.slice(0, 100));
      return client;
    })));
  });

  test('lines without end', limit, async () => {
    let writing;
    await endure({ growth: 16 * MB }, async (server) => {
      const open = [() => RawClient.connect(server.address), () => connectOverWebSocket(webSocketUrl(server)),
        () => RawClient.connect(httpAddress(server))];
      const clients = await many(30, (i) => open[i % 3]());
      const block = 'get '.padEnd(4000, 'k');
      // A connection that was ended is made anew.
      writing = keepDoing([...clients.keys()], async (i) => {
        if (clients[i].ended) {
          clients[i].close();
          clients[i] = await open[i % 3]();
        }
        await Promise.race([clients[i].send(block), sleep(50)]);
      });
      return clients;
    }, () => writing.stop());
  });

  test('bad masks, bad UTF-8, bad opcodes, again and again', limit, async () => {
    const bad = [
      frame(OPCODE.binary, 'mn\r\n', { masked: false }), frame(OPCODE.text, '\xff\xff'), frame(OPCODE.close, '\x03\xe8\xff\xff'),
      frame(3, 'x'), frame(OPCODE.binary, '', { length: 1n << 63n }), frame(OPCODE.ping, 'x'.repeat(125), { fin: false }),
    ];
    let attack;
    const codes = new Set();
    await endure({ growth: 16 * MB }, async (server) => {
      attack = keepDoing(bad, async (bytes) => {
        const client = await upgraded(server);
        await client.send(bytes);
        codes.add(closeCode(await readFrame(client)));
        client.close();
      }, 1);
    }, async (server) => {
      await attack.stop();
      assert.deepEqual([...codes].filter((code) => ![1002, 1003, 1007, 1009].includes(code)), []);
      await withClient(server, async (client) => {
        let left;
        for (let i = 0; i < 300 && left !== '1'; ++i) {
          left = (await statsOf(client)).curr_connections;
          await sleep(10);
        }
        assert.equal(left, '1', 'connections stay behind');
      });
    });
  });

  test('a value in frames of one byte', limit, () => endure({ growth: 16 * MB }, (server) => many(4, async (i) => {
    const client = await upgraded(server);
    const value = `${i}`.repeat(30_000);
    const bytes = `set one${i} 0 0 ${value.length}\r\n${value}\r\n`;
    await client.send(Buffer.concat([...bytes].map((byte) => frame(OPCODE.binary, byte))));
    assert.equal((await readFrame(client)).payload, 'STORED\r\n');
    return client;
  })));

  test('pings without end, from someone who does not read', limit, async () => {
    let flood;
    await endure({ growth: 16 * MB }, async (server) => {
      const clients = await many(10, () => upgraded(server));
      const pings = Buffer.concat(Array(500).fill(frame(OPCODE.ping, 'x'.repeat(125))));
      for (const client of clients) client.socket.pause();
      flood = keepDoing(clients, (client) => Promise.race([client.send(pings), sleep(5)]));
      return clients;
    }, () => flood.stop());
  });

  test('readers that never read', limit, () => endure({ args: ['-m', '64'], growth: 120 * MB }, async (server) => {
    await withClient(server, async (client) => {
      for (const [key, size] of [['big', 500_000], ['small', 200]]) {
        assert.equal(await client.ask(`set ${key} 0 0 ${size}\r\n${'v'.repeat(size)}\r\n`), 'STORED\r\n');
      }
    });
    return many(20, async () => {
      const client = await upgraded(server);
      client.socket.pause();
      client.send(frame(OPCODE.binary, 'get big\r\n'.repeat(2000) + 'get small\r\n'.repeat(20_000)));  // 1 GB of replies
      return client;
    });
  }, async (server, clients) => {  // who begins to read gets what was asked for
    const client = clients[0];
    client.socket.resume();
    const first = await readFrame(client);
    assert.ok(first.payload.startsWith(`VALUE big 0 500000\r\n${'v'.repeat(500_000)}\r\nEND\r\n`));
  }));

  test('uploads that stop in the middle', limit, () => endure({ args: ['-m', '64'], growth: 60 * MB }, (server) => many(100, async (i) => {
    const client = await FrameClient.connect(webSocketUrl(server));
    client.send(`set up${i} 0 0 1000000\r\n${'v'.repeat(500_000)}`);
    return client;
  }), async (server, clients) => {
    for (const client of clients) client.close();
    await sleep(100);
    await withClient(server, async (client) => {  // what they had reserved is free again
      for (let i = 0; i < 40; ++i) {
        assert.equal(await client.ask(`set after${i} 0 0 900000\r\n${'v'.repeat(900_000)}\r\n`), 'STORED\r\n');
      }
    });
  }));

  test('10,000 connections to a server that allows 1024', limit, () => endure({ args: ['-c', '1024'], growth: 80 * MB }, async (server) => {
    const clients = await many(500, () => RawClient.connect(server.address));
    clients.push(...await many(400, () => upgraded(server)));
    await Promise.all(clients.slice(0, 500).map(async (client) => assert.equal(await client.ask('mn\r\n'), 'MN\r\n')));
    const refused = { memcached: 0, http: 0, served: 0 };
    for (let wave = 0; wave < 91; ++wave) {
      await many(100, async (i) => {
        const web = i % 2 === 1;
        const client = await RawClient.connect(web ? httpAddress(server) : server.address);
        await client.send(web ? upgradeRequest() : 'quit\r\n');
        const reply = web ? await client.readUntil('\r\n\r\n') : await client.readToEnd();
        if (reply.startsWith('ERROR Too many open connections')) ++refused.memcached;
        else if (statusOf(reply) === 503) ++refused.http;
        else ++refused.served;
        client.close();
      });
      if (wave === 0) clients.push(...await many(123, () => RawClient.connect(server.address)));  // one place is the measure's
    }
    assert.ok(refused.memcached > 3000 && refused.http > 3000, JSON.stringify(refused));
    const probe = await RawClient.connect(httpAddress(server));  // a full server is not an ill one
    await probe.send('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    assert.match(await probe.readToEnd(), /^HTTP\/1\.1 200 [^]*ok\n$/);
    probe.close();
    return clients;
  }, async (server, clients) => {
    for (const client of clients.slice(0, 500)) assert.equal(await client.ask('mn\r\n'), 'MN\r\n');  // who was in stays in
  }));

  test('a flood of connections during shutdown', limit, async () => {
    const server = await startIsocached([...HTTP, '--drain-timeout', '2']);
    const clients = await many(50, (i) => (i % 2 ? upgraded(server) : RawClient.connect(server.address)));
    let flooding = true;
    const flood = (async () => {
      while (flooding) {
        await many(20, (i) => new Promise((resolve) => {
          const socket = net.connect({ host: '127.0.0.1', port: i % 2 ? server.port : server.httpPort }, () => {
            socket.write(i % 3 ? 'GET /memcached HTTP/1.1\r\n' : 'set a 0 0 1000000\r\nabc');
            setTimeout(() => { socket.destroy(); resolve(); }, 5);
          });
          socket.on('error', () => resolve());
        }));
      }
    })();
    await sleep(200);
    const began = Date.now();
    const { code, signal } = await server.stop('SIGTERM');
    assert.deepEqual([code, signal], [0, null], server.stderr);
    assert.ok(Date.now() - began < 4000, `${Date.now() - began} ms`);
    flooding = false;
    await flood;
    for (const client of clients) client.close();
  });
});
