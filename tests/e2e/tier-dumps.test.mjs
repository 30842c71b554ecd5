// Dumps of a server with a flash tier: items on the file are listed as well, whatever happens meanwhile.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { RawClient, statsOf, withClient } from '../lib/client.mjs';
import { Filler } from '../lib/filler.mjs';
import { exitOf, needIsocached, startIsocached, withServer } from '../lib/server.mjs';
import { FrameClient, needWs, webSocketUrl } from '../lib/websocket.mjs';

const limit = { timeout: 120_000 };
const BATCH = 100;
const LENGTH = 2000;
const COUNT = 60_000; // half of them fit into memory; a busy disk may lose some of the others

const folder = mkdtempSync(path.join(tmpdir(), 'isocache-dumps-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const onTier = (args, use) =>
  withServer(
    startIsocached,
    ['-m', '64', '-t', '2', '-o', `ext_path=${path.join(folder, `flash${++files}`)}:512m`, ...args],
    (server) => withClient(server, (client) => use(client, server)),
  );

/** The lines of a dump, without its begin and end. */
async function dump(client, what) {
  await client.send(`lru_crawler ${what}\r\n`);
  const text = await client.readUntil(what.startsWith('mgdump') ? 'EN\r\n' : 'END\r\n', 60_000);
  assert.ok(text.startsWith('OK\r\n'), text.slice(0, 100));
  return text.split('\n').slice(1, -2);
}

const keysOf = (lines) => lines.map((line) => /^(?:key=|mg )(\S+)/.exec(line)[1]);

/** Those of these keys that are there. It leaves them where they are. */
async function present(client, prefix, count) {
  const found = [];
  for (let from = 0; from < count; from += BATCH) {
    const keys = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => `${prefix}${from + n}`);
    await client.send(`${keys.map((key) => `mg ${key} q k s v\r\n`).join('')}mn\r\n`);
    const text = await client.readUntil('MN\r\n');
    for (const [, key] of text.matchAll(/^VA \d+ k(\S+)/gm)) found.push(key);
  }
  return found;
}

describe('dumps with a flash tier', { skip: needIsocached, concurrency: 1 }, () => {
  for (const engine of ['io_uring', 'threads']) {
    test(`list every item once (${engine})`, limit, () =>
      onTier(['-o', `ext_engine=${engine}`], async (client) => {
        await new Filler(client).fill('k', COUNT, LENGTH);
        const stats = await statsOf(client, '');
        assert.ok(Number(stats.extstore_objects_used) > COUNT / 10, stats.extstore_objects_used);
        const lines = await dump(client, 'metadump all');
        const onFlash = lines.filter((line) => / flags=0 ext_page=\d+ ext_offset=\d+$/.test(line)).length;
        assert.ok(onFlash > COUNT / 10, `${onFlash}`);
        const keys = keysOf(lines).sort();
        assert.equal(new Set(keys).size, keys.length);
        assert.deepEqual(keysOf(await dump(client, 'metadump hash')).sort(), keys);
        assert.deepEqual(keysOf(await dump(client, 'mgdump all')).sort(), keys);
        assert.deepEqual((await present(client, 'k', COUNT)).sort(), keys);
      }),
    );
  }

  test('while others write, and clients go away', limit, () =>
    onTier([], async (client, server) => {
      await new Filler(client).fill('k', COUNT, LENGTH);
      const goers = await Promise.all(Array.from({ length: 20 }, () => RawClient.connect(server)));
      for (const goer of goers) await goer.send('lru_crawler metadump all\r\n');
      await sleep(50);
      for (const goer of goers) goer.reset();
      const dumps = withClient(server, (other) => dump(other, 'metadump all'), { limitMs: 60_000 });
      await new Filler(client).fill('n', COUNT / 2, 20_000);
      const keys = keysOf(await dumps);
      assert.ok(keys.length > COUNT / 10, `${keys.length}`);
      for (const key of keys) assert.match(key, /^[kn]\d+$/);
      await client.ask('flush_all\r\n');
      assert.deepEqual(await dump(client, 'metadump all'), []);
    }),
  );

  test('over WebSocket', { ...limit, skip: needWs }, () =>
    onTier(['--http', '127.0.0.1:0'], async (tcp, server) => {
      await new Filler(tcp).fill('k', COUNT, LENGTH);
      const expected = keysOf(await dump(tcp, 'metadump all'));
      const client = await FrameClient.connect(webSocketUrl(server));
      client.send('lru_crawler metadump all\r\n');
      const text = await client.until('END\r\n');
      const keys = keysOf(text.split('\n').slice(1, -2));
      assert.deepEqual(keys.sort(), expected.sort());
      client.close();
    }),
  );

  test('are finished when the server ends', limit, () =>
    onTier(['--drain-timeout', '30'], async (client, server) => {
      await new Filler(client).fill('k', COUNT, LENGTH);
      await client.send('lru_crawler metadump all\r\n');
      await client.readLine();
      server.child.kill('SIGTERM');
      const rest = await client.readToEnd(30_000);
      assert.ok(rest.endsWith('END\r\n'), rest.slice(-100));
      assert.ok(rest.split('\n').length > COUNT / 3);
      assert.deepEqual(await exitOf(server.child, 5000), { code: 0, signal: null });
    }),
  );
});
