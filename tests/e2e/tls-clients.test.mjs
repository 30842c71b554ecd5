// Other people's clients on the memcached port with TLS: openssl, pymemcache, healthcheck.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { opensslPath } from '../lib/certificates.mjs';
import { isocachedPath, runProgram, spawnBound, withServer } from '../lib/server.mjs';
import { certificates, needTls, onServer, serverPair, set, startTls, value } from '../lib/tls.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const limit = { timeout: 120_000 };
const PYTHON = '/usr/bin/python3';
const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache';

describe("TLS: other people's clients", { skip: needTls, concurrency: 1 }, () => {
  test('openssl s_client', limit, () =>
    onServer(async (server) => {
      for (const version of ['-tls1_2', '-tls1_3']) {
        const child = spawnBound(
          opensslPath,
          [
            's_client',
            '-quiet',
            '-verify_return_error',
            version,
            '-CAfile',
            certificates.authority.cert,
            '-connect',
            `127.0.0.1:${server.port}`,
          ],
          { stdio: ['pipe', 'pipe', 'ignore'] },
        );
        let output = '';
        child.stdout.setEncoding('latin1').on('data', (text) => {
          output += text;
        });
        child.stdin.write(`${set('s', 'from s_client')}get s\r\nquit\r\n`);
        await new Promise((resolve) => child.once('close', resolve));
        assert.equal(output, `STORED\r\n${value('s', 'from s_client')}`);
      }
    }),
  );

  test('pymemcache', { ...limit, skip: existsSync(PYMEMCACHE) ? false : 'no python3-pymemcache here' }, () =>
    onServer(async (server) => {
      const program = `
import ssl
from pymemcache.client.base import Client, PooledClient
trust = ssl.create_default_context(cafile='${certificates.authority.cert}')
for make in (Client, PooledClient):
    client = make(('localhost', ${server.port}), tls_context=trust, timeout=10)
    assert client.set('k', b'v' * 900000, noreply=False)
    assert client.get('k') == b'v' * 900000
    assert client.set_many({'k%d' % i: b'%d' % i for i in range(1000)}) == []
    assert len(client.get_many(['k%d' % i for i in range(1000)])) == 1000
    assert client.incr('k7', 3) == 10 and client.delete('k7', noreply=False) and client.get('k7') is None
    client.close()
try:
    Client(('localhost', ${server.port}), tls_context=ssl.create_default_context(), timeout=10).get('k')
except ssl.SSLCertVerificationError:
    print('done')
`;
      const { code, stdout, stderr } = await runProgram(PYTHON, ['-c', program]);
      assert.equal(stderr, '');
      assert.deepEqual([code, stdout], [0, 'done\n']);
    }),
  );

  test('native/docs/exposing-safely.md: pymemcache logs in', {
    ...limit,
    skip: existsSync(PYMEMCACHE) ? false : 'no python3-pymemcache here',
  }, async () => {
    const page = readFileSync(path.join(root, 'native/docs/exposing-safely.md'), 'utf8');
    const [, program] = /^```python\n(.*?)^```$/ms.exec(page);
    const folder = mkdtempSync(path.join(os.tmpdir(), 'isocache-tls-'));
    const users = path.join(folder, 'users');
    try {
      for (const [password, expected] of [
        ['password', [0, "b'value'\n"]],
        ['other', [1, '']],
      ]) {
        writeFileSync(users, `app:${password}\n`, { mode: 0o600 });
        await onServer(
          async (server) => {
            // Again, on a new connection.
            const run = `${program.replace("('cache.example', 11211)", `('localhost', ${server.port})`)}cache.close()\nprint(cache.get('key'))\n`;
            const { code, stdout, stderr } = await runProgram(PYTHON, ['-c', run], {
              env: { ...process.env, SSL_CERT_FILE: certificates.authority.cert },
            });
            assert.deepEqual([code, stdout], expected, stderr);
            if (code !== 0) assert.match(stderr, /MemcacheClientError.*authentication failure/);
          },
          ['-Y', users],
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test(
    "the TLS test of pymemcache's own",
    { ...limit, skip: existsSync(PYMEMCACHE) ? false : 'no python3-pymemcache here' },
    () =>
      onServer(async (server) => {
        // Its certificates are not in the package: ours is trusted in their place.
        const folder = mkdtempSync(path.join(os.tmpdir(), 'isocached-pytest-'));
        writeFileSync(
          path.join(folder, 'trust_ours.py'),
          `
import ssl
create = ssl.create_default_context
ssl.create_default_context = lambda cafile: create(cafile='${certificates.authority.cert}')
`,
        );
        const { code, stdout } = await runProgram(
          PYTHON,
          [
            '-m',
            'pytest',
            '-q',
            '-W',
            'ignore',
            '-p',
            'no:cacheprovider',
            '-p',
            'trust_ours',
            '-c',
            '/dev/null',
            '-m',
            'integration',
            '--tls-server=localhost',
            `--tls-port=${server.port}`,
            '-k',
            'test_tls',
            path.join(PYMEMCACHE, 'test', 'test_integration.py'),
          ],
          { env: { ...process.env, PYTHONPATH: folder } },
        );
        rmSync(folder, { recursive: true });
        assert.match(stdout, /[1-9] passed/);
        assert.equal(code, 0, stdout);
      }),
  );

  test('healthcheck over TLS', limit, async () => {
    const server = await startTls(['--http', '127.0.0.1:0']);
    await withServer(
      () => server,
      [],
      async () => {
        const check = async (...args) => (await runProgram(isocachedPath, ['healthcheck', ...args])).code;
        const trust = ['-o', `ssl_ca_cert=${certificates.authority.cert}`];
        assert.equal(await check(`https://localhost:${server.httpPort}`, ...trust), 0);
        assert.equal(await check(`tls://localhost:${server.port}`, ...trust), 0);
        assert.equal(await check(`https://localhost:${server.httpPort}`), 1, 'nobody vouches for the certificate');
        assert.equal(await check(`https://localhost:${server.httpPort}`, '--no-verify'), 0);
        assert.equal(await check(`http://localhost:${server.httpPort}`), 1);
        assert.equal(await check('--no-verify', `https://localhost:${server.httpPort}`), 0);
        const { stdout } = await runProgram(isocachedPath, ['healthcheck', `localhost:${server.port}`]);
        assert.match(stdout, /it speaks TLS; try tls:\/\/localhost/);
        // As in a container: the same flags, no address.
        assert.equal(await check(...certificates.serverArgs(serverPair), '--http', `127.0.0.1:${server.httpPort}`), 0);
      },
    );
  });
});
