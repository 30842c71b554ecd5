// TLS on the memcached port: values, transcripts, versions, sessions, `stats`. Other people's clients:
// tls-clients.test.mjs; certificates: tls-certificates.test.mjs; misbehaving clients: tls-broken.test.mjs.
// Runs alone: pipelines of 10,000 requests have a time limit.

import assert from 'node:assert/strict';
import path from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readStats, statsOf, withClient } from '../lib/client.mjs';
import { Random, seedFromEnvironment } from '../lib/random.mjs';
import {
  isocachedPath,
  needMemcached,
  runProgram,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';
import { as, certificates, needTls, onServer, serverPair, set, startTls, value, outcome } from '../lib/tls.mjs';
import { playFragmented, playStepwise, readTranscripts } from '../lib/transcript.mjs';

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const limit = { timeout: 120_000 };
const seed = seedFromEnvironment(Date.now() % 1_000_000);

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

  test('mtls: a port whose clients need a certificate, beside one whose clients need none', limit, async () => {
    const words = [`ssl_ca_cert=${certificates.authority.cert}`, 'ssl_session_cache', 'ssl_wbuf_size=64'];
    const server = await startTls(['-l', '127.0.0.1', '-l', 'mtls:127.0.0.2'], words);
    await withServer(
      () => server,
      [],
      async () => {
        const [, port] = /listening 127\.0\.0\.2:(\d+) tls\n/.exec(server.stderr);
        const tls = { ...server.address.tls, servername: 'localhost' };
        const strict = { address: { host: '127.0.0.2', port: Number(port), tls } };
        const own = certificates.clientOptions(certificates.issue('client'));
        for (const version of ['TLSv1.2', 'TLSv1.3']) {
          const only = { minVersion: version, maxVersion: version };
          assert.equal(await outcome(server, only), 'MN\r\n');
          assert.notEqual(await outcome(strict, only), 'MN\r\n');
          assert.equal(await outcome(strict, { ...only, ...own }), 'MN\r\n');
          // A session that began without a certificate opens nothing.
          const session = await withClient(as(server, only), async (client) => {
            const taken = new Promise((resolve) => client.socket.once('session', resolve));
            await client.ask('mn\r\n');
            return client.socket.getSession() ?? taken;
          });
          assert.notEqual(await outcome(strict, { ...only, session }), 'MN\r\n');
        }
        await withClient(server, async (client) => {
          assert.equal((await statsOf(client, 'settings')).ssl_verify_mode, '0');
          assert.equal((await statsOf(client, 'settings')).ssl_wbuf_size, '65536'); // as it was given
          assert.equal(await client.ask('refresh_certs\r\n'), 'OK\r\n');
        });
        assert.notEqual(await outcome(strict, {}), 'MN\r\n');
        assert.equal(await outcome(strict, own), 'MN\r\n');
      },
    );
  });

  test('mtls: without authorities nobody can connect, and a warning says so', limit, async () => {
    const server = await startTls(['-l', 'mtls:127.0.0.1']);
    await withServer(
      () => server,
      [],
      async () => {
        assert.match(server.stderr, /warning: nobody can connect to mtls:127\.0\.0\.1:\d+/);
        const own = certificates.clientOptions(certificates.issue('client'));
        assert.notEqual(await outcome(server, own), 'MN\r\n');
      },
    );
    const refused = await runProgram(isocachedPath, ['-l', 'mtls:127.0.0.1', '-p', '0']);
    assert.match(refused.stderr, /mtls:127\.0\.0\.1: needs -Z/);
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
