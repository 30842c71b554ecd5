// libmemcached's tools: each request starts one of them.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { serve } from './serve.mjs';

const [host, port, protocol] = process.argv.slice(2);
const folder = mkdtempSync(path.join(tmpdir(), 'isocache-tools-'));
process.on('exit', () => rmSync(folder, { recursive: true }));
const at = [`--servers=${host}:${port}`, ...(protocol === 'binary' ? ['--binary'] : [])];

/** {code, output} of one tool. */
const run = (tool, ...args) =>
  new Promise((resolve) => {
    execFile(`/usr/bin/${tool}`, [...at, ...args], { maxBuffer: 1 << 24 }, (error, stdout) =>
      resolve({ code: error?.code ?? 0, output: stdout }),
    );
  });
const works = async (...command) => (await run(...command)).code === 0;

/** The key is the name of the file that holds the value. */
async function copy(values, ...options) {
  const files = Object.entries(values).map(([key, value]) => {
    writeFileSync(path.join(folder, key), value);
    return path.join(folder, key);
  });
  return works('memccp', ...options, ...files);
}

await serve(
  'libmemcached tools',
  {
    set: (key, value, ttl = 0) => copy({ [key]: value }, `--expire=${ttl}`),
    get: async (key) => {
      const { code, output } = await run('memccat', key);
      return code === 0 ? output.replace(/\n$/, '') : null;
    },
    set_multi: (values) => copy(values),
    add: (key, value) => copy({ [key]: value }, '--add'),
    replace: (key, value) => copy({ [key]: value }, '--replace'),
    touch: (key, ttl) => works('memctouch', `--expire=${ttl}`, key),
    delete: (key) => works('memcrm', key),
    items: async () => Number(/curr_items: (\d+)/.exec((await run('memcstat')).output)[1]),
    flush: () => works('memcflush'),
  },
  /\(libmemcached v([\d.]+)\)/.exec((await run('memccp', '--version')).output)?.[1] ?? 'unknown',
);
