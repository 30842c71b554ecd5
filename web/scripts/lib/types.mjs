// The types of the page's files, as a server has to name them.

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** @param {string} name */
export function typeOf(name) {
  const type = TYPES[name.slice(name.lastIndexOf('.'))];
  if (!type) throw new Error(`${name}: no type is known for it; add one to web/scripts/lib/types.mjs`);
  return type;
}
