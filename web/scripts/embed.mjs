// The built page as isocached takes it in: one file with all bytes, plain and gzipped, and a table for the compiler
// (native/http/playground_files.cc) that says where each begins. Nothing is written if nothing has changed, so the
// server is not linked again for nothing.
//
//   node web/scripts/embed.mjs [SITE] [OUT]      build/web/site, build/playground

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { markServer } from './lib/html.mjs';
import { typeOf } from './lib/types.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const site = process.argv[2] ?? path.join(root, 'build/web/site');
const out = process.argv[3] ?? path.join(root, 'build/playground');

/** Vite's names: main-B1x_9aZ0.js. Such a name changes with the content. */
const HASHED = /^assets\/.+-[\w-]{8}\.\w+$/;
/** What may stand in a path without being escaped, in a URL and in C++. */
const PLAIN_NAME = /^[\w./-]+$/;
const DIGEST_LENGTH = 20;

/** @returns {{name: string, bytes: Buffer}[]} the files of the site, with their paths in it */
function readSite() {
  const names = readdirSync(site, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(site, path.join(entry.parentPath, entry.name)))
    .sort();
  return names.map((name) => {
    if (!PLAIN_NAME.test(name)) throw new Error(`${name}: a name that would need escapes`);
    const bytes = readFileSync(path.join(site, name));
    return { name, bytes: name === 'index.html' ? Buffer.from(markServer(bytes.toString(), 'isocached')) : bytes };
  });
}

function writeIfNew(file, content) {
  if (existsSync(file) && readFileSync(file).equals(content)) return;
  writeFileSync(file, content);
}

const parts = [];
const rows = [];
let begin = 0;
for (const { name, bytes } of readSite()) {
  const gzip = gzipSync(bytes, { level: 9 });
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, DIGEST_LENGTH);
  const served = name === 'index.html' ? '/' : `/${name}`;
  const where = [begin, bytes.length, gzip.length].join(', ');
  rows.push(`file("${served}", "${typeOf(name)}", "${digest}", ${HASHED.test(name)}, ${where}),\n`);
  parts.push(bytes, gzip);
  begin += bytes.length + gzip.length;
}
if (!rows.some((row) => row.startsWith('file("/",'))) throw new Error(`${site} has no index.html`);

mkdirSync(out, { recursive: true });
writeIfNew(path.join(out, 'playground.bin'), Buffer.concat(parts));
writeIfNew(path.join(out, 'playground.inc'), Buffer.from(rows.join('')));
