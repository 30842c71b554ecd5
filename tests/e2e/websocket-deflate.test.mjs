// permessage-deflate (RFC 7692): off unless --websocket-deflate is given, and then no way around the limits.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';

import { RawClient, withClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import { needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import {
  closeFrame,
  converse,
  frame,
  FrameClient,
  needWs,
  OPCODE,
  upgradeRequest,
  webSocketUrl,
} from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const MB = 2 ** 20;
const HTTP = ['--http', '127.0.0.1:0', '-I', '64k'];
const MOST_BYTES = 2 * 65_536; // of a message, inflated: twice the item limit
const OFFER = { 'Sec-WebSocket-Extensions': 'permessage-deflate' };
const COMPRESSED = { reserved: 4 }; // RSV1
const { binary, continuation, ping, pong, text } = OPCODE;
const seed = seedFromEnvironment(Date.now() % 1_000_000);

/** A message's payload: up to the empty block at its end, which is left out. */
const deflated = (bytes, options) =>
  deflateRawSync(Buffer.from(bytes, 'latin1'), { finishFlush: constants.Z_SYNC_FLUSH, ...options })
    .subarray(0, -4)
    .toString('latin1');
const message = (bytes, options) => frame(binary, deflated(bytes, options), COMPRESSED);
/** The same in so many fragments. */
const fragments = (bytes, count) => {
  const payload = deflated(bytes);
  const size = Math.ceil(payload.length / count);
  return Array.from({ length: count }, (_, i) =>
    frame(i === 0 ? binary : continuation, payload.slice(i * size, (i + 1) * size), {
      fin: i === count - 1,
      reserved: i === 0 ? COMPRESSED.reserved : 0,
    }),
  );
};
const set = (key, value, more = '') => `set ${key} 0 0 ${value.length}${more}\r\n${value}\r\n`;
/** 1,024 bytes, without an answer. */
const QUIET_SET = set('quiet', 'x'.repeat(995), ' noreply');
assert.equal(QUIET_SET.length, 1024);
/** Text that compresses, with repetitions farther apart than a small window is wide. */
const prose = (random, bytes) => {
  const words = Array.from({ length: 2000 }, () => random.next().toString(36));
  let all = '';
  while (all.length < bytes) all += `${random.pick(words)} `;
  return all.slice(0, bytes);
};

describe('isocached', { skip: needIsocached || needWs }, () => {
  test('off unless asked for', limit, () =>
    withServer(startIsocached, HTTP, async (server) => {
      const client = await FrameClient.connect(webSocketUrl(server), { perMessageDeflate: true });
      assert.equal(client.socket.extensions, '');
      client.close();
      assert.equal((await converse(server, [message('mn\r\n')], { fields: OFFER })).code, 1002);
    }),
  );

  describe('--websocket-deflate', () => {
    let server;
    before(async () => {
      server = await startIsocached([...HTTP, '--websocket-deflate']);
    });
    after(() => server?.stop());

    const fields = OFFER;
    const ends = (name, frames, code) =>
      test(name, limit, async () => {
        assert.equal((await converse(server, frames, { fields })).code, code);
        assert.equal(await withClient(server, (other) => other.ask('mn\r\n')), 'MN\r\n');
      });
    const isAnswered = (name, frames, { data = '', pongs = [] }, options) =>
      test(name, limit, async () => {
        assert.deepEqual(await converse(server, [...frames, closeFrame(1000)], { fields, ...options }), {
          data,
          pongs,
          code: 1000,
        });
      });

    describe('what is agreed on', () => {
      const offers = [
        ['permessage-deflate', 'permessage-deflate'],
        ['permessage-deflate; client_max_window_bits', 'permessage-deflate'],
        ['permessage-deflate; client_max_window_bits=9', 'permessage-deflate; client_max_window_bits=9'],
        ['permessage-deflate; server_max_window_bits=10', 'permessage-deflate; server_max_window_bits=10'],
        ['permessage-deflate; client_no_context_takeover', 'permessage-deflate; client_no_context_takeover'],
        ['permessage-deflate; server_no_context_takeover', 'permessage-deflate; server_no_context_takeover'],
        ['x-other, permessage-deflate', 'permessage-deflate'],
        ['x-other', undefined],
        ['permessage-deflate; bogus', undefined],
        ['permessage-deflate; client_max_window_bits=16', undefined],
        ['permessage-deflate; server_max_window_bits=7', undefined],
        ['permessage-deflate; server_no_context_takeover=1', undefined],
        ['permessage-deflate; client_max_window_bits; client_max_window_bits', undefined],
      ];
      for (const [offer, answer] of offers) {
        test(offer, limit, async () => {
          const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
          await client.send(upgradeRequest({ 'Sec-WebSocket-Extensions': offer }));
          const head = await client.readUntil('\r\n\r\n');
          client.close();
          assert.match(head, /^HTTP\/1.1 101 /);
          assert.equal(/^Sec-WebSocket-Extensions: (.*)\r$/m.exec(head)?.[1], answer);
        });
      }
    });

    describe('values in both directions', () => {
      const agreements = [
        {},
        { serverNoContextTakeover: true },
        { clientNoContextTakeover: true },
        { clientMaxWindowBits: 9 },
        { serverMaxWindowBits: 9 },
        {
          serverMaxWindowBits: 10,
          clientMaxWindowBits: 10,
          serverNoContextTakeover: true,
          clientNoContextTakeover: true,
        },
      ];
      for (const agreement of agreements) {
        test(JSON.stringify(agreement), limit, async (context) => {
          context.diagnostic(`ISOCACHE_SEED=${seed}`);
          const random = new Random(seed);
          const client = await FrameClient.connect(webSocketUrl(server), {
            perMessageDeflate: { threshold: 0, ...agreement },
          });
          assert.match(client.socket.extensions, /^permessage-deflate/);
          for (const size of [0, 1, 255, 256, 257, 5000, 60_000]) {
            const value = prose(random, size);
            client.frames.length = 0;
            client.send(`${set('k', value)}get k\r\nmn\r\n`);
            assert.ok(
              (await client.until('MN\r\n')) === `STORED\r\nVALUE k 0 ${size}\r\n${value}\r\nEND\r\nMN\r\n`,
              `${size} bytes`,
            );
          }
          client.close();
        });
      }

      test('a long reply is compressed', limit, async () => {
        const value = 'compressible '.repeat(4000);
        const client = await RawClient.connect({ host: '127.0.0.1', port: server.httpPort });
        await client.send(upgradeRequest(fields));
        await client.readUntil('\r\n\r\n');
        await client.send(Buffer.concat([message(`${set('k', value)}get k\r\n`), closeFrame(1000)]));
        const received = await client.readToEnd();
        client.close();
        assert.equal(received.charCodeAt(0), 0x80 | (COMPRESSED.reserved << 4) | binary);
        assert.ok(received.length < value.length / 10, `${received.length} bytes`);
      });
    });

    describe('frames', () => {
      isAnswered(
        'compressed or not, one after the other',
        [message('mn\r\n'), frame(binary, 'mn\r\n'), message('mn\r\n')],
        { data: 'MN\r\n'.repeat(3) },
      );
      isAnswered('stored blocks', [message('mn\r\n', { level: 0 })], { data: 'MN\r\n' });
      isAnswered('empty ones', [message(''), message('mn\r\n'), message(''), message('mn\r\n')], {
        data: 'MN\r\nMN\r\n',
      });
      isAnswered(
        'byte by byte',
        [message('mn\r\n'), ...fragments('mn\r\nmn\r\n', 3)],
        { data: 'MN\r\n'.repeat(3) },
        { bytewise: true },
      );
      const value = 'x'.repeat(60_000);
      for (const count of [2, 3, deflated(set('k', value)).length]) {
        isAnswered(`${count} fragments`, [...fragments(set('k', value), count), message('mn\r\n')], {
          data: 'STORED\r\nMN\r\n',
        });
      }
      const [first, second, third] = fragments('mn\r\nmn\r\n', 3);
      isAnswered(
        'fragments with other frames between them',
        [
          first,
          frame(ping, 'a'),
          frame(continuation, '', { fin: false }),
          second,
          frame(pong),
          third,
          frame(ping, 'b'),
        ],
        { data: 'MN\r\nMN\r\n', pongs: ['a', 'b'] },
      );

      for (const [name, reserved] of [
        ['RSV1 and RSV2', 6],
        ['RSV1 and RSV3', 5],
        ['RSV2', 2],
        ['RSV3', 1],
      ]) {
        ends(`${name} of a message`, [frame(binary, deflated('mn\r\n'), { reserved })], 1002);
      }
      ends('RSV1 of a continuation', [first, frame(continuation, 'x', COMPRESSED)], 1002);
      ends(
        'RSV1 of a continuation of what is not compressed',
        [frame(binary, 'm', { fin: false }), frame(continuation, 'n\r\n', COMPRESSED)],
        1002,
      );
      ends('RSV1 of a ping', [frame(ping, 'x', COMPRESSED)], 1002);
      ends('a compressed text', [frame(text, deflated('mn\r\n'), COMPRESSED)], 1003);
      ends('a corrupt stream', [frame(binary, '\xff\xff\xff', COMPRESSED)], 1007);
    });

    describe('limits are those of what it inflates to', () => {
      const most = QUIET_SET.repeat(MOST_BYTES / QUIET_SET.length);
      isAnswered('twice the item limit', [message(most), message('mn\r\n')], { data: 'MN\r\n' });
      isAnswered('twice the item limit, in fragments', [...fragments(most, 5), message('mn\r\n')], { data: 'MN\r\n' });
      ends('a byte more', [message(`${most}m`)], 1009);
      ends('a byte more, in fragments', fragments(`${most}m`, 5), 1009);
      ends('within a value', [message(`set k 0 0 ${MOST_BYTES}\r\n${'x'.repeat(MOST_BYTES)}`)], 1009);
      ends('a line without end', [message('x'.repeat(3000))], 1008);

      test('64 MB in few bytes', limit, async () => {
        const bomb = message(QUIET_SET.repeat((64 * MB) / QUIET_SET.length));
        assert.ok(bomb.length < 1 * MB, `${bomb.length} bytes`);
        const resident = server.residentBytes();
        assert.equal((await converse(server, [bomb], { fields })).code, 1009);
        const grown = server.residentBytes() - resident;
        assert.ok(grown < 16 * MB, `grew by ${(grown / MB).toFixed(1)} MB`);
      });
    });
  });
});
