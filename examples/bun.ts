// A cache for an HTTP server in Bun: each page is made once a minute at most.
//
//   bun add FILE.tgz && bun bun.ts        then open http://localhost:3000/some/page

import { open } from 'isocache';

const pages = await open({ maxBytes: 32 * 1024 * 1024 });

let made = 0;
async function makePage(path: string): Promise<string> {
  ++made;
  await Bun.sleep(20); // stands for templates and a database
  return `<h1>${Bun.escapeHTML(path)}</h1>`;
}

const server = Bun.serve({
  port: Number(process.env.PORT ?? 3000),
  async fetch(request) {
    const { pathname } = new URL(request.url);
    // However many ask for it at once, one makes it.
    const page = await pages.getOrSet(`page:${pathname}`, () => makePage(pathname), {
      ttl: 60_000,
      hashLongKeys: true,
    });
    return new Response(page, { headers: { 'content-type': 'text/html', 'x-pages-made': String(made) } });
  },
});

console.log(`http://localhost:${server.port}`);
