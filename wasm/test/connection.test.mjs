// connect(): fragments, pipelines, streams, ends.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { open } from '../dist/esm/entry/index.js';

const text = (bytes) => Buffer.from(bytes).toString('latin1');

/** Everything, as a server would take it. */
function feedAll(connection, input) {
  let replies = text(connection.feed(input));
  while (connection.pending) replies += text(connection.feed());
  return replies;
}

describe('feed', () => {
  test('byte by byte is as in one piece', async () => {
    const store = await open();
    const input =
      'set a 0 0 5\r\na\r\nbc\r\nget a b\r\nmg a v s\r\nbad\r\nms big 20000\r\n' +
      'x'.repeat(20_000) +
      '\r\nmg big v\r\nmn\r\n';
    const whole = feedAll(store.connect(), input);
    store.clear();
    const connection = store.connect();
    let pieces = '';
    for (const character of input) pieces += feedAll(connection, character);
    assert.equal(pieces, whole);
    assert.ok(whole.startsWith('STORED\r\nVALUE a 0 5\r\na\r\nbc\r\nEND\r\nVA 5 s5\r\n'));
  });

  test("the replies are the caller's", async () => {
    const store = await open();
    const connection = store.connect();
    const first = connection.feed('ms a 3\r\nabc\r\nmg a v\r\n');
    connection.feed('ms a 3\r\nxyz\r\nmg a v\r\n');
    assert.equal(text(first), 'HD\r\nVA 3\r\nabc\r\n');
    assert.equal(connection.feed().length, 0);
  });

  test('replies without end come in bounded parts', async () => {
    const store = await open();
    store.set('big', 'x'.repeat(1_000_000));
    const connection = store.connect();
    const requests = 'mg big v\r\n'.repeat(100);
    let parts = 0;
    let bytes = 0;
    for (let replies = connection.feed(requests); ; replies = connection.feed()) {
      ++parts;
      bytes += replies.length;
      assert.ok(replies.length < 1_000_000 + (256 << 10) + 100, `${replies.length} bytes in one part`);
      if (!connection.pending) break;
    }
    assert.equal(bytes, 100 * (1_000_000 + 'VA 1000000\r\n\r\n'.length));
    assert.ok(parts >= 100);
  });

  test('one part is never more than one item beyond the limit, whatever the sizes and the command', async () => {
    const store = await open({ maxItemSize: 8 << 20 });
    const sizes = [100, 5_000, 100_000, 300_000, 3_000_000, 6_000_000];
    for (const size of sizes) store.set(`v${size}`, 'x'.repeat(size));
    const keys = Array.from({ length: 60 }, (_, i) => `v${sizes[(i * 7) % sizes.length]}`);
    const lines = {
      get: `get ${keys.join(' ')}\r\n`,
      mg: keys.map((key) => `mg ${key} v\r\n`).join(''),
      gats: `gats 0 ${keys.join(' ')}\r\n`,
    };
    for (const [command, line] of Object.entries(lines)) {
      const connection = store.connect();
      let bytes = 0;
      for (let replies = connection.feed(line); ; replies = connection.feed()) {
        bytes += replies.length;
        assert.ok(replies.length < 6_000_000 + (256 << 10) + 100, `${command}: ${replies.length} bytes in one part`);
        if (!connection.pending) break;
      }
      assert.ok(bytes > keys.reduce((sum, key) => sum + Number(key.slice(1)), 0), command);
      connection.close();
    }
  });

  test('refuses what is neither string nor bytes', async () => {
    const connection = (await open()).connect();
    for (const wrong of [5, null, true, {}, [109, 110], new Uint16Array(4), new ArrayBuffer(4)]) {
      assert.throws(() => connection.feed(wrong), { code: 'BAD_ARGUMENT' });
    }
    assert.equal(text(connection.feed('mn\r\n')), 'MN\r\n');
  });

  test('what comes while replies are pending keeps its place', async () => {
    const store = await open();
    store.set('big', 'x'.repeat(1_000_000));
    const connection = store.connect();
    let replies = text(connection.feed('mg big s v\r\n'.repeat(40)));
    assert.equal(connection.pending, true);
    replies += feedAll(connection, `mn\r\n${'mg nobody\r\n'.repeat(10_000)}ms k 2\r\nok\r\n`);
    assert.ok(replies.endsWith(`x\r\nMN\r\n${'EN\r\n'.repeat(10_000)}HD\r\n`));
  });

  test('connections are apart; closing one in the middle leaves the store whole', async () => {
    const store = await open();
    const [a, b] = [store.connect(), store.connect()];
    a.feed('set k 0 0 100000\r\nhalf of it');
    assert.equal(text(b.feed('get k\r\n')), 'END\r\n');
    a.close();
    assert.equal(a.closed, true);
    assert.equal(a.feed('mn\r\n').length, 0);
    assert.equal(text(b.feed('set k 0 0 1\r\nv\r\nget k\r\n')), 'STORED\r\nVALUE k 0 1\r\nv\r\nEND\r\n');
  });

  test('ends by quit, by an endless line and by a browser', async () => {
    const store = await open();
    for (const [input, replies] of [
      ['mn\r\nquit\r\nmn\r\n', 'MN\r\n'],
      ['x'.repeat(70_000), ''],
      ['GET / HTTP/1.1\r\n', ''],
    ]) {
      const connection = store.connect();
      assert.equal(text(connection.feed(input)), replies);
      assert.equal(connection.closed, true);
      assert.equal(connection.pending, false);
    }
  });

  test('a client may lower the memory limit, and not lift it', async () => {
    const store = await open({ maxBytes: 16 << 20 });
    const connection = store.connect();
    const ask = (mebibytes) => text(connection.feed(`cache_memlimit ${mebibytes}\r\n`));
    assert.equal(ask(17), 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n');
    assert.equal(ask(8), 'OK\r\n');
    assert.equal(store.stats().maxBytes, 8 << 20);
    assert.equal(ask(1000), 'MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n');
    assert.equal(ask(16), 'OK\r\n');
    assert.equal(store.stats().maxBytes, 16 << 20);
  });

  test('execute() takes whole requests only', async () => {
    const store = await open();
    for (const half of ['get', 'set k 0 0 5\r\nab', 'ms k 20000\r\n', 'mg k']) {
      assert.throws(() => store.execute(half), { code: 'CLIENT_ERROR' });
    }
    assert.equal(text(store.execute('mn\r\n')), 'MN\r\n');
    assert.equal(text(store.execute(new TextEncoder().encode('mn\r\n'))), 'MN\r\n');
  });
});

describe('streams', () => {
  test('carry requests and replies, in any chunks', async () => {
    const store = await open();
    const { readable, writable } = store.connect();
    const requests = new TextEncoder().encode('ms k 2\r\nok\r\nmg k v\r\nquit\r\n');
    const source = new ReadableStream({
      start(controller) {
        for (const byte of requests) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const sent = source.pipeTo(writable).catch((error) => error);
    assert.equal(await new Response(readable).text(), 'HD\r\nVA 2\r\nok\r\n');
    await sent;
  });

  test('what is not read holds up what is written', async () => {
    const store = await open();
    store.set('big', 'x'.repeat(1_000_000));
    const connection = store.connect();
    const writer = connection.writable.getWriter();
    let written = 0;
    const writing = (async () => {
      for (; written < 50; ++written) await writer.write(new TextEncoder().encode('mg big v\r\n'));
      await writer.close();
    })();
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.ok(written < 3, `${written} written`);
    let bytes = 0;
    for await (const chunk of connection.readable) bytes += chunk.length;
    await writing;
    assert.equal(bytes, 50 * (1_000_000 + 'VA 1000000\r\n\r\n'.length));
    assert.equal(connection.closed, true);
  });

  test('end with the connection, from either side', async () => {
    const store = await open();
    const cancelled = store.connect();
    await cancelled.readable.cancel();
    assert.equal(cancelled.closed, true);
    await assert.rejects(cancelled.writable.getWriter().write(new Uint8Array(1)), { code: 'CLOSED' });
    const aborted = store.connect();
    await aborted.writable.abort();
    assert.equal((await aborted.readable.getReader().read()).done, true);
    const closed = store.connect();
    const reader = closed.readable.getReader();
    closed.close();
    assert.equal((await reader.read()).done, true);
    await assert.rejects(closed.writable.getWriter().write(new Uint8Array(1)), { code: 'CLOSED' });
    const late = store.connect();
    late.close();
    assert.equal((await late.readable.getReader().read()).done, true);
  });

  test('end with an error when a chunk is no bytes', async () => {
    const { readable, writable } = (await open()).connect();
    const read = readable.getReader().read();
    await assert.rejects(writable.getWriter().write(5), { code: 'BAD_ARGUMENT' });
    await assert.rejects(read, { code: 'BAD_ARGUMENT' });
  });
});
