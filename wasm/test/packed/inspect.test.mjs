// isocache/inspect and isocache/protocol in a Node program, and in a page under the strictest policy that wasm allows.

import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';

import { application, needsNode, run } from './application.mjs';
import { html, noChromium, serve, show } from './chromium.mjs';

const LOOK = `
  async function look({ openInspector }, { textOfCommand }) {
    const inspector = await openInspector();
    const { id } = inspector.connect();
    const feed = (each, text) => new TextDecoder().decode(each.session(id).feed(new TextEncoder().encode(text)));
    const fork = inspector.fork();
    feed(fork, 'set key 0 0 5\\r\\nhello\\r\\n');
    return [feed(fork, 'mg key v\\r\\n'), feed(inspector, 'mg key v\\r\\n'), fork.itemCount, textOfCommand('mn').syntax];
  }`;
const EXPECTED = ['VA 5\r\nhello\r\n', 'EN\r\n', 1, 'mn'];

for (const [file, inspect, protocol] of [
  ['main.mjs', "await import('isocache/inspect')", "await import('isocache/protocol')"],
  ['main.cjs', "require('isocache/inspect')", "require('isocache/protocol')"],
]) {
  test(`Node: ${file}`, async (t) => {
    const program = `${LOOK}
      (async () => console.log(JSON.stringify(await look(${inspect}, ${protocol}))))();`;
    assert.deepEqual(JSON.parse(await run(application(t, { [file]: program }), process.execPath, file)), EXPECTED);
  });
}

test('a page that Vite has built', { skip: needsNode(20, 'Vite') || noChromium }, async (t) => {
  const script = `
    import * as inspect from 'isocache/inspect';
    import * as protocol from 'isocache/protocol';
    ${LOOK}
    const output = document.createElement('output');
    output.textContent = JSON.stringify(await look(inspect, protocol).catch(String));
    document.body.append(output);`;
  const root = application(t, { 'page.mjs': script, 'index.html': html('page.mjs') });
  const { build } = await import('vite');
  await build({ root, logLevel: 'error' });
  assert.deepEqual(await show(t, `${await serve(t, path.join(root, 'dist'))}index.html`), EXPECTED);
});
