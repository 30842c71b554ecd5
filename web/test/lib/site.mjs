// The built page behind a server of its own, with the policy (CSP) that isocached sends, or with what a careless server
// does to it.

import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { typeOf } from '../../scripts/lib/types.mjs';

const build = path.join(path.dirname(fileURLToPath(import.meta.url)), '../../../build/web');

/** The built page's folder, and the page as a single file. */
export const SITE = path.join(build, 'site');
export const SINGLE_FILE = path.join(build, 'playground.html');

export const POLICY =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * @param {{
 *   folder?: string,                     the page lies here: "/tools/cache/"; "/" without it
 *   policy?: string,                     Content-Security-Policy
 *   types?: Record<string, string>,      other types by ending: { ".wasm": "text/plain" }
 *   missing?: RegExp,                    files that are not there: the answer is a page that says so
 *   broken?: RegExp,                     files whose bytes are something else
 *   pages?: Record<string, string>,      more pages, by their paths; they have no policy
 * }} options
 * @returns {Promise<{url: string, port: number, asked: string[], close(): Promise<void>}>}
 */
export async function serveSite(options = {}) {
  const { folder = '/', policy = POLICY, types = {}, missing, broken, pages = {} } = options;
  const asked = [];
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://a');
    asked.push(pathname);
    if (pages[pathname] !== undefined) {
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(pages[pathname]);
      return;
    }
    const name = pathname.slice(folder.length) || 'index.html';
    const file = path.join(SITE, name);
    if (!pathname.startsWith(folder) || !file.startsWith(SITE) || missing?.test(name) || !existsSync(file)) {
      response.writeHead(404, { 'Content-Type': 'text/html' }).end('<h1>not found</h1>');
      return;
    }
    response.writeHead(200, {
      'Content-Type': types[path.extname(name)] ?? typeOf(name),
      'Content-Security-Policy': policy,
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(broken?.test(name) ? '<h1>not here</h1>' : readFileSync(file));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return {
    port,
    url: `http://127.0.0.1:${port}${folder}`,
    asked,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
