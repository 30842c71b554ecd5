// What a connection costs that was used once and now waits: resident memory of the server.
import { load } from './programs.mjs';
import { withServer } from './servers.mjs';
import { fixed, print } from './table.mjs';
import { withEachTransport } from './transports.mjs';

const few = 10;
const args = ['-c', 10_000];

// The server's memory while so many connections are open, each of which has had one reply.
async function residentBytes(server, connections) {
  const options = {
    workload: 'get',
    keys: few,
    keySize: 20,
    valueSize: 100,
    depth: 1,
    connections,
    requests: connections,
  };
  return (await load(server, { ...options, ...server.transport })).server_rss_bytes;
}

async function kilobytesEach(server, many) {
  await load(server.plain ?? server, {
    workload: 'set',
    keys: few,
    keySize: 20,
    valueSize: 100,
    requests: few,
    sequential: true,
  });
  const base = await residentBytes(server, few);
  return ((await residentBytes(server, many)) - base) / (many - few) / 1024;
}

// { plain: KB of an idle connection, TLS: ... }
export async function idle({ quick, markdown, match }) {
  const many = quick ? 200 : 5000;
  const results = {};
  if (!match.test('idle')) return results;
  // Each on a server of its own: what one frees, the next would use again.
  results.memcached = await withServer('memcached', { args }, (server) => kilobytesEach(server, many));
  const titles = await withEachTransport({}, (ways) => ways.map(({ title }) => title));
  for (const [i, title] of titles.entries()) {
    results[title] = await withEachTransport({ args }, async (ways) =>
      kilobytesEach({ ...ways[i], plain: ways[0] }, many),
    );
  }
  print(
    `Resident memory of an idle connection, KB, of ${many}`,
    ['', 'KB'],
    Object.entries(results).map(([title, kilobytes]) => [title, fixed(1)(kilobytes)]),
    markdown,
  );
  return results;
}
