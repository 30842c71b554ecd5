// TLS on the memcached port with clients that misbehave or are just slow.
// Runs alone: it measures how long things take.

import assert from 'node:assert/strict';
import net from 'node:net';
import { Duplex } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import tls from 'node:tls';

import { assertOthersServed, Attack, besideQuiet } from '../lib/abuse.mjs';
import { RawClient, withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { spawnBound } from '../lib/server.mjs';
import { countOf, needTls, onServer, plain, set, talk, value } from '../lib/tls.mjs';

const limit = { timeout: 120_000 };
const seed = seedFromEnvironment(Date.now() % 1_000_000);

describe('isocached with TLS', { skip: needTls, concurrency: 1 }, () => {
  test('plain text, garbage and broken records close the connection, and are counted', limit, () =>
    talk(
      async (client, server) => {
        const send = async (bytes) => {
          const raw = await RawClient.connect(plain(server));
          await raw.send(bytes);
          return raw.readToEnd(5000);
        };
        const alert = /^\x15\x03[\x01-\x03]\x00\x02\x02/;
        for (const bytes of [
          'get a\r\n',
          'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
          '\x16\x03\x01\xff\xff\x01',
          'x'.repeat(20_000),
        ]) {
          assert.match(await send(bytes), alert, JSON.stringify(bytes.slice(0, 20)));
        }
        assert.equal(await countOf(client, 'ssl_handshake_errors'), 4);
        const random = new Random(seed);
        for (let i = 0; i < 100; ++i) assert.match(await send(`\x16\x03\x01\x01\x2c${random.bytes(300)}`), alert);
        for (const [record, errors] of [
          [`\x17\x03\x03\x00\x20${'x'.repeat(32)}`, 1],
          ['\x17\x03\x03\xff\xff', 2],
          ['quit\r\n', 3],
        ]) {
          // Behind OpenSSL's back, into an encrypted connection.
          const socket = net.connect(plain(server));
          const broken = tls.connect({ socket, ...server.tls });
          broken.on('error', () => {});
          broken.write('mn\r\n');
          await new Promise((resolve) => broken.once('data', resolve));
          socket.write(Buffer.from(record, 'latin1'));
          await new Promise((resolve) => broken.once('close', resolve));
          assert.equal(await countOf(client, 'ssl_proto_errors'), errors);
        }
        assert.equal(await client.ask('stats reset\r\n'), 'RESET\r\n');
        assert.equal((await countOf(client, 'ssl_proto_errors')) + (await countOf(client, 'ssl_handshake_errors')), 0);
        assert.match(server.stderr, /^TLS handshake with tcp:127\.0\.0\.1:\d+ failed: /m);
        assert.match(server.stderr, /^TLS connection of tcp:127\.0\.0\.1:\d+ broke: /m);
      },
      ['-v'],
    ),
  );

  test('a stream that is cut off in the middle of a record is closed, nothing is stored', limit, () =>
    talk(async (client, server) => {
      for (const half of [3, 20, 500]) {
        const socket = net.connect(plain(server));
        const cut = tls.connect({ socket: new Tap(socket, half), ...server.tls });
        cut.on('error', () => {});
        await new Promise((resolve) => cut.once('secureConnect', resolve));
        cut.write(set('cut', 'x'.repeat(1000)));
        await new Promise((resolve) => socket.once('close', resolve));
      }
      assert.equal(await client.ask('get cut\r\n'), 'END\r\n');
      await eventually(async () => (await countOf(client, 'curr_connections')) === 1, 'a connection stays');
      assert.equal(await countOf(client, 'ssl_proto_errors'), 0);
    }),
  );

  test('bytes one by one', limit, () =>
    onServer(async (server) => {
      const socket = net.connect({ ...plain(server), noDelay: true });
      const slow = tls.connect({ socket: new Trickle(socket), ...server.tls });
      await new Promise((resolve) => slow.once('secureConnect', resolve));
      const client = new RawClient(slow, 30_000);
      assert.equal(
        await client.ask(`${set('a', 'hello\r\nworld')}get a\r\n`),
        `STORED\r\n${value('a', 'hello\r\nworld')}`,
      );
      client.close();
    }),
  );

  test('half-closed connections are answered to the end', limit, () =>
    onServer(async (server) => {
      const client = await RawClient.connect(server.address, { allowHalfOpen: true });
      const bytes = 'h'.repeat(300_000);
      client.send(`${set('a', bytes)}${'get a\r\n'.repeat(20)}`);
      client.end();
      assert.ok(
        (await client.readToEnd()) === `STORED\r\n${value('a', bytes).repeat(20)}`,
        'not everything was answered',
      );
      assert.equal(client.error, null);
    }),
  );

  test('a reader that never reads costs little', limit, () =>
    talk(async (client, server) => {
      assert.equal(await client.ask(set('a', 'x'.repeat(500_000))), 'STORED\r\n');
      const before = server.residentBytes();
      const sluggards = [];
      for (let i = 0; i < 20; ++i) {
        const sluggard = await RawClient.connect(server.address);
        sluggard.socket.pause();
        sluggard.send('get a\r\n'.repeat(2000)); // 1 GB
        sluggards.push(sluggard);
      }
      await sleep(1000);
      // 64 KB of ciphertext each, and what OpenSSL needs.
      const each = (server.residentBytes() - before) / sluggards.length;
      assert.ok(each < 400_000, `${each.toFixed()} bytes each`);
      assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
      // One that changes its mind gets all of it.
      const [late] = sluggards;
      late.socket.resume();
      const replies = await late.read(20 * value('a', 'x'.repeat(500_000)).length, 30_000);
      assert.ok(replies === value('a', 'x'.repeat(500_000)).repeat(20));
      for (const sluggard of sluggards) sluggard.close();
      await eventually(async () => (await countOf(client, 'curr_connections')) === 1, 'a connection stays');
    }),
  );

  test('handshakes that stay half and a crowd of them leave the others served', limit, () =>
    besideQuiet('TLS', [], async (server, probe) => {
      // Those that begin and stay.
      const hello = '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03';
      const halves = await Promise.all(
        Array.from({ length: 200 }, async () => {
          const client = await RawClient.connect(plain(server));
          await client.send(hello);
          return client;
        }),
      );
      await assertOthersServed(probe, new Attack());
      // A crowd from another process, until it is told to stop: 50 at a time.
      const crowd = spawnBound(
        process.execPath,
        [
          '-e',
          `
      const tls = require('node:tls');
      const next = () => {
        const socket = tls.connect({ port: ${server.port}, host: '127.0.0.1', rejectUnauthorized: false });
        socket.on('secureConnect', () => { process.stdout.write('.'); socket.destroy(); });
        socket.on('error', () => {}).on('close', next);
      };
      for (let i = 0; i < 50; ++i) next();`,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let shaken = 0;
      crowd.stdout.on('data', (dots) => {
        shaken += dots.length;
      });
      await eventually(() => shaken > 100, 'no crowd comes');
      try {
        const [before, ranBefore] = [shaken, server.ranMs()];
        const { tcp } = (await probe.measure(2000)).kinds;
        const many = shaken - before;
        const handshake = (server.ranMs() - ranBefore) / many;
        assert.ok(many > 100, `${many} handshakes meanwhile`);
        // A round serves one: who comes in its middle waits for it, and at most for one more.
        assert.ok(
          tcp.median <= 2 * tcp.normal + 2 * handshake,
          `${tcp.median.toFixed(3)} ms, ${tcp.normal.toFixed(3)} alone; a handshake takes ${handshake.toFixed(3)}`,
        );
        assert.ok(tcp.longest < 1000, `${tcp.longest} ms`);
      } finally {
        crowd.kill('SIGKILL');
      }
      for (const client of halves) client.close();
    }),
  );

  test('half a handshake has its time', limit, () =>
    onServer(async (server) => {
      const began = Date.now();
      const silent = await RawClient.connect(plain(server));
      const half = await RawClient.connect(plain(server));
      await half.send('\x16\x03\x01\x02\x00\x01\x00');
      await Promise.all([silent.readToEnd(20_000), half.readToEnd(20_000)]);
      const took = Date.now() - began;
      assert.ok(took > 9_000 && took < 15_000, `${took} ms`);
      await withClient(server, async (client) => assert.equal(await countOf(client, 'ssl_handshake_errors'), 2));
    }),
  );

  test('an idle connection holds little', limit, () =>
    talk(async (_client, server) => {
      const open = async (count) => {
        const opened = await Promise.all(Array.from({ length: count }, () => RawClient.connect(server.address)));
        for (const one of opened) assert.equal(await one.ask('mn\r\n'), 'MN\r\n');
        return opened;
      };
      const all = await open(100);
      const before = server.residentBytes();
      all.push(...(await open(400)));
      const each = (server.residentBytes() - before) / 400;
      assert.ok(each < 40_000, `${each.toFixed()} bytes each`);
      for (const one of all) one.close();
    }),
  );
});

/** Passes all on to a socket one byte at a time. */
class Trickle extends Duplex {
  constructor(socket) {
    super();
    this.socket = socket;
    socket.on('data', (chunk) => this.push(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.destroy(error));
  }
  _read() {}
  async _write(chunk, _encoding, done) {
    for (const byte of chunk) {
      this.socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    done();
  }
  _final(done) {
    this.socket.end(done);
  }
  _destroy(error, done) {
    this.socket.destroy();
    done(error);
  }
}

/** Passes all on to a socket until a large piece comes: of that only `half` bytes, then the end. */
class Tap extends Trickle {
  constructor(socket, half) {
    super(socket);
    this.half = half;
  }
  _write(chunk, _encoding, done) {
    if (chunk.length < 900) this.socket.write(chunk, done);
    else this.socket.end(chunk.subarray(0, this.half), done);
  }
}
