// The examples do what they say, each as a user would run it, with the package installed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { createClient } from '../../dist/esm/client/node.js';
import { startMemcached } from '../../dist/esm/entry/testing.js';
import { application, needsNode, run } from './application.mjs';
import { noChromium, openPage, serve } from './chromium.mjs';
import { workerBundle } from './runtimes/worker-bundle.mjs';

const examples = fileURLToPath(new URL('../../../examples/', import.meta.url));
const tools = fileURLToPath(new URL('node_modules/', import.meta.url));

/** An application that consists of one example, or of all files of one. */
function install(t, example) {
  const files = statSync(path.join(examples, example)).isDirectory()
    ? readdirSync(path.join(examples, example)).map((name) => path.join(example, name))
    : [example];
  return application(
    t,
    Object.fromEntries(files.map((file) => [path.basename(file), readFileSync(path.join(examples, file))])),
  );
}

/** Starts a program that serves until it is told to end; gives the first line it prints. */
async function start(t, folder, env, program, ...args) {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => {
    child.on('exit', resolve);
  });
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  for await (const line of createInterface(child.stdout)) return line;
  throw new Error(`${args} printed nothing`);
}

test('node-embed.mjs', async (t) => {
  const output = await run(install(t, 'node-embed.mjs'), process.execPath, 'node-embed.mjs');
  assert.equal(
    output,
    `\
user:1 is Ada
user:2 is undefined
colours: [ 'blue', 'green', undefined ]
visits: 3
left to live: about a minute
first writer: stored
second writer: exists
the protocol: [ 'VA 4 s4', 'blue', '' ]
within the limit: true - evicted: true - items: true
`,
  );
});

test('two-tiers.mjs', async (t) => {
  const output = await run(install(t, 'two-tiers.mjs'), process.execPath, 'two-tiers.mjs');
  assert.equal(
    output,
    `\
items: 20000 - memory is within its limit: true
most are in the file: true
the first page: true
it has changed: true
there is no such page: undefined
`,
  );
});

test('stale-while-revalidate.mjs', async (t) => {
  const output = await run(install(t, 'stale-while-revalidate.mjs'), process.execPath, 'stale-while-revalidate.mjs');
  assert.equal(
    output,
    `\
Set(1) { 'sunny (load 1)' } loads: 1
Set(1) { 'sunny (load 1)' } loads: 2
sunny (load 2) loads: 2
sunny (load 2) loads: 3
sunny (load 2) loads: 4
sunny (load 4) loads: 4
`,
  );
});

test('two-level-cache.mjs', async (t) => {
  const far = await startMemcached();
  t.after(() => far.close());
  const env = { REMOTE: `${far.host}:${far.port}`, PORT: '0' };
  const line = await start(t, install(t, 'two-level-cache.mjs'), env, process.execPath, 'two-level-cache.mjs');
  const client = createClient({ port: Number(/:(\d+),/.exec(line)[1]) });
  t.after(() => client.close());

  far.store.set('k', 'far', { flags: 7 });
  assert.equal(new TextDecoder().decode(await client.execute('get k absent\r\n')), 'VALUE k 7 3\r\nfar\r\nEND\r\n');
  far.store.set('k', 'changed behind its back');
  assert.equal(await client.get('k'), 'far');
  await client.set('k', 'written through');
  assert.equal(far.store.get('k'), 'written through');
  assert.deepEqual(await client.getMany(['k', 'absent']), ['written through', undefined]);
  assert.equal(await client.incr('n', 1n, { initial: 5n }), 5n);
  await client.clear();
  assert.equal(await client.get('k'), undefined);
});

test('testing.test.mjs', async (t) => {
  // The variable would make it report to this test's runner.
  const output = await run(
    install(t, 'testing.test.mjs'),
    'env',
    '-u',
    'NODE_TEST_CONTEXT',
    process.execPath,
    '--test',
    '--test-reporter=tap',
    'testing.test.mjs',
  );
  assert.match(output, /# pass 3\n# fail 0/);
});

test('deno.ts', async (t) => {
  const folder = install(t, 'deno.ts');
  const output = await run(
    folder,
    process.execPath,
    `${tools}deno/bin.cjs`,
    'run',
    '--no-prompt',
    '--no-lock',
    '--node-modules-dir=manual',
    'deno.ts',
  );
  assert.equal(output, 'hello from Deno\nhello from Deno\nread before: true - expires: true\n');
});

// npm installs the program for this machine, under a name of its own.
const builds = `${tools}@oven/`;
const bun = existsSync(builds) && `${builds}${readdirSync(builds)[0]}/bin/bun`;

test('bun.ts', { skip: !bun && 'npm has no Bun for this machine' }, async (t) => {
  const address = await start(t, install(t, 'bun.ts'), { PORT: '0' }, bun, 'bun.ts');
  const pages = await Promise.all(Array.from({ length: 10 }, () => fetch(`${address}/some/page`)));
  for (const page of pages) assert.equal(await page.text(), '<h1>/some/page</h1>');
  assert.equal((await fetch(`${address}/other`)).headers.get('x-pages-made'), '2');
});

test('cloudflare/', { skip: needsNode(20, 'miniflare') }, async (t) => {
  const folder = install(t, 'cloudflare');
  const config = readFileSync(path.join(folder, 'wrangler.toml'), 'utf8');
  const setting = (name) => new RegExp(`^${name} = "(.*)"`, 'm').exec(config)[1];
  const { Miniflare } = await import('miniflare');
  const worker = new Miniflare({
    modules: [
      {
        type: 'ESModule',
        path: 'worker.mjs',
        contents: await workerBundle(folder, { main: setting('main'), condition: 'workerd' }),
      },
      {
        type: 'CompiledWasm',
        path: 'isocache.wasm',
        contents: readFileSync(path.join(folder, 'node_modules/isocache/dist/isocache.wasm')),
      },
    ],
    compatibilityDate: setting('compatibility_date'),
    durableObjects: { MEMCACHED: 'Memcached' },
  });
  t.after(() => worker.dispose());
  const text = async (pathname) => (await worker.dispatchFetch(`http://localhost${pathname}`)).text();

  const page = await text('/page/1');
  assert.match(page, /^<h1>\/page\/1<\/h1>/);
  assert.equal(await text('/page/1'), page);
  // Any URL is served, and what is in it stays text.
  const hostile = [
    '/',
    `/${'u'.repeat(3000)}`,
    `/${'%20'.repeat(100)}`,
    '/%00%0d%0aflush_all',
    '/%F0%9F',
    '/<script>',
    '//x?k=v',
  ];
  for (const path of hostile) {
    const first = await text(path);
    assert.match(first, /^<h1>\/[^<]*<\/h1><p>made at /, path.slice(0, 40));
    assert.equal(await text(path), first, path.slice(0, 40));
  }
  assert.deepEqual([await text('/visits'), await text('/visits')], ['1', '2']);

  // From outside, as any program with isocache/client would.
  const client = createClient({ url: new URL('/memcached', String(await worker.ready).replace('http', 'ws')) });
  t.after(() => client.close());
  assert.equal(await client.get('visits'), '2');
});

test('browser/', { skip: noChromium }, async (t) => {
  const page = await openPage(t);
  await page.goto(`${await serve(t, install(t, 'browser'), null)}index.html`); // the page has a policy of its own
  await page.locator('body[data-ready]').waitFor();
  for (const query of ['cache', 'memory', 'cache']) {
    await page.locator('#query').fill(query);
    await page.waitForFunction(
      (length) => document.querySelector('#result').textContent.startsWith(length),
      query.length,
    );
  }
  assert.equal(
    await page.locator('#result').textContent(),
    '5 letters, for example acceh\nrequests: 2, items in the cache: 2',
  );
});
