// What TLS and WebSocket cost: the same load on the same server over each way in.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { fill, measureInTurns, middle, middleRatio } from './measure.mjs';
import { freePort } from '../../lib/server.mjs';
import { withServer } from './servers.mjs';
import { count, fixed, print, times } from './table.mjs';

const cases = ['get', 'set', 'mg'].flatMap((workload) =>
  [1, 32].map((depth) => ({ title: `${workload} 100 B, ${depth} deep`, options: { workload, depth } })),
);

/** The words that make a server speak TLS, with a certificate that goes with `folder`. */
function tlsWords(folder) {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(folder, name));
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=localhost',
    ],
    { stdio: 'pipe' },
  );
  return ['-Z', '-o', `ssl_chain_cert=${cert},ssl_key=${key}`];
}

/**
 * One isocached with a listener for each way in; use([{name, title, address, pid, transport, rssMb}]), the first plain.
 * `transport`: the load generator's flags.
 */
export async function withEachTransport(options, use) {
  const folder = mkdtempSync(join(tmpdir(), 'isocache-bench-'));
  try {
    const [encrypted, web, encryptedWeb] = [await freePort(), await freePort(), await freePort()];
    const args = [
      ...(options.args ?? []),
      ...tlsWords(folder),
      '-l',
      `127.0.0.1:${encrypted}`,
      '--http',
      `notls:127.0.0.1:${web}`,
      '--http',
      `127.0.0.1:${encryptedWeb}`,
    ];
    return await withServer('isocached', { ...options, listen: 'notls:127.0.0.1', args }, (server) =>
      use([
        { ...server, title: 'plain', transport: {} },
        { ...server, title: 'TLS', address: `127.0.0.1:${encrypted}`, transport: { tls: true } },
        { ...server, title: 'WebSocket', address: `127.0.0.1:${web}`, transport: { websocket: true } },
        { ...server, title: 'wss', address: `127.0.0.1:${encryptedWeb}`, transport: { tls: true, websocket: true } },
      ]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// { 'get 100 B, 32 deep, TLS': CPU a request, over / plain }
export async function transports({ rounds, seconds, quick, markdown, match }) {
  const wanted = cases.filter(({ title }) => match.test(title)).slice(0, quick ? 2 : undefined);
  const ratios = {};
  if (wanted.length === 0) return ratios;
  await withEachTransport({ threads: 1 }, async (ways) => {
    await fill(ways[0], {});
    const results = await measureInTurns(ways, wanted, { rounds, seconds });
    const rows = wanted.map(({ title }, i) => {
      const [plain, ...others] = results[i];
      const cells = others.map((runs, at) => {
        const ratio = middleRatio(runs, plain, 'cpu');
        ratios[`${title}, ${ways[at + 1].title}`] = ratio;
        return `${fixed(2)(middle(runs, 'cpu'))} ${times(ratio)}`;
      });
      return [title, fixed(2)(middle(plain, 'cpu')), ...cells, count(middle(plain, 'requests'))];
    });
    print(
      `Ways in: server CPU time a request, us, and beside plain TCP; 16 connections, medians of ${rounds}`,
      ['', ...ways.map(({ title }) => title), 'req/s plain'],
      rows,
      markdown,
    );
  });
  return ratios;
}
