// What proxies that are not installed here would send to a node: memcached's own proxy, which Debian's memcached is
// built without, and mcrouter, which Debian does not have.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { withClient } from '../lib/client.mjs';
import { assertSameReplies } from '../lib/cluster.mjs';
import {
  memcachedPath,
  needIsocached,
  needMemcached,
  runProgram,
  startIsocached,
  startMemcached,
  withServer,
} from '../lib/server.mjs';

const limit = { timeout: 60_000 };

// memcached's own proxy checks each backend with `version`, passes requests on as they came (a get of several keys as
// one get a key), and wants an answer to each: it spoils `noreply` and blanks the flag q. A route that takes a prefix
// off a key leaves blanks. `delete KEY noreplY` is an error to memcached 1.6.18 as well.
const FROM_MEMCACHED_PROXY = [
  'version\r\n',
  'mn\r\n',
  'mg k v\r\n',
  'mg k v k O12345\r\n',
  'mg miss v k Oabcd\r\n',
  'mg k s t f k O1\r\n',
  'mg k v   O1\r\n',
  'mg k   v k \r\n',
  'mg       k v\r\n',
  'ms k 2   O9 k\r\nab\r\n',
  'ms k 2 T100 F5 \r\nab\r\n',
  'ms        k 2\r\nab\r\n',
  'md k   O3 k\r\n',
  'md miss   O3\r\n',
  'ma k   v O4 k\r\n',
  'mg k v N30 k O5\r\n',
  'mg Zm9v b v k O6\r\n',
  'ms Zm9v 1 b I k\r\nx\r\n',
  'get k\r\n',
  'gets miss\r\n',
  'get         k\r\n',
  'get k    \r\n',
  'gat 100 k\r\n',
  'set k 0 0 1 noreplY\r\nx\r\n',
  'add n 0 0 1 noreplY\r\nx\r\n',
  'cas k 0 0 1 1 noreplY\r\nx\r\n',
  'append k 0 0 1 noreplY\r\nx\r\n',
  'incr k 1 noreplY\r\n',
  'decr k 1 noreplY\r\n',
  'touch k 100 noreplY\r\n',
  'delete k noreplY\r\n',
  'set        k 0 0 1\r\n7\r\n',
  'incr        k 1\r\n',
];

// mcrouter sends one request a key and no noreply; asks a node that it took out for its `version`; sends flags of 64
// bits, and leases and metaget only where a client asks for them: memcached has neither.
const FROM_MCROUTER = [
  'version\r\n',
  'get k\r\n',
  'get miss\r\n',
  'gets k\r\n',
  'get k|#|suffix\r\n',
  'gat 100 k\r\n',
  'gats 100 k\r\n',
  'set k 0 0 1\r\nx\r\n',
  'set k 4294967295 0 1\r\nx\r\n',
  'set k 1 -1 1\r\nx\r\n',
  'set k 1 100 0\r\n\r\n',
  'add k 0 0 1\r\nx\r\n',
  'replace k 0 0 1\r\nx\r\n',
  'append k 0 0 1\r\nx\r\n',
  'prepend k 0 0 1\r\nx\r\n',
  'cas k 0 0 1 1\r\nx\r\n',
  'set k 0 0 1\r\n7\r\n',
  'incr k 1\r\n',
  'decr k 100\r\n',
  'incr k 18446744073709551615\r\n',
  'incr miss 1\r\n',
  'touch k 100\r\n',
  'touch miss 100\r\n',
  'delete k\r\n',
  'delete miss\r\n',
  'delete k 0\r\n',
  'delete k 60\r\n',
  'flush_all\r\n',
  'flush_all 0\r\n',
  'flush_all 100\r\n',
  'lease-get k\r\n',
  'metaget k\r\n',
];

/** Each to a cache that holds `k` alone, then all of them in one stream. */
const answersTo = (requests) => (start) =>
  withServer(start, [], (server) =>
    withClient(server, async (client) => {
      const answers = [];
      const fresh = 'flush_all\r\nset k 5 0 1\r\n7\r\n';
      for (const request of requests) {
        assert.equal(await client.ask(fresh), 'OK\r\nSTORED\r\n');
        answers.push(await client.ask(request));
      }
      answers.push(await client.ask(fresh + requests.join('')));
      return answers;
    }),
  );

describe('what proxies send', { skip: needIsocached || needMemcached, concurrency: 1 }, () => {
  for (const [name, requests] of [
    ["memcached's proxy", FROM_MEMCACHED_PROXY],
    ['mcrouter', FROM_MCROUTER],
  ]) {
    test(`${name}: the answers are memcached's`, limit, async () => {
      const answers = await Promise.all([startIsocached, startMemcached].map(answersTo(requests)));
      assertSameReplies([...requests, 'all of them'], answers);
    });
  }

  test("mcrouter's lease-set, which memcached does not know either, leaves the connection in step", limit, () =>
    withServer(startIsocached, [], (server) =>
      withClient(server, async (client) => {
        assert.match(
          await client.ask('lease-set k 10 0 0 4\r\ndata\r\nget k\r\n'),
          /^ERROR\r\n(CLIENT_)?ERROR.*\r\nEND\r\n$/,
        );
      }),
    ),
  );

  test("this memcached has no proxy built in, as the page says of Debian's", limit, async (t) => {
    const user = process.getuid() === 0 ? ['-u', 'root'] : [];
    const { stderr } = await runProgram(memcachedPath, [...user, '-p', '0', '-o', 'proxy_config=/nonexistent']);
    if (!stderr.includes('Illegal suboption')) t.skip('another memcached');
  });
});
