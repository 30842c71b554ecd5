// python3-websockets, a client that others wrote, against the WebSocket port.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { describe, test } from 'node:test';

import { Certificates, needOpenssl } from '../lib/certificates.mjs';
import { withClient } from '../lib/client.mjs';
import { needIsocached, runProgram, startIsocached, withServer } from '../lib/server.mjs';
import { webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 60_000 };
const needPython = existsSync('/usr/lib/python3/dist-packages/websockets/__init__.py')
  ? false
  : 'no python3-websockets here';

// What the programs share. `url` and `more` are their arguments.
const PRELUDE = `
import asyncio, os, signal, ssl, sys, websockets
from websockets.exceptions import ConnectionClosed, InvalidStatusCode
url, *more = sys.argv[1:]
origin = url.replace("ws", "http", 1).removesuffix("/memcached")
def connect(**options):
    return websockets.connect(url, **{"subprotocols": ["memcached"], "compression": None, "max_size": None, **options})
async def set_and_get(ws, value, step=None):
    request = b"set a 0 0 %d\\r\\n%s\\r\\n" % (len(value), value)
    fragments = [request[at:at + step] for at in range(0, len(request), step)] if step else request
    await ws.send(fragments)
    assert await ws.recv() == b"STORED\\r\\n"
    await ws.send(b"get a\\r\\n")
    expected = b"VALUE a 0 %d\\r\\n%s\\r\\nEND\\r\\n" % (len(value), value)
    received = b""
    while len(received) < len(expected):
        received += await ws.recv()
    assert received == expected
async def how_it_ends(ws):
    try:
        while True:
            await ws.recv()
    except ConnectionClosed as closed:
        return closed.rcvd.code, closed.rcvd.reason
async def talk():
`;

/** Runs the body of talk(), which says "fine" at its end. */
async function python(body, ...args) {
  const program = `${PRELUDE}${body.trimEnd().replace(/^\n/, '')}\n    print("fine")\nasyncio.run(talk())`;
  const { code, stdout, stderr } = await runProgram('/usr/bin/python3', ['-c', program, ...args.map(String)]);
  assert.equal(`${stdout}${stderr}`, 'fine\n');
  assert.equal(code, 0);
}

describe('python3-websockets', { skip: needIsocached || needPython }, () => {
  const onServer = (args, use) => withServer(startIsocached, ['--http', '127.0.0.1:0', ...args], use);

  test('sets, gets, pings and is refused text', limit, () =>
    onServer([], async (server) => {
      await python(
        `
    async with connect(origin=origin) as ws:
        assert ws.subprotocol == "memcached", ws.subprotocol
        await set_and_get(ws, b"value")
        await (await ws.ping(b"there?"))
        await ws.send("text")
        assert await how_it_ends(ws) == (1003, "binary frames only")
`,
        webSocketUrl(server),
      );
      assert.equal(await withClient(server, (other) => other.ask('mg a v\r\n')), 'VA 5\r\nvalue\r\n');
    }),
  );

  test('a large value, in one frame and in fragments', limit, () =>
    onServer(['-m', '256', '-I', '32m'], (server) =>
      python(
        `
    async with connect() as ws:
        value = bytes(range(256)) * 80_000
        await set_and_get(ws, value)
        await set_and_get(ws, value[::-1], 70_001)
        await set_and_get(ws, b"small", 1)
`,
        webSocketUrl(server),
      ),
    ),
  );

  test('an origin that is not allowed', limit, () =>
    onServer([], (server) =>
      python(
        `
    try:
        async with connect(origin="https://evil.example"):
            assert False, "it was let in"
    except InvalidStatusCode as refused:
        assert refused.status_code == 403, refused
`,
        webSocketUrl(server),
      ),
    ),
  );

  test('permessage-deflate', limit, async () => {
    const body = `
    async with connect(compression="deflate") as ws:
        assert [extension.name for extension in ws.extensions] == more, ws.extensions
        await set_and_get(ws, b"compressible " * 70_000)
        await set_and_get(ws, os.urandom(100_000) * 5, 70_001)
        await set_and_get(ws, b"")
`;
    await onServer([], (server) => python(body, webSocketUrl(server)));
    await onServer(['--websocket-deflate'], (server) => python(body, webSocketUrl(server), 'permessage-deflate'));
  });

  test('wss, with a look at the certificate', { ...limit, skip: needOpenssl }, async () => {
    const certificates = new Certificates();
    const url = (server) => webSocketUrl(server, 'wss');
    await onServer(certificates.serverArgs(certificates.issue('server')), (server) =>
      python(
        `
    async with connect(ssl=ssl.create_default_context(cafile=more[0]), origin=origin) as ws:
        await set_and_get(ws, bytes(range(256)) * 2000, 70_001)
    try:
        async with connect(ssl=ssl.create_default_context()):
            assert False, "a certificate of nobody's was trusted"
    except ssl.SSLCertVerificationError:
        pass
`,
        url(server),
        certificates.authority.cert,
      ),
    );
  });

  test('hears that the server ends', limit, () =>
    onServer([], (server) =>
      python(
        `
    async with connect() as ws:
        await set_and_get(ws, b"value")
        os.kill(int(more[0]), signal.SIGTERM)
        assert await how_it_ends(ws) == (1001, "the server ends")
`,
        webSocketUrl(server),
        server.pid,
      ),
    ),
  );
});
