// Connections to a server, with a WebSocket that the test plays.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';

import { connectLive, ownServer, readAddress } from '../../../build/web/unit/live/index.js';
import { answering, FakeSocket } from './lib/fake-socket.mjs';

const PAGE = 'http://localhost:3000/play/';
const text = (bytes) => Buffer.from(bytes).toString('latin1');
const bytes = (line) => Buffer.from(line, 'latin1');
const nobody = async () => {
  throw new TypeError('fetch failed');
};
const somebody = (status) => async () => ({ status });

function connect({ url = 'ws://127.0.0.1:8080/memcached', pageUrl = PAGE, fetch = nobody, ...more } = {}) {
  const { ownServerOnly, ...options } = more;
  const environment = { pageUrl, fetch, ownServerOnly };
  return connectLive({ url, WebSocket: FakeSocket, environment, timeoutMs: 200, ...options });
}

beforeEach(() => {
  FakeSocket.script = answering({});
});

describe('addresses', () => {
  const GOOD = [
    ['127.0.0.1:8080', 'ws://127.0.0.1:8080/memcached'],
    ['  localhost:8080/ ', 'ws://localhost:8080/memcached'],
    ['http://cache.example:8443', 'ws://cache.example:8443/memcached'],
    ['https://cache.example:8443', 'wss://cache.example:8443/memcached'],
    ['wss://cache.example', 'wss://cache.example/memcached'],
    ['ws://[::1]:8080/other', 'ws://[::1]:8080/other'],
    ['cache.example:8443', 'wss://cache.example:8443/memcached', 'https://app.example/'],
    ['127.0.0.1:8080', 'ws://127.0.0.1:8080/memcached', 'https://app.example/'],
  ];
  for (const [typed, url, page = PAGE] of GOOD) {
    test(`${typed} on ${page}`, () => assert.deepEqual(readAddress(typed, page), { url }));
  }

  test('user and password are taken out', () => {
    assert.deepEqual(readAddress('ws://app:p%40ss@cache:80', PAGE), {
      url: 'ws://cache/memcached',
      login: { user: 'app', password: 'p@ss' },
    });
  });

  for (const typed of [
    '',
    '   ',
    'ftp://cache',
    'ws://',
    'cache:99999',
    'cache?x',
    'ws://cache/#x',
    'ws://a%:b@cache',
    'a b',
  ]) {
    test(`"${typed}" is refused with a sentence`, () => {
      const { error } = readAddress(typed, PAGE);
      assert.match(error, /^[A-Z].*\.$/);
    });
  }

  test('the server that a page came from', () => {
    assert.equal(ownServer('http://127.0.0.1:8080/'), 'ws://127.0.0.1:8080/memcached');
    assert.equal(ownServer('https://cache.example/x/y.html'), 'wss://cache.example/memcached');
    assert.equal(ownServer('file:///tmp/playground.html'), undefined);
  });
});

describe('a connection', () => {
  test('offers the subprotocol, and user and password as a token', async () => {
    const { client } = await connect();
    assert.deepEqual(FakeSocket.last.protocols, ['memcached']);
    assert.equal(FakeSocket.last.binaryType, 'arraybuffer');
    client.close();
    await connect({ login: { user: 'app', password: 'pä:ss?>' } });
    const token = FakeSocket.last.protocols[1].replace(/^bearer\./, '');
    assert.match(token, /^[A-Za-z0-9_-]+$/);
    assert.equal(Buffer.from(token, 'base64url').toString(), 'app:pä:ss?>');
  });

  test('gives the replies of what was sent, however they are cut', async () => {
    const { client } = await connect();
    const socket = FakeSocket.last;
    const reply = 'VA 11\r\nMN\r\nEN\r\n MN\r\nHD\r\nMN\r\nVALUE k 0 4\r\nMN\r\n\r\nEND\r\n';
    socket.onSend = (sent) => {
      assert.equal(sent, 'mg a v\r\nmn\r\nget k\r\nmn\r\n');
      for (const byte of `${reply}MN\r\n`) socket.reply(byte);
    };
    const answer = await client.send(bytes('mg a v\r\nmn\r\nget k\r\n'));
    assert.deepEqual([text(answer.reply), answer.closed], [reply, false]);
  });

  test('a line that begins with a space is no command: no MN is waited for, and nothing ends', async () => {
    const { client } = await connect({ timeoutMs: 200 });
    FakeSocket.last.onSend = (_, socket) => socket.reply('ERROR\r\nERROR\r\nHD\r\nMN\r\n');
    const answer = await client.send(bytes(' mn\r\n quit\r\nmg a\r\n'));
    assert.deepEqual(
      [answer.failure, text(answer.reply), answer.closed],
      [undefined, 'ERROR\r\nERROR\r\nHD\r\n', false],
    );
  });

  test('one after the other, in order', async () => {
    FakeSocket.script = answering({ 'mg a': 'EN\r\n', 'mg b': 'HD\r\n', version: 'VERSION 1.6.45\r\n' });
    const { client } = await connect();
    const answers = await Promise.all(['mg a', 'mg b', 'version'].map((line) => client.send(bytes(`${line}\r\n`))));
    assert.deepEqual(
      answers.map(({ reply }) => text(reply)),
      ['EN\r\n', 'HD\r\n', 'VERSION 1.6.45\r\n'],
    );
  });

  test('what is not finished is not sent', async () => {
    const { client } = await connect();
    const before = FakeSocket.last.sent;
    for (const [line, say] of [
      ['ms a 5\r\nhel', /^4 bytes of the value are missing/],
      ['mg a', /no end/],
      ['mg a\r\nset b 0 0 1\r\n', /^3 bytes/],
    ]) {
      const { failure } = await client.send(bytes(line));
      assert.equal(failure.kind, 'unfinished');
      assert.match(failure.say, say);
    }
    assert.equal(FakeSocket.last.sent, before);
  });

  test('much goes in several frames', async () => {
    const { client } = await connect();
    const frames = [];
    FakeSocket.last.onSend = (sent, socket) => {
      frames.push(sent.length);
      if (sent.endsWith('mn\r\n')) socket.reply('HD\r\nMN\r\n');
    };
    await client.send(bytes(`ms a 600000\r\n${'x'.repeat(600_000)}\r\n`));
    assert.deepEqual(frames, [262144, 262144, 600_000 + 19 - 2 * 262144]);
  });

  test('quit ends it, with a reply and without a complaint', async () => {
    const lost = [];
    const { client } = await connect({ onLost: (failure) => lost.push(failure) });
    FakeSocket.last.onSend = (_, socket) => {
      socket.reply('EN\r\n');
      socket.end(1000);
    };
    const { reply, closed } = await client.send(bytes('mg a\r\nquit\r\n'));
    assert.deepEqual([text(reply), closed, client.closed], ['EN\r\n', true, true]);
    assert.equal((await client.send(bytes('mn\r\n'))).failure.kind, 'lost');
  });
});

describe('what can go wrong when connecting', () => {
  const failureOf = async (options) => (await connect(options)).failure;
  const refuse = (socket) => socket.refuse();
  const mend = ({ mends }) => mends[0].command ?? mends[0].say;

  test('no WebSocket in this browser', async () => {
    assert.equal((await failureOf({ WebSocket: undefined })).kind, 'no websocket');
  });

  test('a page over https and a server without TLS', async () => {
    const failure = await failureOf({ url: 'ws://cache.example:8080/memcached', pageUrl: 'https://app.example/' });
    assert.equal(failure.kind, 'mixed content');
    assert.equal(
      mend(failure),
      './dev run --http 0.0.0.0:8080 -Z -o ssl_chain_cert=chain.pem,ssl_key=key.pem --allow-origin https://app.example',
    );
    const { client } = await connect({ pageUrl: 'https://app.example/' });
    assert.ok(client, 'this machine is allowed');
  });

  test('a page of a server that may connect to its own server alone', async () => {
    const failure = await failureOf({ pageUrl: 'http://127.0.0.1:9090/', ownServerOnly: true });
    assert.equal(failure.kind, 'own server only');
    assert.match(failure.say, /127\.0\.0\.1:9090/);
    assert.match(mend(failure), /http:\/\/127\.0\.0\.1:8080\//);
    assert.ok((await connect({ pageUrl: 'http://127.0.0.1:8080/', ownServerOnly: true })).client);
  });

  test('nobody there, or nobody who shows himself', async () => {
    FakeSocket.script = refuse;
    const failure = await failureOf({ login: { user: 'a', password: 'b' } });
    assert.equal(failure.kind, 'unreachable');
    assert.equal(failure.mends[1].command, '--allow-origin http://localhost:3000');
    assert.match(failure.mends[2].say, /password/);
    const own = await failureOf({ pageUrl: 'http://127.0.0.1:8080/' });
    assert.deepEqual([own.kind, mend(own)], ['nobody there', './dev run --http 127.0.0.1:8080']);
    assert.equal(mend(failure), './dev run --http 127.0.0.1:8080 --allow-origin http://localhost:3000');
    const file = await failureOf({ pageUrl: 'file:///tmp/playground.html' });
    assert.equal(mend(file), './dev run --http 127.0.0.1:8080 --allow-origin null');
    const tls = await failureOf({ url: 'wss://cache.example/memcached' });
    assert.match(mend(tls), /--http 0\.0\.0\.0:443 -Z /);
    assert.ok(tls.mends.some(({ say }) => say.includes('certificate')));
  });

  test('the constructor throws', async () => {
    class Throws {
      constructor() {
        throw new DOMException('denied', 'SecurityError');
      }
    }
    assert.equal((await failureOf({ WebSocket: Throws })).kind, 'unreachable');
  });

  test('somebody there who refuses: the origin first, then what else it may be', async () => {
    FakeSocket.script = refuse;
    const failure = await failureOf({ fetch: somebody(0) });
    assert.equal(failure.kind, 'refused');
    assert.match(failure.mends[0].say, /http:\/\/localhost:3000/);
    assert.equal(mend(failure), './dev run --http 127.0.0.1:8080 --allow-origin http://localhost:3000');
    const { mends } = await failureOf({
      fetch: somebody(0),
      login: { user: 'a', password: 'b' },
      url: 'ws://127.0.0.1:8080/other',
    });
    assert.match(mends[1].say, /password/);
    assert.match(mends[2].say, /\/memcached/);
  });

  test('the page’s own server: its answer says more', async () => {
    FakeSocket.script = refuse;
    const own = { pageUrl: 'http://127.0.0.1:8080/' };
    const login = { user: 'a', password: 'b' };
    assert.equal((await failureOf({ ...own, fetch: somebody(404) })).kind, 'no memcached');
    assert.equal((await failureOf({ ...own, login, fetch: somebody(426) })).kind, 'wrong password');
    const byName = { url: 'ws://cache.lan:8080/memcached', pageUrl: 'http://cache.lan:8080/' };
    assert.equal(
      mend(await failureOf({ ...byName, fetch: somebody(426) })),
      './dev run --http cache.lan:8080 --allow-origin http://cache.lan:8080',
    );
  });

  test('a handshake that never ends', async () => {
    FakeSocket.script = () => {};
    assert.equal((await failureOf()).kind, 'unreachable');
    assert.equal(FakeSocket.last.closed, true);
  });

  test('a WebSocket that speaks something else', async () => {
    FakeSocket.script = (socket) => socket.open('chat');
    const failure = await failureOf();
    assert.equal(failure.kind, 'wrong subprotocol');
    assert.match(mend(failure), /\/memcached/);
    FakeSocket.script = (socket) => socket.open('');
    assert.equal((await failureOf()).kind, 'wrong subprotocol');
  });

  const GREETINGS = [
    ['no memcached', (socket) => socket.reply('220 mail.example ESMTP\r\n')],
    ['no memcached', (socket) => socket.text('hello')],
    ['no memcached', () => {}],
    ['no memcached', (socket, sent) => socket.reply(sent)],
    ['password wanted', (socket) => socket.reply('CLIENT_ERROR unauthenticated\r\n')],
    ['too old', (socket) => socket.reply('ERROR\r\n')],
    ['too much', (socket) => socket.reply('x'.repeat(100_000))],
    ['lost', (socket) => socket.end(1008, 'no login in time')],
  ];
  for (const [kind, answer] of GREETINGS) {
    test(`the first answer: ${answer}`, async () => {
      const lost = [];
      FakeSocket.script = (socket) => {
        socket.onSend = (sent) => answer(socket, sent);
        socket.open();
      };
      assert.equal((await failureOf({ onLost: (failure) => lost.push(failure) })).kind, kind);
      assert.equal(FakeSocket.last.closed, true);
      assert.deepEqual(lost, [], 'there was no connection to lose');
    });
  }

  test('a password that is wrong after all', async () => {
    FakeSocket.script = (socket) => {
      socket.onSend = () => socket.reply('CLIENT_ERROR unauthenticated\r\n');
      socket.open();
    };
    assert.equal((await failureOf({ login: { user: 'a', password: 'b' } })).kind, 'wrong password');
  });
});

describe('what can go wrong later', () => {
  const lateFailure = async (onSend, options = {}) => {
    const lost = [];
    const { client } = await connect({ ...options, onLost: (failure) => lost.push(failure) });
    FakeSocket.last.onSend = (sent, socket) => onSend(socket, sent);
    const { failure } = await client.send(bytes('get a\r\n'));
    assert.deepEqual(lost, [failure], 'the page is told as well, once');
    assert.equal(FakeSocket.last.closed, true);
    assert.deepEqual((await client.send(bytes('get a\r\n'))).failure, failure);
    return failure;
  };

  test('the connection is lost', async () => {
    const failure = await lateFailure((socket) => socket.end(1001, 'the server ends'));
    assert.equal(failure.kind, 'lost');
    assert.match(failure.say, /: the server ends\.$/);
    assert.match((await lateFailure((socket) => socket.end(1006))).say, /network/);
  });

  test('no answer', async () => {
    const failure = await lateFailure((socket) => socket.reply('VALUE a 0 5\r\nhe'));
    assert.deepEqual([failure.kind, failure.say.includes('0.2 seconds')], ['no answer', true]);
  });

  test('a reply without end, or too large a value', async () => {
    const options = { maxReplyBytes: 1000 };
    const flood = (socket) => {
      for (let i = 0; i < 20; ++i) socket.reply('STAT x 1\r\n'.repeat(10));
    };
    assert.equal((await lateFailure(flood, options)).kind, 'too much');
    const long = (socket) => socket.reply(`VALUE a 0 5000\r\n${'x'.repeat(900)}`) ?? socket.reply('x'.repeat(200));
    assert.equal((await lateFailure(long, options)).kind, 'too much');
    assert.equal((await lateFailure((socket) => socket.reply('x'.repeat(70_000)))).kind, 'too much');
  });

  test('something behind the last reply', async () => {
    assert.equal((await lateFailure((socket) => socket.reply('END\r\nMN\r\nHD\r\n'))).kind, 'out of step');
  });

  test('something that nobody asked for', async () => {
    const lost = [];
    await connect({ onLost: (failure) => lost.push(failure.kind) });
    FakeSocket.last.reply('HD\r\n');
    assert.deepEqual(lost, ['out of step']);
  });

  test('to close is not to lose', async () => {
    const lost = [];
    const { client } = await connect({ onLost: (failure) => lost.push(failure.kind) });
    client.close();
    assert.deepEqual([lost, client.closed], [[], true]);
  });
});
