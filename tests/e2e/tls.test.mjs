// TLS on the memcached port: other people's clients, certificates and rules. Who misbehaves: tls-broken.test.mjs.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { eventually } from '../lib/abuse.mjs';
import { Certificates, opensslPath } from '../lib/certificates.mjs';
import { readStats, statsOf, withClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import {
  isocachedPath,
  needMemcached,
  runProgram,
  spawnBound,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { as, certificates, countOf, needTls, onServer, serverPair, set, startTls, value } from '../lib/tls.mjs';
import { playFragmented, playStepwise, readTranscripts } from '../lib/transcript.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const limit = { timeout: 120_000 };
const PYTHON = '/usr/bin/python3';
const PYMEMCACHE = '/usr/lib/python3/dist-packages/pymemcache';
const seed = seedFromEnvironment(Date.now() % 1_000_000);

/** Whether a client with these options is served, or why not. */
async function outcome(server, options) {
  try {
    return await withClient(
      as(server, options),
      async (client) => {
        const reply = await client.ask('mn\r\n', 5000);
        if (client.error) throw client.error;
        return reply === '' ? 'closed' : reply;
      },
      { limitMs: 5000 },
    );
  } catch (error) {
    return error.code ?? error.message;
  }
}

const certificateOf = (client) => client.socket.getPeerCertificate().subject.CN;

describe('isocached with TLS', { skip: needTls, concurrency: 1 }, () => {
  for (const version of ['TLSv1.2', 'TLSv1.3']) {
    test(`values and pipelines, ${version}`, limit, () =>
      onServer((server) =>
        withClient(as(server, { minVersion: version, maxVersion: version }), async (client) => {
          assert.equal(client.socket.getProtocol(), version);
          assert.equal(await client.ask(`${set('a', '1')}get a\r\n`), `STORED\r\n${value('a', '1')}`);
          const random = new Random(seed);
          for (const length of [4096, 16_383, 16_384, 16_385, 65_536, 1_000_000]) {
            const bytes = random
              .bytes(97)
              .repeat(Math.ceil(length / 97))
              .slice(0, length);
            assert.equal(await client.ask(set('large', bytes)), 'STORED\r\n');
            assert.ok((await client.ask('get large\r\n')) === value('large', bytes), `${length} bytes differ`);
          }
          let sent = '';
          let expected = '';
          for (let i = 0; i < 10_000; ++i) {
            sent += `${set('k', String(i))}get k\r\nset n 0 0 1 noreply\r\nx\r\nmg k v q\r\n`;
            expected += `STORED\r\n${value('k', String(i))}VA ${String(i).length}\r\n${i}\r\n`;
          }
          assert.ok((await client.ask(sent, 30_000)) === expected, 'replies out of order, lost or doubled');
          // Many large replies to one batch.
          const large = value('large', random.bytes(50).repeat(10_000));
          await client.ask(set('large', large.split('\r\n')[1]));
          assert.ok((await client.ask('get large\r\n'.repeat(50), 30_000)) === large.repeat(50));
        }),
      ),
    );
  }

  test('every transcript', limit, (context) =>
    onServer(
      async (server) => {
        context.diagnostic(`ISOCACHE_SEED=${seed}`);
        const random = new Random(seed);
        const problems = [];
        for (const { name, sections } of readTranscripts(path.join(root, 'tests', 'conformance'))) {
          for (const section of sections) {
            // The one command that knows of TLS.
            for (const step of section.steps) if (step.sent === 'refresh_certs\r\n') step.expected = 'OK\r\n';
            for (const problem of [
              ...(await playStepwise(server, section)),
              ...(await playFragmented(server, section, random)),
            ]) {
              problems.push(`${name} ${problem}`);
            }
          }
        }
        assert.ok(problems.length === 0, `\n${problems.slice(0, 5).join('\n\n')}\n(${problems.length} problems)`);
      },
      ['-t', '2'],
    ),
  );

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

  test('clients show certificates, if they are asked to', limit, async () => {
    const strangers = new Certificates();
    const mine = certificates.clientOptions(certificates.issue('client'));
    const others = certificates.clientOptions(strangers.issue('stranger'));
    const both = ['TLSv1.2', 'TLSv1.3'].map((maxVersion) => ({ maxVersion }));
    const served = 'MN\r\n';
    const cases = [
      // ssl_verify_mode, who comes, whether it is served
      [0, {}, true],
      [0, others, true],
      [1, {}, true],
      [1, mine, true],
      [1, others, false],
      [2, {}, false],
      [2, mine, true],
      [2, others, false],
      [3, {}, false],
      [3, mine, true],
    ];
    for (const mode of [0, 1, 2, 3]) {
      await onServer(
        async (server) => {
          for (const [, who, isServed] of cases.filter(([of]) => of === mode)) {
            for (const version of both) {
              const got = await outcome(server, { ...who, ...version });
              assert.equal(got === served, isServed, `mode ${mode}, ${version.maxVersion}: ${got}`);
            }
          }
          if (mode !== 2) return;
          // Four that failed, counted; a good one is served after them.
          await withClient(as(server, mine), async (client) => {
            assert.equal(await countOf(client, 'ssl_handshake_errors'), 4);
            assert.equal(await countOf(client, 'ssl_proto_errors'), 0);
          });
        },
        [],
        [`ssl_verify_mode=${mode}`, `ssl_ca_cert=${certificates.authority.cert}`],
      );
    }
  });

  test('old versions are refused, unless allowed', limit, async () => {
    const only = (version) => ({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
    const words = {
      none: [],
      old: ['ssl_min_version=0', 'ssl_ciphers=DEFAULT@SECLEVEL=0'],
      new: ['ssl_min_version=3'],
    };
    const lowest = { none: 2, old: 0, new: 3 };
    for (const setting of ['none', 'old', 'new']) {
      await onServer(
        async (server) => {
          for (const [index, version] of ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'].entries()) {
            const expected = index >= lowest[setting] ? 'MN\r\n' : 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
            assert.equal(await outcome(server, only(version)), expected, `${version}, ${setting}`);
          }
        },
        [],
        words[setting],
      );
    }
  });

  test('the cipher that was asked for', limit, () =>
    onServer(
      (server) =>
        withClient(as(server, { maxVersion: 'TLSv1.2' }), (client) => {
          assert.equal(client.socket.getCipher().name, 'ECDHE-ECDSA-AES128-GCM-SHA256');
        }),
      [],
      ['ssl_ciphers=ECDHE-ECDSA-AES128-GCM-SHA256'],
    ),
  );

  test('sessions are resumed with ssl_session_cache, and only then', limit, async () => {
    const own = certificates.clientOptions(certificates.issue('client'));
    const verifying = ['ssl_session_cache', 'ssl_verify_mode=2', `ssl_ca_cert=${certificates.authority.cert}`];
    for (const words of [[], ['ssl_session_cache'], verifying]) {
      await onServer(
        async (server) => {
          for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
            let session;
            await withClient(as(server, { ...own, maxVersion }), async (client) => {
              client.socket.on('session', (given) => {
                session = given;
              });
              assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
              session ??= client.socket.getSession(); // of TLS 1.2: it came before we listened
            });
            await withClient(as(server, { ...own, maxVersion, session }), async (client) => {
              assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
              assert.equal(client.socket.isSessionReused(), words.length > 0, maxVersion);
            });
          }
          await withClient(as(server, own), async (client) => {
            const { ssl_new_sessions: made } = await statsOf(client);
            if (words.length === 0) assert.equal(made, undefined);
            else assert.ok(Number(made) >= 3, made);
          });
        },
        [],
        words,
      );
    }
  });

  test('refresh_certs: new connections see the new certificate, old ones live on', limit, async () => {
    const pair = certificates.issue('first');
    const server = await startIsocached(certificates.serverArgs(pair));
    server.tls = certificates.clientOptions();
    await withServer(
      () => server,
      [],
      () =>
        withClient(server, async (old) => {
          assert.equal(certificateOf(old), 'first');
          await sleep(2100);
          assert.ok((await countOf(old, 'time_since_server_cert_refresh')) >= 2);
          Certificates.replace(pair, certificates.issue('second'));
          await withClient(server, (client) => assert.equal(certificateOf(client), 'first'));
          assert.equal(await old.ask('refresh_certs\r\n'), 'OK\r\n');
          await withClient(server, (client) => assert.equal(certificateOf(client), 'second'));
          assert.ok((await countOf(old, 'time_since_server_cert_refresh')) < 2);
          // What cannot be used changes nothing.
          Certificates.replace(pair, { cert: certificates.issue('third').cert, key: serverPair.key });
          assert.equal(
            await old.ask('refresh_certs\r\n'),
            `Error loading the key: ${pair.key} : it does not belong to the certificate in ${pair.cert}\r\n`,
          );
          await withClient(server, (client) => assert.equal(certificateOf(client), 'second'));
        }),
    );
  });

  test('SIGHUP: both ports see the new certificate; a bad one changes nothing', limit, async () => {
    const pair = certificates.issue('before');
    const server = await startIsocached([...certificates.serverArgs(pair), '--http', '127.0.0.1:0']);
    server.tls = certificates.clientOptions();
    const web = { address: { ...server.address, port: server.httpPort } };
    const names = () => Promise.all([server, web].map((to) => withClient(to, async (client) => certificateOf(client))));
    await withServer(
      () => server,
      [],
      async () => {
        assert.deepEqual(await names(), ['before', 'before']);
        Certificates.replace(pair, certificates.issue('after'));
        server.child.kill('SIGHUP');
        await eventually(() => /^SIGHUP: certificates reloaded$/m.test(server.stderr), 'no word of the reload');
        assert.deepEqual(await names(), ['after', 'after']);
        Certificates.replace(pair, { cert: certificates.issue('worse').cert, key: serverPair.key });
        server.child.kill('SIGHUP');
        await eventually(
          () =>
            /^SIGHUP: certificates not reloaded, the old ones stay in force: .*does not belong/m.test(server.stderr),
          'no word of the failure',
        );
        assert.deepEqual(await names(), ['after', 'after']);
      },
    );
  });

  test('a thousand refresh_certs in one packet do not keep others waiting', limit, () =>
    onServer(
      (server) =>
        withClient(server, (other) =>
          withClient(server, async (client) => {
            assert.equal(await other.ask('mn\r\n'), 'MN\r\n');
            const began = performance.now();
            const sent = client.send('refresh_certs\r\n'.repeat(1000)); // each reads files, and takes more than a millisecond
            await sleep(50);
            const asked = performance.now();
            for (let i = 0; i < 5; ++i) assert.equal(await other.ask('mn\r\n'), 'MN\r\n');
            const others = performance.now() - asked;
            await sent;
            for (let i = 0; i < 1000; ++i) assert.equal(await client.readLine(), 'OK\r\n');
            const all = performance.now() - began;
            assert.ok(others < all / 10, `${others} of ${all} ms`);
          }),
        ),
      ['-t', '1'],
    ),
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

  test('healthcheck of a server whose clients have certificates', limit, async () => {
    // Its own, which healthcheck shows, is another authority's: it is well all the same.
    const others = new Certificates();
    const words = ['ssl_verify_mode=2', `ssl_ca_cert=${others.authority.cert}`];
    const server = await startTls(['--http', '127.0.0.1:0'], words);
    await withServer(
      () => server,
      [],
      async () => {
        const asked = [
          ['--no-verify', `tls://localhost:${server.port}`],
          ['--no-verify', `https://localhost:${server.httpPort}`],
          [...certificates.serverArgs(serverPair, ...words), '-l', `127.0.0.1:${server.port}`],
        ];
        for (const args of asked) {
          const { code, stdout } = await runProgram(isocachedPath, ['healthcheck', ...args]);
          assert.match(
            stdout,
            /^healthy: .* \(it wants a client's certificate, and knows none of ours\)\n$/,
            args.join(' '),
          );
          assert.equal(code, 0);
        }
      },
    );
  });

  test('beyond -c, a TLS client is closed', limit, () =>
    onServer(
      async (server) => {
        await withClient(server, async (client) => {
          assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
          assert.match(await outcome(server, {}), /closed|ECONNRESET|socket disconnected/);
          assert.equal(await client.ask('mn\r\n'), 'MN\r\n');
        });
      },
      ['-c', '1'],
    ),
  );

  test('notls: a port without, beside one with', limit, async () => {
    const server = await startTls(['-l', '127.0.0.1', '-l', 'notls:127.0.0.2']);
    await withServer(
      () => server,
      [],
      async () => {
        assert.match(server.stderr, /listening 127\.0\.0\.1:\d+ tls\n/);
        const [, port] = /listening 127\.0\.0\.2:(\d+)\n/.exec(server.stderr);
        await withClient({ address: { host: '127.0.0.2', port: Number(port) } }, async (client) => {
          assert.equal(await client.ask(set('a', 'plain')), 'STORED\r\n');
          await withClient(server, async (other) => assert.equal(await other.ask('get a\r\n'), value('a', 'plain')));
          const settings = await statsOf(client, 'settings');
          assert.equal(settings.inter, '127.0.0.1,notls:127.0.0.2');
        });
      },
    );
  });

  test("stats: memcached's keys in its order", { ...limit, skip: needMemcached }, async () => {
    const words = [
      'ssl_verify_mode=3',
      `ssl_ca_cert=${certificates.authority.cert}`,
      'ssl_session_cache',
      'ssl_min_version=3',
      'ssl_ciphers=HIGH',
    ];
    const args = certificates.serverArgs(serverPair, ...words);
    const own = certificates.clientOptions(certificates.issue('client'));
    const isTls = ([key]) => /ssl|cert/.test(key);
    const read = (start) =>
      withServer(start, args, (server) =>
        withClient(as(server, own), async (client) => ({
          settings: (await readStats(client, 'settings')).filter(isTls),
          general: (await readStats(client)).map(([key]) => key),
        })),
      );
    const theirs = await read(startMemcached);
    const ours = await read(startIsocached);
    assert.deepEqual(ours.settings, theirs.settings);
    // Later versions than Debian's count protocol errors, too.
    assert.deepEqual(
      ours.general.filter((key) => isTls([key])),
      ['ssl_new_sessions', 'ssl_handshake_errors', 'ssl_proto_errors', 'time_since_server_cert_refresh'],
    );
    assert.deepEqual(
      theirs.general.filter((key) => isTls([key])),
      ['ssl_new_sessions', 'ssl_handshake_errors', 'time_since_server_cert_refresh'],
    );
    assert.equal(ours.general[ours.general.indexOf('ssl_new_sessions') - 1], 'log_watchers');
    assert.equal(theirs.general[theirs.general.indexOf('ssl_new_sessions') - 1], 'log_watchers');
  });

  test('what cannot work is refused at the start', limit, async () => {
    const run = async (program, words) => {
      const list = words.length ? ['-o', words.join(',')] : [];
      return runProgram(program, ['-p', '0', '-Z', ...list], { limitMs: 10_000 });
    };
    const cert = `ssl_chain_cert=${serverPair.cert}`;
    const cases = [
      [[], /-Z: needs -o ssl_chain_cert/],
      [['ssl_chain_cert=/nowhere.pem'], /Error loading the certificate chain: \/nowhere\.pem : No such file/],
      [[cert], /there is no private key in it; -o ssl_key=<file> names its file/],
      [[cert, `ssl_key=${certificates.authority.key}`], /Error loading the key: .*ca\.key : it does not belong/],
      [[cert, `ssl_key=${serverPair.key}`, 'ssl_ciphers=nothing'], /Error setting the provided cipher\(s\): nothing/],
      [[cert, `ssl_key=${serverPair.key}`, 'ssl_verify_mode=2'], /ssl_ca_cert/],
    ];
    for (const [words, message] of cases) {
      const { code, stderr } = await run(isocachedPath, words);
      assert.equal(code, 64, words.join());
      assert.match(stderr, message);
    }
  });
});
