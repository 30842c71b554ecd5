// The playground as one file, build/web/playground.html, which opens from disk: a browser loads neither modules nor
// wasm from file://, so all scripts are one classic script, and the wasm is in the page as base64.
//
//   node web/scripts/single.mjs [OUT]

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { markServer, replaceOnce } from './lib/html.mjs';

const web = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const out = process.argv[2] ?? path.join(web, '../build/web/playground.html');

const { output } = await build({
  configFile: path.join(web, 'vite.config.ts'),
  logLevel: 'error', // the other build has the same warnings; those of this one are about modules that it has none of
  build: {
    write: false,
    cssCodeSplit: false,
    modulePreload: false,
    rolldownOptions: { output: { format: 'iife', codeSplitting: false } },
  },
});

/** The one file whose name ends so. */
function only(ending) {
  const found = output.filter(({ fileName }) => fileName.endsWith(ending));
  if (found.length !== 1) throw new Error(`${found.length} files end with ${ending}`);
  return found[0];
}

/** In a page, "</script" would end the script, whatever the script means by it. */
const inScript = (code) => code.replace(/<\/(?=script)/gi, '<\\/').replaceAll('<!--', '\\x3C!--');

const wasm = Buffer.from(only('.wasm').source).toString('base64');
let html = markServer(String(only('.html').source), 'none');
const icon = `data:image/svg+xml;base64,${Buffer.from(only('.svg').source).toString('base64')}`;
html = replaceOnce(html, /(<link rel="icon"[^>]*href=)"[^"]*"/, (_, start) => `${start}"${icon}"`);
html = replaceOnce(html, /\s*<link rel="stylesheet"[^>]*>/, () => `\n    <style>${only('.css').source}</style>`);
html = replaceOnce(html, /\s*<script type="module"[^>]*><\/script>/, () => '');
html = replaceOnce(
  html,
  '</body>',
  () =>
    `<script type="application/octet-stream" id="wasm">${wasm}</script>\n    <script>${inScript(only('.js').code)}</script>\n  </body>`,
);
writeFileSync(out, html);
