// Signals that end a wait, and those that misbehave.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createClient } from 'isocache/client';
import { withScript, scripted } from './lib/scripted-server.mjs';

const thrower = () => {
  throw new Error('a signal that throws');
};
const signalWith = (members) => Object.assign(new EventTarget(), { aborted: false, throwIfAborted() {} }, members);

test('a signal that throws: its request fails, the others get their own replies', async () => {
  const { transport } = scripted((request) =>
    request
      .split('\r\n')
      .slice(1)
      .map((_, at) => `VA 1\r\n${request.split('\r\n')[at].split(' ')[1]}\r\n`),
  );
  for (const name of ['throwIfAborted', 'addEventListener']) {
    const client = createClient({ transport });
    const [a, b, c] = await Promise.allSettled([
      client.get('a'),
      client.get('b', { signal: signalWith({ [name]: thrower }) }),
      client.get('c'),
    ]);
    assert.equal(b.reason?.message, 'a signal that throws', name);
    assert.deepEqual([a.value, c.value, await client.get('d')], ['a', 'c', 'd'], name);
  }
  const client = createClient({ transport });
  const signal = signalWith({ removeEventListener: thrower });
  assert.deepEqual(await Promise.all(['a', 'b'].map((key) => client.get(key, { signal }))), ['a', 'b']);
  const listeners = [];
  const aborted = signalWith({ addEventListener: (_, listener) => listeners.push(listener) });
  Object.defineProperty(aborted, 'reason', { get: thrower });
  const wait = client.get('a', { signal: aborted });
  assert.throws(listeners[0], /a signal that throws/);
  assert.deepEqual([await wait, await client.get('b')], ['a', 'b']);
});

test('a signal that throws while the connection breaks: all that wait are told', async () => {
  const signal = signalWith({ removeEventListener: thrower });
  await withScript(
    (socket) => socket.once('data', () => socket.destroy()),
    async (client) => {
      const asked = await Promise.allSettled([
        client.get('a', { signal }),
        client.get('b'),
        client.get('c', { signal }),
      ]);
      for (const { reason } of asked) assert.equal(reason?.code, 'CLOSED');
    },
  );
  await withScript(
    () => {},
    async (client) => {
      const asked = await Promise.allSettled([client.get('a', { signal }), client.get('b', { signal })]);
      for (const { reason } of asked) assert.ok(['TIMEOUT', 'CLOSED'].includes(reason?.code));
    },
    { timeout: 50 },
  );
});

test('a signal that asks for more, or hangs up, while it is called', async () => {
  const { transport } = scripted((request) =>
    request
      .split('\r\n')
      .slice(1)
      .map((_, at) => `VA 1\r\n${request.split('\r\n')[at].split(' ')[1]}\r\n`),
  );
  const client = createClient({ transport });
  const inner = [];
  const ask = () => {
    inner.push(client.get(`${inner.length}`));
  };
  const signal = signalWith({ addEventListener: ask, removeEventListener: ask, throwIfAborted: ask });
  assert.deepEqual(await Promise.all([client.get('a', { signal }), client.get('b')]), ['a', 'b']);
  await client.get('c');
  assert.deepEqual(await Promise.all(inner), ['0', '1', '2']);
  const closing = signalWith({
    addEventListener: () => {
      client.close();
    },
  });
  const outcomes = await Promise.allSettled([client.get('d', { signal: closing }), client.get('e')]);
  for (const { reason } of outcomes) assert.equal(reason?.code, 'CLOSED');
});

test('a signal aborted while it is being listened to: nothing is sent', async () => {
  const { sent, transport } = scripted(() => ['EN\r\n']);
  const client = createClient({ transport });
  const signal = signalWith({ reason: new Error('at once'), addEventListener: (_, abort) => abort() });
  await assert.rejects(client.get('a', { signal }), /at once/);
  await client.get('b');
  assert.deepEqual(sent, ['mg b v c\r\n']);
});
