// A tier in a file of the browser: a dedicated worker opens it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { html, noChromium, serve, show } from '../chromium.mjs';
import { application, root } from '../application.mjs';

const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
const entry = (name, file) =>
  `./node_modules/isocache/${name === '.' ? exports['.'].browser.import : exports[name].default[file]}`;

const WORKER = `
  import { open } from '${entry('.')}';
  import { opfsDevice } from '${entry('./browser', 'import')}';
  const names = async () => {
    const found = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) found.push(name);
    return found;
  };
  const told = (promise) => promise.then(() => 'no error', (error) => (error.name === 'IsocacheError' ? error.code : error.name));
  const run = async () => {
    const device = await opfsDevice('cache', { bytes: 16 << 20 });
    const inUse = await told(opfsDevice('cache', { bytes: 16 << 20 }));
    const store = await open({ maxBytes: 4 << 20, tier: { device } });
    const value = (i) => \`\${i}:\`.padEnd(1000, 'v');
    for (let i = 0; i < 8000; ++i) store.set('key:' + i, value(i));
    let found = 0;
    for (let i = 0; i < 8000; ++i) found += store.get('key:' + i) === value(i);
    const { all } = store.stats();
    const before = await names();
    store.close();
    let after = before;
    for (let i = 0; i < 100 && after.length > 0; ++i) after = await names();
    const again = await opfsDevice('cache', { bytes: 2 << 20 });
    again.close();
    navigator.storage.estimate = async () => ({ quota: 3 << 20, usage: (2 << 20) + 1 });
    return {
      inUse, found, before, after,
      written: Number(all.extstore_bytes_written) > 1 << 20,
      read: Number(all.get_extstore) > 1000,
      damaged: all.badcrc_from_extstore,
      wrongName: await told(opfsDevice('', { bytes: 2 << 20 })),
      wrongSize: await told(opfsDevice('cache', { bytes: 5 })),
      tooLarge: await told(opfsDevice('large', { bytes: 1 << 20 })),
      left: await names(),
    };
  };
  run().then((result) => postMessage(result), (error) => postMessage(String(error)));`;

const PAGE = `
  import { opfsDevice } from '${entry('./browser', 'import')}';
  const inPage = await opfsDevice('cache', { bytes: 2 << 20 }).catch(({ code, message }) => code + ' ' + message);
  const worker = new Worker('worker.mjs', { type: 'module' });
  const result = await new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
  const output = document.createElement('output');
  output.textContent = JSON.stringify({ inPage, result });
  document.body.append(output);`;

test('Chromium, origin private file system', { skip: noChromium }, async (t) => {
  const folder = application(t, { 'worker.mjs': WORKER, 'page.mjs': PAGE, 'index.html': html('page.mjs') });
  const { inPage, result } = await show(t, `${await serve(t, folder)}index.html`);
  assert.match(inPage, /^BAD_ARGUMENT .*dedicated worker/);
  assert.deepEqual(result, {
    inUse: 'NoModificationAllowedError',
    found: 8000,
    before: ['cache'],
    after: [],
    written: true,
    read: true,
    damaged: '0',
    wrongName: 'BAD_ARGUMENT',
    wrongSize: 'BAD_ARGUMENT',
    tooLarge: 'NO_MEMORY',
    left: [],
  });
});
