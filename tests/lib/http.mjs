// Requests to the HTTP port: by Node's clients, and byte by byte.

import http from 'node:http';
import https from 'node:https';

import { RawClient } from './client.mjs';

/** The address of a server's HTTP port, for RawClient.connect(); encrypted if the server has `tls`. */
export const httpAddress = (server) => ({ host: '127.0.0.1', port: server.httpPort, tls: server.tls });

/**
 * {status, headers, rawHeaders, body} of one request, over TLS if the server has `tls`. `options` are those of
 * http.request(), and `encoding`, which the body is read as (UTF-8 if there is none).
 */
export function request(server, path, { client = server.tls ? https : http, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const all = { host: '127.0.0.1', port: server.httpPort, path, agent: false, ...server.tls, ...options };
    const asked = client.request(all, (response) => {
      let body = '';
      response.setEncoding(options.encoding ?? 'utf8').on('data', (text) => {
        body += text;
      });
      const { statusCode: status, headers, rawHeaders } = response;
      response.on('end', () => resolve({ status, headers, rawHeaders, body }));
    });
    asked.once('error', reject);
    asked.end(options.body);
  });
}

/** Bytes in, bytes out, until the server closes. */
export async function raw(server, bytes, limitMs) {
  const client = await RawClient.connect(httpAddress(server));
  await client.send(bytes);
  const reply = await client.readToEnd(limitMs);
  client.close();
  return reply;
}

export const statusOf = (reply) => Number(/^HTTP\/1\.1 (\d+) /.exec(reply)?.[1]);
