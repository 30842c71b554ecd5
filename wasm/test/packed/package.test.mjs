// What is published: nothing missing, nothing that does not belong, and types that agree with the code.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { application, needsNode, packed, root, run } from './application.mjs';

const MOST_UNPACKED_BYTES = 2.25 * 2 ** 20;

const described = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

test('contents', (t) => {
  const { files, size, unpackedSize } = packed();
  t.diagnostic(`${size} bytes, unpacked ${unpackedSize}, ${files.length} files`);
  const names = files.map((file) => file.path);
  for (const name of [
    'LICENSE',
    'README.md',
    'package.json',
    'dist/isocache.wasm',
    'dist/isocache-tier.wasm',
    'dist/isocache-inspect.wasm',
  ])
    assert.ok(names.includes(name), name);
  const known =
    /^(LICENSE|README\.md|package\.json|dist\/(isocache(-tier|-inspect)?\.wasm(\.d\.ts)?|cjs\/package\.json|(esm|cjs)\/.+\.(js|cjs|d\.ts|d\.cts)))$/;
  const foreign = names.filter((name) => !known.test(name));
  assert.deepEqual(foreign, []);
  // Code and texts are there twice, as ES modules and for require(). Of three modules, two lie in the code as well.
  assert.ok(unpackedSize < MOST_UNPACKED_BYTES, `${unpackedSize}`);
});

test("the licence is the repository's", () => {
  assert.equal(readFileSync(`${root}LICENSE`, 'utf8'), readFileSync(`${root}../LICENSE`, 'utf8'));
});

test('the conditions are in an order that lets each runtime find its own', () => {
  assert.deepEqual(Object.keys(described.exports['.']), [
    'types',
    'edge-light',
    'workerd',
    'deno',
    'bun',
    'node',
    'browser',
    'default',
  ]);
});

test('every entry point loads, with the same names as ES module and by require()', async (t) => {
  const entries = Object.keys(described.exports)
    .filter((name) => !/\.(wasm|json)$/.test(name))
    .map((name) => `isocache${name.slice(1)}`);
  const folder = application(t, {
    'main.mjs': `
      import assert from 'node:assert/strict';
      import { createRequire } from 'node:module';
      const names = (module) => Object.keys(module).filter((name) => name !== 'default' && name !== '__esModule').sort();
      for (const entry of ${JSON.stringify(entries)}) {
        assert.deepEqual(names(createRequire(import.meta.url)(entry)), names(await import(entry)), entry);
      }
      console.log('ok');`,
  });
  assert.equal(await run(folder, process.execPath, 'main.mjs'), 'ok\n');
});

test('the command', async (t) => {
  const command = path.join('node_modules/isocache', described.bin.isocache);
  assert.match(await run(application(t, {}), process.execPath, command, '-V'), new RegExp(described.version));
});

test('works without the package ws, and says where it needs it', async (t) => {
  const folder = application(t, {
    'main.mjs': `
      import assert from 'node:assert/strict';
      import { createClient } from 'isocache/client';
      import { createServer } from 'isocache/server';
      const server = await createServer();
      await server.listen({ port: 0 });
      const client = createClient({ port: server.port });
      await client.set('k', 'v');
      assert.equal(await client.get('k'), 'v');
      await client.close();
      await assert.rejects(server.listen({ websocketPort: 0 }), /npm install ws/);
      await server.close();
      if (!globalThis.WebSocket) {
        const overWebSocket = createClient({ url: 'ws://127.0.0.1:9/memcached' });
        await assert.rejects(overWebSocket.get('k'), { code: 'CLOSED', message: /npm install ws/ });
      }
      console.log('ok');`,
  });
  assert.equal(await run(folder, process.execPath, 'main.mjs'), 'ok\n');
});

test('publint', { skip: needsNode(18, 'publint') }, async (t) => {
  const { publint } = await import('publint');
  const { formatMessage } = await import('publint/utils');
  const { messages, pkg } = await publint({
    pkgDir: path.join(application(t, {}), 'node_modules/isocache'),
    strict: true,
  });
  assert.deepEqual(
    messages.map((message) => formatMessage(message, pkg, { color: false })),
    [],
  );
});

test('are the types wrong', { skip: needsNode(20, '@arethetypeswrong/core') }, async () => {
  const { checkPackage, createPackageFromTarballData } = await import('@arethetypeswrong/core');
  const { problems } = await checkPackage(createPackageFromTarballData(readFileSync(packed().tarball)));
  const unavoidable = ({ resolutionKind, entrypoint }) =>
    (resolutionKind === 'node10' && entrypoint !== '.') || // it knows no exports
    (resolutionKind === 'node16-cjs' && entrypoint.endsWith('.wasm')); // nobody can require() wasm
  assert.deepEqual(
    problems.filter((problem) => !unavoidable(problem)),
    [],
  );
});

test('a strict TypeScript application, as ES module and CommonJS', async (t) => {
  const use = `
    import { open, openSync, type Item, type StoreOptions, Store, type TierDevice } from 'isocache';
    import { opfsDevice } from 'isocache/browser';
    import module from 'isocache/engine.wasm';
    import { type Inspector, type ItemState, openInspector } from 'isocache/inspect';
    import { fileDevice } from 'isocache/node';
    import { COMMANDS, type MetaFlag, textOfFlag } from 'isocache/protocol';
    import { openSync as openTiered } from 'isocache/tier';
    const options: StoreOptions = { maxBytes: 1 << 20 };
    export const store: Promise<Store> = open(options);
    export const other: Store = openSync(module, options);
    export type Got = Item;
    export const inspector: Promise<Inspector> = openInspector({ maxBytes: 1 << 20 });
    export const items = async (): Promise<ItemState[]> => (await inspector).fork().items({ count: 5 });
    const flag: MetaFlag = 'N';
    export const words: (string | number | undefined)[] = [COMMANDS.mg.least, textOfFlag('mg', flag)?.meaning];
    const device: TierDevice = fileDevice('file', { bytes: 1 << 20 });
    export const tiered: Store = openTiered(module, { tier: { device } });
    export const inMemory: Promise<Store> = open({ tier: { bytes: 1 << 20 } });
    export const inBrowser = async () => open({ tier: { device: await opfsDevice('file', { bytes: 1 << 20 }) } });`;
  const folder = application(t, {
    'main.mts': use,
    'main.cts': use.replace(
      "import module from 'isocache/engine.wasm'",
      "import module = require('isocache/engine.wasm')",
    ),
    'tsconfig.json': JSON.stringify({
      compilerOptions: {
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        esModuleInterop: true,
        target: 'ES2022',
        module: 'NodeNext',
        lib: ['ES2022', 'DOM'],
        types: [],
      },
    }),
  });
  await run(folder, process.execPath, path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder);
});
