// Prometheus' text format: scraping a server, reading what it says, and promtool.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { text as readAll } from 'node:stream/consumers';

const promtoolPath = [...(process.env.PATH ?? '').split(':'), '/usr/bin']
  .map((folder) => path.join(folder, 'promtool'))
  .find(existsSync);
/** For `test(name, { skip: needPromtool }, ...)`. */
export const needPromtool = promtoolPath ? false : 'no promtool here';

/** {type, text} of a page of the HTTP port. `options` are those of http.request(), or of https.request() with TLS. */
export function getPage(server, page, options = {}) {
  const client = server.tls ? https : http;
  return new Promise((resolve, reject) => {
    const asked = client.get(
      {
        host: '127.0.0.1',
        port: server.httpPort,
        path: page,
        timeout: 10_000,
        agent: false,
        ...server.tls,
        ...options,
      },
      (response) => {
        readAll(response)
          .then((text) => {
            assert.equal(response.statusCode, 200, page);
            resolve({ type: response.headers['content-type'], text });
          })
          .catch(reject);
      },
    );
    asked.once('timeout', () => asked.destroy(new Error(`${page}: no answer`)));
    asked.once('error', reject);
  });
}

/** The text format, strictly: {types: Map of family -> type, samples: Map of 'name{labels}' -> value}. */
function parseMetrics(text) {
  assert.ok(text.endsWith('\n'));
  const types = new Map();
  const samples = new Map();
  let family = null;
  const lines = text.slice(0, -1).split('\n');
  for (let i = 0; i < lines.length; ++i) {
    const help = /^# HELP ([a-z_]+) \S.*$/.exec(lines[i]);
    if (help) {
      [, family] = help;
      assert.ok(!types.has(family), `${family} begins twice`);
      const type = new RegExp(`^# TYPE ${family} (counter|gauge|histogram)$`).exec(lines[++i]);
      assert.ok(type, lines[i]);
      types.set(family, type[1]);
      continue;
    }
    const sample =
      /^([a-z_]+)((?:\{[a-z_]+="(?:[^"\\]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\]|\\[\\"n])*")*\})?) ([0-9]+(?:\.[0-9]+)?)$/.exec(
        lines[i],
      );
    assert.ok(sample, lines[i]);
    const [, name, labels, value] = sample;
    const base = types.get(family) === 'histogram' ? name.replace(/_(bucket|sum|count)$/, '') : name;
    assert.equal(base, family, lines[i]);
    assert.ok(!samples.has(name + labels), `${name}${labels} is there twice`);
    samples.set(name + labels, Number(value));
  }
  return { types, samples };
}

export async function scrape(server, options) {
  const { type, text } = await getPage(server, '/metrics', options);
  assert.match(type, /^text\/plain; version=0\.0\.4(;|$)/);
  return parseMetrics(text);
}

/** A family's samples, whatever their labels, added up. */
export function sumOf(samples, family) {
  return [...samples].filter(([name]) => name.startsWith(`${family}{`)).reduce((sum, [, value]) => sum + value, 0);
}

/** promtool with these arguments: {code, output}. */
export async function promtool(args, input = '') {
  const child = spawn(promtoolPath, args, { stdio: ['pipe', 'pipe', 'pipe'], timeout: 20_000 });
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.stdin.end(input);
  const [out, err, code] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
  return { code, output: out + err };
}
