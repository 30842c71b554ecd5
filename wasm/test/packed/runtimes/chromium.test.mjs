// A browser that loads the package's files as they are, without a bundler.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { html, noChromium, serve, show } from '../chromium.mjs';
import { application, root } from '../application.mjs';
import { expected } from './program.mjs';
import { sources } from './sources.mjs';

test('Chromium', { skip: noChromium }, async (t) => {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const folder = application(t, {
    'program.mjs': sources['program.mjs'],
    'page.mjs': sources['page.mjs'].replace("'isocache'", `'./node_modules/isocache/${exports['.'].browser.import}'`),
    'index.html': html('page.mjs'),
  });
  assert.deepEqual(await show(t, `${await serve(t, folder)}index.html`), expected);
});
