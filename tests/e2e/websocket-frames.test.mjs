// RFC 6455, frame by frame, as in the Autobahn test suite: which frames are valid, and which end a WebSocket, with
// which code.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { withClient } from '../lib/client.mjs';
import { needIsocached, startIsocached } from '../lib/server.mjs';
import { closeCode, closeFrame, converse, frame, OPCODE, readFrame, upgraded } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const { binary, close, continuation, ping, pong, text } = OPCODE;
const MOST_BYTES = 2 * 65_536; // of a message: twice the item limit
const bye = closeFrame(1000);
const first = (payload) => frame(binary, payload, { fin: false });
const next = (payload, options) => frame(continuation, payload, { fin: false, ...options });
const last = (payload, options) => frame(continuation, payload, options);
/** So many bytes of commands, each answered by `MN`. */
const commands = (bytes) => (bytes === 0 ? '' : `mn${' '.repeat(bytes % 4)}\r\n${'mn\r\n'.repeat(bytes / 4 - 1)}`);
const answers = (bytes) => 'MN\r\n'.repeat(bytes / 4);

describe('isocached', { skip: needIsocached }, () => {
  let server;
  before(async () => {
    server = await startIsocached(['--http', '127.0.0.1:0', '-I', '64k']);
  });
  after(() => server?.stop());

  /** The frames end the connection with `code`, and the server goes on. */
  const ends = (name, frames, code) =>
    test(name, limit, async () => {
      assert.equal((await converse(server, frames)).code, code);
      assert.equal(await withClient(server, (other) => other.ask('mn\r\n')), 'MN\r\n');
    });
  /** They are answered like this, and so is the goodbye. */
  const isAnswered = (name, frames, { data = '', pongs = [] }, options) =>
    test(name, limit, async () => {
      assert.deepEqual(await converse(server, [...frames, bye], options), { data, pongs, code: 1000 });
    });

  describe('what is not a frame', () => {
    for (const [name, reserved] of [
      ['RSV1', 4],
      ['RSV2', 2],
      ['RSV3', 1],
      ['all reserved bits', 7],
    ]) {
      ends(`${name} of a data frame`, [frame(binary, 'mn\r\n', { reserved })], 1002);
      ends(`${name} of a continuation`, [first('m'), last('n\r\n', { reserved })], 1002);
      for (const [which, opcode] of [
        ['ping', ping],
        ['pong', pong],
      ]) {
        ends(`${name} of a ${which}`, [frame(opcode, 'x', { reserved })], 1002);
      }
      ends(`${name} of a close frame`, [frame(close, '\x03\xe8', { reserved })], 1002);
    }
    for (const opcode of [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]) {
      ends(`opcode ${opcode}`, [frame(opcode, 'x')], 1002);
      ends(`opcode ${opcode}, empty`, [frame(opcode)], 1002);
      ends(`opcode ${opcode} between fragments`, [first('m'), frame(opcode, 'x'), last('n\r\n')], 1002);
    }
    ends('an unmasked frame', [frame(binary, 'mn\r\n', { masked: false })], 1002);
    ends('an unmasked ping', [frame(ping, 'x', { masked: false })], 1002);
    ends('an unmasked close frame', [frame(close, '\x03\xe8', { masked: false })], 1002);
  });

  describe('text', () => {
    ends('a text frame', [frame(text, 'mn\r\n')], 1003);
    ends('an empty text frame', [frame(text)], 1003);
    ends('the first fragment of a text', [frame(text, 'mn', { fin: false })], 1003);
    ends('a text frame with bad UTF-8', [frame(text, '\xff\xfe')], 1007);
    ends('a text frame that ends within a character', [frame(text, '\xe2\x82')], 1007);
  });

  describe('control frames', () => {
    for (const [name, opcode] of [
      ['ping', ping],
      ['pong', pong],
      ['close', close],
    ]) {
      ends(`a ${name} of 126 bytes`, [frame(opcode, '\x03\xe8'.padEnd(126, 'x'))], 1002);
      ends(`a ${name} that says so in 16 bits`, [frame(opcode, '\x03\xe8', { lengthBytes: 2 })], 1002);
      ends(`a ${name} that says so in 64 bits`, [frame(opcode, '\x03\xe8', { lengthBytes: 8 })], 1002);
      ends(`a fragmented ${name}`, [frame(opcode, '\x03\xe8', { fin: false }), last('x')], 1002);
    }
    const bytes = String.fromCharCode(...Array.from({ length: 125 }, (_, i) => 255 - i));
    isAnswered('an empty ping', [frame(ping)], { pongs: [''] });
    isAnswered('a ping of 125 bytes, none of them text', [frame(ping, bytes)], { pongs: [bytes] });
    const ten = Array.from({ length: 10 }, (_, i) => `ping ${i}`);
    isAnswered(
      'ten pings',
      ten.map((payload) => frame(ping, payload)),
      { pongs: ten },
    );
    isAnswered(
      'ten pings, byte by byte',
      ten.map((payload) => frame(ping, payload)),
      { pongs: ten },
      { bytewise: true },
    );
    isAnswered('pongs that nobody asked for', [frame(pong), frame(pong, bytes), frame(binary, 'mn\r\n')], {
      data: 'MN\r\n',
    });
    isAnswered(
      'pings between commands',
      [frame(binary, 'mn\r\n'), frame(ping, 'a'), frame(binary, 'mn\r\n'), frame(ping, 'b')],
      { data: 'MN\r\nMN\r\n', pongs: ['a', 'b'] },
    );
  });

  describe('fragments', () => {
    isAnswered('one for each byte', [first('m'), next('n'), next('\r'), last('\n')], { data: 'MN\r\n' });
    isAnswered('empty ones', [first(''), next('mn'), next(''), next('\r\n'), last('')], { data: 'MN\r\n' });
    isAnswered('nothing but empty ones', [first(''), next(''), last(''), frame(binary, 'mn\r\n')], { data: 'MN\r\n' });
    isAnswered('pings between them', [first('m'), frame(ping, 'a'), next('n'), frame(ping, 'b'), last('\r\n')], {
      data: 'MN\r\n',
      pongs: ['a', 'b'],
    });
    isAnswered('pongs between them', [first('m'), frame(pong, 'a'), next('n'), frame(pong), last('\r\n')], {
      data: 'MN\r\n',
    });
    isAnswered(
      'with all that may be between them, byte by byte',
      [first('m'), frame(ping, 'a'), next(''), frame(pong, 'b'), next('n'), last('\r\n'), frame(binary, commands(200))],
      { data: `MN\r\n${answers(200)}`, pongs: ['a'] },
      { bytewise: true },
    );
    ends('a goodbye between them', [first('set k 0 0 1\r\n'), closeFrame(3000), last('x\r\n')], 3000);
    ends('a continuation of nothing', [last('mn\r\n')], 1002);
    ends('a first continuation of nothing', [next('mn\r\n'), last('mn\r\n')], 1002);
    ends('a continuation of a whole message', [frame(binary, 'mn\r\n'), last('mn\r\n')], 1002);
    ends('a continuation of a message that ended', [first('m'), last('n\r\n'), last('mn\r\n')], 1002);
    ends('a new message within another', [first('m'), frame(binary, 'n\r\n')], 1002);
    ends('a new fragmented message within another', [first('m'), first('n\r\n')], 1002);
    ends('a text within a message', [first('m'), frame(text, 'n\r\n')], 1002);
    ends('above twice the item limit together', [first('get '), ...Array(14).fill(next('x'.repeat(10_000)))], 1009);
  });

  describe('lengths', () => {
    for (const size of [0, 4, 125, 126, 127, 128, 65_535, 65_536, 65_537, MOST_BYTES]) {
      isAnswered(`${size} bytes`, [frame(binary, commands(size)), frame(binary, 'mn\r\n')], {
        data: `${answers(size)}MN\r\n`,
      });
    }
    for (const size of [0, 125, 126, 127]) {
      isAnswered(
        `${size} bytes, byte by byte`,
        [frame(binary, commands(size)), frame(binary, 'mn\r\n')],
        { data: `${answers(size)}MN\r\n` },
        { bytewise: true },
      );
    }
    for (const [size, lengthBytes] of [
      [0, 2],
      [125, 2],
      [0, 8],
      [125, 8],
      [126, 8],
      [65_535, 8],
    ]) {
      ends(
        `${size} in ${lengthBytes * 8} bits, which is not the shortest`,
        [frame(binary, commands(size), { lengthBytes })],
        1002,
      );
    }
    ends('a byte above twice the item limit', [frame(binary, commands(MOST_BYTES + 1))], 1009);
    ends('the head of such a frame', [frame(binary, 'x', { length: BigInt(MOST_BYTES + 1) })], 1009);
    ends('2^62 bytes', [frame(binary, '', { length: 1n << 62n })], 1009);
    // RFC 6455 (5.2) forbids the highest bit; to Beast it is a large number.
    ends('2^63 bytes', [frame(binary, '', { length: 1n << 63n })], 1009);
    ends('2^64 - 1 bytes', [frame(binary, '', { length: (1n << 64n) - 1n })], 1009);
    ends('fragments of more than 2^64 bytes together', [first('x'), next('', { length: (1n << 64n) - 1n })], 1009);
  });

  describe('close frames', () => {
    for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 3000, 3999, 4000, 4999]) {
      ends(`${code} is echoed`, [closeFrame(code, 'because')], code);
    }
    // Beast knows nothing of 1014, which is a gateway's, and takes what is above 4999, where the RFC's ranges (7.4.2)
    // end.
    for (const code of [0, 999, 1004, 1005, 1006, 1014, 1015, 1016, 1100, 2000, 2999]) {
      ends(`${code} may not be sent`, [closeFrame(code)], 1002);
    }
    for (const code of [5000, 65_535]) ends(`${code} is echoed by Beast`, [closeFrame(code)], code);
    ends('without a code', [frame(close)], 1000); // Beast says that much; the RFC asks for nothing
    ends('of one byte', [frame(close, '\x03')], 1002);
    ends('with a reason of 123 bytes', [closeFrame(4000, 'r'.repeat(123))], 4000);
    ends('with a reason of 124 bytes', [closeFrame(4000, 'r'.repeat(124))], 1002);
    ends('with a reason beyond ASCII', [closeFrame(4000, Buffer.from('καλό 👋').toString('latin1'))], 4000);
    for (const [what, reason] of [
      ['bad UTF-8', '\xff'],
      ['half a character', '\xe2\x82'],
      ['a surrogate', '\xed\xa0\x80'],
    ]) {
      ends(`with ${what} as its reason`, [closeFrame(1000, reason)], 1002); // 1007 by the RFC (8.1)
    }

    test('what comes behind it is ignored', limit, async () => {
      const behind = [frame(binary, 'set late 0 0 1\r\nx\r\n'), frame(ping, '?'), closeFrame(1001), frame(3)];
      assert.deepEqual(await converse(server, [closeFrame(4000), ...behind]), { data: '', pongs: [], code: 4000 });
      assert.equal(await withClient(server, (other) => other.ask('mg late v\r\n')), 'EN\r\n');
    });

    test('what comes between ours and the answer to it is ignored', limit, async () => {
      const behind = [frame(binary, 'set late 0 0 1\r\nx\r\n'), frame(ping, '?')];
      assert.deepEqual(await converse(server, [frame(binary, 'quit\r\n'), ...behind]), {
        data: '',
        pongs: [],
        code: 1000,
      });
      assert.equal(await withClient(server, (other) => other.ask('mg late v\r\n')), 'EN\r\n');
    });

    test('who does not answer ours is cut off', limit, async () => {
      const client = await upgraded(server);
      await client.send(frame(binary, 'quit\r\n'));
      assert.equal(closeCode(await readFrame(client)), 1000);
      await client.readToEnd(15_000); // although our end stays open and silent
      client.close();
    });
  });

  describe('what is not the memcached protocol', () => {
    ends('quit', [frame(binary, 'quit\r\n')], 1000);
    ends('a line without end', [frame(binary, 'x'.repeat(3000))], 1008);
    ends('an HTTP request in a frame', [frame(binary, 'GET / HTTP/1.1\r\n\r\n')], 1008);
  });
});
