// Certificates: those of clients, and new ones for the server while it serves.
// Runs alone: it measures how long things take.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { Certificates } from '../lib/certificates.mjs';
import { withClient } from '../lib/client.mjs';
import { eventually } from '../lib/eventually.mjs';
import { isocachedPath, runProgram, startIsocached, withServer } from '../lib/server.mjs';
import { as, certificates, countOf, needTls, onServer, serverPair, startTls, outcome } from '../lib/tls.mjs';

const limit = { timeout: 120_000 };

const certificateOf = (client) => client.socket.getPeerCertificate().subject.CN;

describe('TLS: certificates', { skip: needTls, concurrency: 1 }, () => {
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
});
